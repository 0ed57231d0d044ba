import json
import os
import pathlib

import drawn_index
import numpy as np
import pytest

from tftag.search import earlier_index, library_index

NAMES = ("a|1.wav", os.fsdecode(b"e\xff.wav"), "deep/b.flac")
ROWS = drawn_index.vectors(3)


def write(path, **changes):
    head = {
        "format": 1,
        "model": drawn_index.MODEL,
        "ids": [f"{name}|{at}|{at}" for at, name in enumerate(NAMES)],
        "notes": {"unusable": {"bad.wav|4|1": "silent"}, "decoders": "d"},
        **changes,
    }
    text = np.frombuffer(json.dumps(head).encode(), np.uint8)
    with open(path, "wb") as file:
        np.savez(file, head=text, embeddings=ROWS)


def take_over(folder):
    old = folder / earlier_index.FILE_NAME
    place = folder / "i"
    earlier_index.take_over(old, place, folder, drawn_index.begun())
    return library_index.LibraryIndex.open(place)


def test_all_of_it_is_taken_over(tmp_path):
    write(tmp_path / earlier_index.FILE_NAME)
    index = take_over(tmp_path)
    assert list(index.paths) == [pathlib.Path(tmp_path, n) for n in NAMES]
    np.testing.assert_allclose(
        np.concatenate(list(index.vectors())), ROWS, atol=1e-6
    )
    held = index.contents
    assert not held.has_model_tags and not held.has_file_tags
    ((root, name, reason),) = held.unusable.values()
    assert (root, name, reason) == (0, "bad.wav", "silent")
    assert held.decoders == "d"


def test_one_without_notes_too(tmp_path):
    write(tmp_path / earlier_index.FILE_NAME, notes={})
    assert len(take_over(tmp_path)) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "model b"},
        {"format": 7},
        {"ids": ["../a|1|1", "b|1|1", "c|1|1"]},
        {"ids": ["a|1|1", "b|1|1"]},
        {"ids": [1, 2, 3]},
        {"notes": {"unusable": [1]}},
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path, changes):
    write(tmp_path / earlier_index.FILE_NAME, **changes)
    with pytest.raises(ValueError, match="earlier version cannot be used"):
        take_over(tmp_path)
    (tmp_path / earlier_index.FILE_NAME).write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="earlier version cannot be used"):
        take_over(tmp_path)
    assert not (tmp_path / "i").exists()
