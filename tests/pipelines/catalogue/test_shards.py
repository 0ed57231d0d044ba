"""A part of the output is there as a whole or counts as not begun."""

import numpy as np
import pytest

from pipelines.catalogue import shards


def test_what_is_written_is_read(tmp_path):
    rows = [
        {"name": "a.wav", "tags": ["x"]},
        {"name": "ü\n\u2028.wav", "tags": []},
    ]
    vectors = list(np.eye(2, 4, dtype=np.float32))
    shards.write(tmp_path, "k", rows, vectors, [{"name": "b", "reason": "no"}])
    read = list(shards.read(tmp_path))
    assert [row for row, _ in read] == rows
    np.testing.assert_array_equal([vector for _, vector in read], vectors)


def test_without_vectors_there_are_none(tmp_path):
    shards.write(tmp_path, "k", [{"name": "a.wav"}], [], [])
    assert list(shards.read(tmp_path)) == [({"name": "a.wav"}, None)]


def test_a_part_without_its_last_file_is_not_finished(tmp_path, monkeypatch):
    put = shards._put

    def die_before_the_last(place, content):
        if place.parent.name == shards.REJECTED:
            raise KeyboardInterrupt
        put(place, content)

    assert shards.finished(tmp_path) == frozenset()
    monkeypatch.setattr(shards, "_put", die_before_the_last)
    with pytest.raises(KeyboardInterrupt):
        shards.write(tmp_path, "k", [{"name": "a.wav"}], [], [])
    assert shards.finished(tmp_path) == frozenset()
    assert list(shards.read(tmp_path)) == []
    monkeypatch.undo()
    shards.write(tmp_path, "k", [{"name": "a.wav"}], [], [])
    assert shards.finished(tmp_path) == {"k"}


def test_lines_and_vectors_that_do_not_belong_together_are_named(tmp_path):
    vectors = [np.ones(3, np.float32)] * 2
    shards.write(tmp_path, "k", [{"name": "a"}], vectors, [])
    with pytest.raises(ValueError, match="Received: 2 for 1"):
        list(shards.read(tmp_path))
