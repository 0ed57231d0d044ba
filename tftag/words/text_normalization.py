"""How each character of a phrase is spelled when phrases are compared."""

import functools
import unicodedata

from tftag import tags

# What no decomposition of Unicode takes apart.
_UNDECOMPOSED = {
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ı": "i",
    "ł": "l",
    "þ": "th",
    "&": " and ",
}
_APOSTROPHES = "'`´‘’ʼ′＇"
# From this combining class on a mark is an accent above or below its letter;
# below it lie the marks that make another letter, as in Japanese or Hindi.
_FIRST_ACCENT = 200
# Rare Han characters follow, which have but one spelling, and what has none.
_LETTERS = (*range(0x20000), *range(0xE0000, 0xE1000))
_NONCHARACTERS = [chr(code) for code in range(0xFDD0, 0xFDF0)] + [
    chr(plane + last)
    for plane in range(0, 0x110000, 0x10000)
    for last in (0xFFFE, 0xFFFF)
]


@functools.cache
def folded_letters() -> dict[str, str]:
    """The one table that cleans phrases, in Python and in a graph.

    A character becomes lower case without accents; `&` becomes "and" with
    spaces around; apostrophes and invisible characters go; whatever else is
    neither a letter nor a digit becomes a space. It is a table of single
    characters, so that whoever applies it character by character gets the
    same result, whatever their own idea of Unicode.

    Returns:
        Character to its spelling; characters not in it stay as they are.
    """
    table = {}
    for letter in map(chr, _LETTERS):
        if tags.INVISIBLE.match(letter):
            table[letter] = ""
            continue
        if unicodedata.category(letter) in ("Lo", "Cn", "Co", "Cs"):
            if unicodedata.is_normalized("NFKD", letter):
                continue
        spelling = _spelling(letter)
        if spelling != letter:
            table[letter] = spelling
    # What stands for bytes that are no text, and what Unicode keeps from being
    # text: TensorFlow reads the one as the other.
    table |= dict.fromkeys(["\ufffd", *_NONCHARACTERS], " ")
    return table


def _spelling(letter: str) -> str:
    if letter in _APOSTROPHES:
        return ""
    folded = unicodedata.normalize("NFKD", letter).casefold()
    parts = unicodedata.normalize("NFKD", folded).casefold()
    kept = "".join(_part(part) for part in parts)
    return unicodedata.normalize("NFC", kept)


def _part(part: str) -> str:
    if part in _UNDECOMPOSED:
        return _UNDECOMPOSED[part]
    if part in _APOSTROPHES or tags.INVISIBLE.match(part):
        return ""
    category = unicodedata.category(part)
    is_accent = unicodedata.combining(part) >= _FIRST_ACCENT
    if is_accent or category in ("Cf", "Me"):
        return ""
    return part if category[0] in "LNM" else " "
