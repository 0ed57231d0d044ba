import pytest

from tftag.words import artist_names


@pytest.mark.parametrize(
    "one, other",
    [
        ("Bj\u00f6rk", "BJO\u0308RK"),
        ("  The\tKnife ", "the knife"),
        ("Straße", "STRASSE"),
        ("\u0130brahim", "i\u0307brahim"),
        ("The\u200b Kni\u00adfe\u200e", "\ufeffthe knife"),
    ],
)
def test_spellings_of_one_artist_have_one_key(one, other):
    assert artist_names.artist_key(one) == artist_names.artist_key(other)


def test_keys_of_many_are_those_of_each():
    names = ["The  KNIFE", "", "the knife", "Sigur R\u00f3s", " "]
    each = [artist_names.artist_key(name) for name in names]
    assert artist_names.artist_keys(names) == each


def test_a_key_is_its_own_key():
    for name in ("Bj\u00f6rk", "\u1e9e", "\u0390\u0345", "Sigur R\u00f3s"):
        key = artist_names.artist_key(name)
        assert artist_names.artist_key(key) == key


def test_other_artists_have_other_keys():
    names = ["a", "\u00e4", "b a", "ba", ""]
    assert len({artist_names.artist_key(name) for name in names}) == len(names)
