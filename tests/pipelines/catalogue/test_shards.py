"""A part of the output is there as a whole or counts as not begun."""

import numpy as np
import pytest

from pipelines.catalogue import shards
from tftag.search.index import catalogue_parts
from tftag.storage import plain_json

FACTS = {"size_bytes": 9, "modified_ns": 8, "seconds": 0.5}


def test_what_is_written_is_read(tmp_path):
    rows = [
        {"name": "a.wav", **FACTS, "tags": ["x"]},
        {"name": "ü\n\u2028\udcff.wav", **FACTS, "tags": []},
    ]
    vectors = list(np.eye(2, 4, dtype=np.float32))
    shards.write(tmp_path, "k", rows, vectors, [{"name": "b", "reason": "no"}])
    assert catalogue_parts.finished(tmp_path) == ["k"]
    assert catalogue_parts.lines(tmp_path, "k") == rows
    read = list(catalogue_parts.read(tmp_path, "k"))
    assert [one.recording.name for one in read] == [row["name"] for row in rows]
    np.testing.assert_array_equal([one.vector for one in read], vectors)


def test_without_vectors_there_are_none(tmp_path):
    shards.write(tmp_path, "k", [{"name": "a.wav"}], [], [])
    assert catalogue_parts.lines(tmp_path, "k") == [{"name": "a.wav"}]
    assert not (tmp_path / catalogue_parts.VECTORS).exists()


def test_a_part_without_its_last_file_is_not_finished(tmp_path, monkeypatch):
    put = shards._put

    def die_before_the_last(place, content):
        if place.parent.name == catalogue_parts.REJECTED:
            raise KeyboardInterrupt
        put(place, content)

    assert shards.finished(tmp_path) == frozenset()
    monkeypatch.setattr(shards, "_put", die_before_the_last)
    with pytest.raises(KeyboardInterrupt):
        shards.write(tmp_path, "k", [{"name": "a.wav"}], [], [])
    assert shards.finished(tmp_path) == frozenset()
    monkeypatch.undo()
    shards.write(tmp_path, "k", [{"name": "a.wav"}], [], [])
    assert shards.finished(tmp_path) == {"k"}


def test_what_a_model_was_asked_is_beside_its_parts(tmp_path):
    shards.write_model(tmp_path, "m", {"name": "ü\udcff", "tags": ["x"]})
    (path,) = (tmp_path / catalogue_parts.MODELS).iterdir()
    assert path.name == "m.json"
    assert plain_json.read(path, "") == {"name": "ü\udcff", "tags": ["x"]}
