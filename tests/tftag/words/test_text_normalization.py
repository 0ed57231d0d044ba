import unicodedata

import pytest

from tftag import tags
from tftag.words import text_normalization as letters


@pytest.mark.parametrize(
    ("letter", "spelling"),
    [
        ("A", "a"),
        ("é", "e"),
        ("Å", "a"),
        ("İ", "i"),
        ("ß", "ss"),
        ("Ø", "o"),
        ("Æ", "ae"),
        ("ﬁ", "fi"),
        ("Ｒ", "r"),
        ("²", "2"),
        ("½", "1 2"),
        ("Ж", "ж"),
        ("ё", "е"),
        ("&", " and "),
        ("＆", " and "),
        ("-", " "),
        ("–", " "),
        ("\0", " "),
        ("\u3000", " "),
        ("\U0001f3b5", " "),
        ("'", ""),
        ("’", ""),
        ("\u0301", ""),
        ("\u200b", ""),
        ("\ufe0f", ""),
        ("\ufdd0", " "),
        ("\U0010ffff", " "),
    ],
)
def test_a_letter_has_one_spelling(letter, spelling):
    assert letters.folded_letters()[letter] == spelling


def test_what_nobody_can_see_in_a_tag_is_no_part_of_a_phrase():
    table = letters.folded_letters()
    for letter in map(chr, range(0x110000)):
        if tags.INVISIBLE.match(letter):
            assert table[letter] == "", hex(ord(letter))


def test_other_scripts_stay_as_they_are():
    table = letters.folded_letters()
    for letter in "aż日한がкшहिदी07":
        spelled = table.get(letter, letter)
        assert spelled == ("z" if letter == "ż" else letter)


def test_spelling_a_spelling_changes_nothing():
    table = letters.folded_letters()
    for spelling in table.values():
        assert "".join(table.get(part, part) for part in spelling) == spelling


def test_composed_and_decomposed_text_are_spelled_alike():
    table = letters.folded_letters()

    def spell(text):
        return "".join(table.get(part, part) for part in text)

    for code in range(0xC0, 0x2000):
        apart = unicodedata.normalize("NFD", chr(code))
        marks = [unicodedata.combining(part) for part in apart[1:]]
        if all(mark >= 200 for mark in marks):
            together = unicodedata.normalize("NFC", apart)
            assert spell(apart) == spell(together), hex(code)
