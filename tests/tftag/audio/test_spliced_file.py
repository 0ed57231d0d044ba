"""A file put together from pieces of another."""

import os

import numpy as np
import pytest

from tftag.audio import spliced_file


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "some"
    path.write_bytes(bytes(range(1, 101)))
    return path


def test_pieces_stand_one_behind_the_other(path):
    pieces = [b"head", (10, 20), (50, 60), b"", (99, 100)]
    file = spliced_file.opened(path, pieces)
    whole = b"head" + bytes(range(11, 21)) + bytes(range(51, 61)) + b"\x64"
    assert file.read(100) == whole
    assert file.read(1) == b""
    assert file.seek(0, os.SEEK_END) == len(whole)
    rng = np.random.default_rng(0)
    for start, count in rng.integers(0, len(whole) + 3, (200, 2)).tolist():
        assert file.seek(start) == start
        assert file.read(count) == whole[start : start + count]
        end = max(start, min(start + count, len(whole)))
        assert file.tell() == end
    file.close()


def test_one_read_goes_over_pieces(path):
    """libsndfile takes a header that comes in parts for a damaged one."""
    file = spliced_file.opened(path, [(0, 0), b"RIFF", (4, 9), b"a"])
    buffer = bytearray(12)
    assert file.readinto(buffer) == 10
    assert buffer == b"RIFF\5\6\7\x08\x09a\0\0"
    assert file.readinto(buffer) == 0
    file.close()


def test_an_open_end_is_nothing_then_zeros(path):
    file = spliced_file.opened(path, [(0, 100)], times_longer=40)
    assert file.read(10) == bytes(range(1, 11)) and file.tell() == 10
    assert file.seek(90) == 90
    assert file.read(50) == bytes(range(91, 101))
    assert file.read(50) == b""
    end = file.seek(0, os.SEEK_END)
    assert end > 40 * 100
    assert file.seek(-128, os.SEEK_CUR) == end - 128
    assert file.read(500) == bytes(128)
    assert file.read(1) == b""
    file.close()
