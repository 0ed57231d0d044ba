"""An index on disk: the same again, whole or refused."""

import json
import os

import numpy as np
import pytest

from tftag.files import atomic_write
from tftag.search import index_storage, vector_index

# A comma, a quote, no ASCII, no UTF-8.
IDS = ("a, b.wav", '"c".mp3', "d\u00e9\u5b57.ogg", os.fsdecode(b"e\xff.wav"))


NOTES = {"unusable": {os.fsdecode(b"\xfc.wav|4|1"): "No audio found."}}


def _index(model="model a"):
    rows = np.random.default_rng(0).normal(size=(4, 5))
    return vector_index.build(IDS, rows, model)


def write(index, path):
    index_storage.write(index, path, NOTES)


def read(path):
    found, notes = index_storage.read(path, "model a")
    assert notes == NOTES
    return found


def test_reads_what_was_written_to_the_bit(tmp_path):
    path = tmp_path / "library.npz"
    index = _index()
    write(index, path)
    again = read(path)
    assert again.ids == index.ids
    assert again.model == "model a"
    np.testing.assert_array_equal(again.embeddings, index.embeddings)
    vector = np.ones(5)
    assert again.search(vector) == index.search(vector)
    assert os.listdir(tmp_path) == ["library.npz"]


def test_an_index_without_notes_is_read(tmp_path):
    """As they were written once."""
    index = _index()
    head = {"format": index_storage.FORMAT, "model": "model a", "ids": IDS}
    head = np.frombuffer(json.dumps(head).encode(), np.uint8)
    with open(tmp_path / "x", "wb") as file:
        np.savez(file, head=head, embeddings=index.embeddings)
    again, notes = index_storage.read(tmp_path / "x", "model a")
    assert again.ids == IDS and notes == {}


def test_an_empty_index_can_be_written(tmp_path):
    write(_index().remove(IDS), tmp_path / "empty")
    again = read(tmp_path / "empty")
    assert again.embeddings.shape == (0, 5)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "library.npz"
    write(_index(), path)

    def full(_file):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(_index().remove(IDS[:2]), path)
    assert read(path).ids == IDS
    assert os.listdir(tmp_path) == ["library.npz"]


def test_what_a_killed_write_left_goes(tmp_path):
    path = tmp_path / "library.npz"
    atomic_write.temporary(tmp_path).write_bytes(b"half")
    write(_index(), path)
    assert read(path).ids == IDS
    assert os.listdir(tmp_path) == ["library.npz"]


def test_refuses_the_index_of_another_model(tmp_path):
    write(_index("model b"), tmp_path / "x")
    with pytest.raises(ValueError, match="'model a'; build.*'model b'"):
        read(tmp_path / "x")


def test_refuses_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="build the index again"):
        read(tmp_path / "x")
    with pytest.raises(FileNotFoundError, match="folder"):
        write(_index(), tmp_path / "no" / "x")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x80\x04."])
def test_refuses_what_is_no_index(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError, match="damaged, or none.*build"):
        read(tmp_path / "x")


def test_refuses_other_arrays_and_pickles(tmp_path):
    for arrays in (
        {"other": np.ones(3)},
        {"head": np.array([{}], object), "embeddings": np.eye(2)},
        {"head": np.frombuffer(b"[]", np.uint8), "embeddings": np.eye(2)},
    ):
        with open(tmp_path / "x", "wb") as file:
            np.savez(file, **arrays)
        with pytest.raises(ValueError, match="damaged"):
            read(tmp_path / "x")
    with open(tmp_path / "x", "wb") as file:
        np.save(file, np.eye(3))
    with pytest.raises(ValueError, match="damaged"):
        read(tmp_path / "x")


def test_refuses_a_later_format(tmp_path, monkeypatch):
    monkeypatch.setattr(index_storage, "FORMAT", 2)
    write(_index(), tmp_path / "x")
    monkeypatch.undo()
    with pytest.raises(ValueError, match="Received: format 2"):
        read(tmp_path / "x")


def test_any_damage_is_refused_or_does_no_harm(tmp_path):
    path = tmp_path / "x"
    write(_index(), path)
    content = path.read_bytes()
    refused = 0
    for at in range(0, len(content), 3):
        damaged = bytearray(content)
        damaged[at] ^= 0xFF
        for half in (bytes(damaged), content[:at]):
            path.write_bytes(half)
            try:
                found = read(path)
            except ValueError:
                refused += 1
            else:
                # A time stamp, or a name that nobody reads.
                assert found.ids == IDS
                np.testing.assert_array_equal(
                    found.embeddings, _index().embeddings
                )
    assert refused > len(content) / 3
