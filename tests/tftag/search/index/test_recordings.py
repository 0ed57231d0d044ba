import os

import drawn_index
import numpy as np
import pytest

from tftag.search.index import recordings

ODD = recordings.Recording(
    os.fsdecode(b'd\xff/\xe9\n, "x".mp3'),
    3,
    2**40,
    2**62,
    0.5,
    "Été\0x",
    "\ud800",
    "字",
    2024,
    ("rock", "vocals"),
)


def test_rows_are_read_as_they_were():
    said = [ODD, *(drawn_index.recording(at) for at in range(9))]
    arrays = recordings.columns(said, drawn_index.TAGS)
    first, *others = [
        recordings.row(arrays, at, drawn_index.TAGS) for at in range(10)
    ]
    assert others == said[1:]
    # What is no text, or would end one, is not kept to the letter.
    assert (first.name, first.key) == (ODD.name, ODD.key)
    assert (first.title, first.artist, first.album) == ("Été x", "?", "字")
    assert first.tags == ODD.tags and first.size_bytes == ODD.size_bytes


def test_a_key_changes_with_whatever_makes_another_file():
    changes = [
        *({"name": "b"}, {"root": 1}, {"size_bytes": 3}, {"modified_ns": 3}),
    ]
    one = {"name": "a", "root": 0, "size_bytes": 2, "modified_ns": 2}
    keys = {recordings.Recording(**{**one, **more}).key for more in changes}
    assert len(keys | {recordings.Recording(**one).key}) == 5
    same = recordings.Recording(**one, title="x", tags=("rock",))
    assert same.key == recordings.Recording(**one).key


@pytest.mark.parametrize(
    "name", ["../a", "a/../../b", "/etc/passwd", "", "a/.."]
)
def test_a_name_that_leads_out_of_its_root_is_damage(name):
    one = recordings.Recording(name, 0, 1, 1)
    arrays = recordings.columns([one], ())
    with pytest.raises(ValueError, match="no name of a file"):
        recordings.row(arrays, 0, ())


def test_a_model_without_tags_has_no_bits():
    arrays = recordings.columns([recordings.Recording("a", 0, 1, 1)], ())
    assert arrays["given"].shape == (1, 0)
    assert recordings.row(arrays, 0, ()).tags == ()
    assert np.isnan(arrays["seconds"][0])
