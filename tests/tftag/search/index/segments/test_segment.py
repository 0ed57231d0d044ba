import os

import drawn_index
import numpy as np
import pytest

from tftag.search.index import recordings
from tftag.search.index.segments import segment
from tftag.storage import atomic_write

COUNT = 60
ROWS = drawn_index.vectors(COUNT)
COLUMNS = recordings.columns(
    [drawn_index.recording(at) for at in range(COUNT)], drawn_index.TAGS
)


def write(folder):
    return segment.write(folder, ROWS, COLUMNS, len(drawn_index.TAGS))


@pytest.mark.parametrize("lists_from", [1_000, 50])
def test_what_was_written_is_read(tmp_path, monkeypatch, lists_from):
    if lists_from < COUNT:
        pytest.importorskip("faiss")
    monkeypatch.setattr(segment, "LISTS_FROM_ROWS", lists_from)
    monkeypatch.setattr(segment, "SAMPLE_ROWS", 40)
    made = write(tmp_path)
    again = segment.opened(tmp_path, made.name, made.shape, made.crc)
    assert os.listdir(tmp_path) == [made.name]
    for name, column in {**COLUMNS, "vectors": ROWS}.items():
        np.testing.assert_array_equal(again.arrays[name], column)
    assert not again.arrays["vectors"].flags.writeable
    places = segment.sample_rows(COUNT)
    assert len(places) == 40 and (places[0], places[-1]) == (0, COUNT - 1)
    np.testing.assert_array_equal(again.arrays["sample"], ROWS[places])
    np.testing.assert_allclose(
        again.moments.total, ROWS.sum(axis=0, dtype=np.float64)
    )
    assert (again.lists is None) == (lists_from > COUNT)


def test_any_damage_is_refused(tmp_path):
    made = write(tmp_path)
    path = tmp_path / made.name
    content = path.read_bytes()
    ends = [stop for _, stop in made.shape.places.values()]
    for at in [*range(0, len(content), 97), *(end - 1 for end in ends)]:
        damaged = bytearray(content)
        damaged[at] ^= 0x10
        for wrong in (bytes(damaged), content[:at], content + b"\0"):
            path.write_bytes(wrong)
            with pytest.raises(ValueError, match=made.name):
                segment.opened(tmp_path, made.name, made.shape, made.crc)


def test_what_is_too_large_to_sum_is_checked_by_its_counts(
    tmp_path, monkeypatch
):
    made = write(tmp_path)
    path = tmp_path / made.name
    content = bytearray(path.read_bytes())
    start, stop = made.shape.places["text_start"]
    content[start + 8 : start + 16] = b"\xff" * 8
    path.write_bytes(content)
    monkeypatch.setattr(segment, "_CHECKED_BYTES", 10)
    with pytest.raises(ValueError, match="begin nowhere"):
        segment.opened(tmp_path, made.name, made.shape, made.crc)


@pytest.mark.parametrize(
    "counts",
    [
        (-1, 2, 3, 4),
        (0, 2, 3, 4),
        (1, 2, 3, 2**50),
        (1, 2.0, 3, 4),
        (1, True, 3, 4),
        (5, 2, 3, 4, 6, 1),
        (5, 2, 3, 4, 2, 0),
        (5, 2, 3, 4, 2, 3),
    ],
)
def test_counts_that_no_segment_has_are_refused(counts):
    with pytest.raises(ValueError, match="ounts"):
        segment.Shape(*counts)


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_write.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path)
    assert os.listdir(tmp_path) == []


def test_without_faiss_there_are_no_lists(tmp_path, monkeypatch):
    monkeypatch.setattr(segment, "LISTS_FROM_ROWS", 50)
    monkeypatch.setattr(segment.inverted_lists, "is_installed", lambda: False)
    made = write(tmp_path)
    assert made.lists is None and made.shape.lists == 0
