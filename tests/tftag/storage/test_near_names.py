import unicodedata

import pytest

from tftag.storage import near_names


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("s0.mp3", "s0.wav"),
        ("S0.wav", "s0.wav"),
        (unicodedata.normalize("NFD", "Café.ogg"), "Café.ogg"),
        ("long way hom.flac", "long way home.flac"),
    ],
)
def test_the_nearest_name_of_the_folder_is_named(tmp_path, asked, meant):
    for name in ("s0.wav", "s1.wav", "Café.ogg", "long way home.flac"):
        (tmp_path / name).touch()
    said = near_names.hint(tmp_path / asked)
    assert said == f" The nearest there is {meant!r}."


def test_nothing_is_said_where_nothing_is_near(tmp_path):
    (tmp_path / "a.wav").touch()
    assert near_names.hint(tmp_path / "another thing.mp3") == ""
    assert near_names.hint(tmp_path / "none" / "a.wav") == ""
    # What is there and of no use, as a folder, is not meant.
    assert near_names.hint(tmp_path / "a.wav") == ""
