import unicodedata

import numpy as np
import pytest

from tftag import tags


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("Pop/Rock", "pop/rock"),
        ("Stage & Screen", "stage & screen"),
        ("R&B", "r&b"),
        ("hip-hop", "hip-hop"),
        ("mood/theme---easylistening", "easylistening"),
        ("genre---Rock ", "rock"),
        ("genre --- drum  'n'\tbass", "drum 'n' bass"),
        ("a---b---c", "c"),
        ("genre---", ""),
        ("  slow \n jam ", "slow jam"),
        ("---", "---"),
        ("--- rock", "--- rock"),
        ("", ""),
        ("\u00a0 ", ""),
        ("Schlager aus K\u00f6ln", "schlager aus köln"),
        ("Ko\u0308ln", "köln"),
        ("Straße", "strasse"),
        ("1980's | disco", "1980's | disco"),
        ("rock\u200b", "rock"),
        ("\ufeffRo\u00adck\u200e", "rock"),
        ("\u2067rock\u2069 \u200f", "rock"),
        ("rock\0\0", "rock"),
        ("hip\u200d\u2060hop\ufe0f", "hiphop"),
        ("genre\u200b---\u200brock", "rock"),
        ("\u200b \u3164", ""),
        ("e\u200b\u0301", "é"),
        ("\U0001f468\u200d\U0001f3a4", "\U0001f468\U0001f3a4"),
        ("سه\u200cتار", "سهتار"),
    ],
)
def test_clean_tag(written, clean):
    assert tags.clean_tag(written) == clean


def test_cleaning_twice_changes_nothing():
    rng = np.random.default_rng(0)
    letters = list(
        "aBß-–— /&|\\\u0130\u0345\u03a3\u0301\u0308\ufb01\u1e9e\u200b\u00ad\0"
    )
    for _ in range(3_000):
        text = "".join(rng.choice(letters, rng.integers(0, 12)))
        once = tags.clean_tag(text)
        assert tags.clean_tag(once) == once
        assert unicodedata.is_normalized("NFC", once)


def test_what_is_dropped_is_what_unicode_calls_ignorable():
    dropped = "\u00ad\u034f\u061c\u180e\u200b\u200f\u202e\u2060\u2066\ufeff"
    for letter in dropped:
        assert tags.visible(f"a{letter}b") == "ab"
    # Signs that are seen, and the letters of which flags are made.
    for kept in "\u0600\u06dd\u2010\u20e3\ufffd\U000e0067":
        assert tags.visible(f"a{kept}b") == f"a{kept}b"


def test_a_tag_is_a_string():
    with pytest.raises(TypeError, match="Received: 3"):
        tags.clean_tag(3)
    with pytest.raises(ValueError, match="valid Unicode"):
        tags.clean_tag("rock\ud800")


def test_rows_and_tags_agree_both_ways():
    vocabulary = tags.TagVocabulary(("rock", "ambient", "r&b"))
    assert len(vocabulary) == 3
    row = vocabulary.encode(["r&b", "rock"])
    assert row.dtype == np.float32
    assert row.tolist() == [1, 0, 1]
    assert vocabulary.decode(row) == ("rock", "r&b")
    assert vocabulary.decode(row > 0) == ("rock", "r&b")
    assert vocabulary.encode([]).tolist() == [0, 0, 0]
    assert "rock" in vocabulary and "Rock" not in vocabulary
    with pytest.raises(ValueError, match="shape"):
        vocabulary.decode(np.zeros((1, 3)))


def test_an_unknown_tag_is_named_with_the_nearest():
    vocabulary = tags.TagVocabulary(("hip-hop", "jazz"))
    with pytest.raises(ValueError, match="'hiphop'.*'hip-hop'"):
        vocabulary.index("hiphop")
    with pytest.raises(ValueError, match="Received: 'xyzzy'"):
        vocabulary.encode(["jazz", "xyzzy"])


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("rocks", "rock"),
        ("pinao", "piano"),
        ("jaz", "jazz"),
        ("elektronik", "electronic"),
        ("sinthwafe", "synthwave"),
        ("xyzzy", None),
        ("qzqz", None),
        ("", None),
    ],
)
def test_the_nearest_spelling_is_near(name, near):
    names = ("izzy", "jazz", "rock", "piano", "electronic", "synthwave", "qxqx")
    assert tags.nearest_spelling(name, names) == near


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ((), ValueError, "at least one"),
        (("a", " "), ValueError, "Tag 1"),
        (("a", "b", "a"), ValueError, r"twice: \['a'\]"),
        ("rock", TypeError, "strings"),
        (("a", 1), TypeError, "strings"),
    ],
)
def test_a_vocabulary_refuses(names, error, message):
    with pytest.raises(error, match=message):
        tags.TagVocabulary(names)


def test_the_fingerprint_knows_names_and_order():
    seen = {
        tags.TagVocabulary(names).fingerprint
        for names in (("a", "b"), ("b", "a"), ("ab",), ("a", "b", "c"))
    }
    assert len(seen) == 4
    assert all(len(text) == 16 and int(text, 16) >= 0 for text in seen)
    same = tags.TagVocabulary(["a", "b"])
    assert same == tags.TagVocabulary(("a", "b"))
    assert same.fingerprint in seen


def test_a_vocabulary_is_counted_over_recordings():
    lists = [("rock", "pop", "rock"), ("pop",), ("jazz", "pop"), ("jazz",), ()]
    assert tags.build_vocabulary(lists).names == ("jazz", "pop", "rock")
    assert tags.build_vocabulary(lists, min_count=2).names == ("jazz", "pop")
    assert tags.build_vocabulary(lists, top=1).names == ("pop",)
    with pytest.raises(ValueError, match="there are 3 tags"):
        tags.build_vocabulary(lists, min_count=4)
    with pytest.raises(ValueError, match="`top`"):
        tags.build_vocabulary(lists, top=0)


def test_equally_frequent_tags_are_cut_by_name():
    orders = [[("b",), ("a",), ("c",)], [("c",), ("b",), ("a",)]]
    for lists in orders:
        assert tags.build_vocabulary(lists, top=2).names == ("a", "b")


def test_given_names_keep_their_order():
    made = tags.build_vocabulary([("jazz",)], names=["Zydeco", "genre---jazz"])
    assert made.names == ("zydeco", "jazz")
    with pytest.raises(ValueError, match="leave out"):
        tags.build_vocabulary([], names=["a"], top=3)
