"""A remote file that is read in parts: the bytes of a local one, and few."""

import os

import numpy as np
import pytest
import soundfile

from tftag.storage.remote import address as addresses
from tftag.storage.remote import ranged_file, retries, transfers

PLACE = addresses.Address("s3://music/songs/a.wav")
CONTENT = np.random.default_rng(0).bytes(300_000)


@pytest.fixture
def stored(door, tmp_path):
    (tmp_path / "a.wav").write_bytes(CONTENT)
    transfers.put_file(tmp_path / "a.wav", PLACE)
    door.sent_bytes.clear()
    return door


def test_it_is_read_as_a_local_file_is(stored, tmp_path):
    with (
        open(tmp_path / "a.wav", "rb") as here,
        ranged_file.opened(PLACE, len(CONTENT)) as there,
    ):
        assert there.name == "a.wav"
        for offset, whence in ((7, 0), (-9, 2), (5, 1), (9, 2), (0, 0)):
            assert there.seek(offset, whence) == here.seek(offset, whence)
            for count in (3, 70_000):
                assert there.read(count) == here.read(count)
                assert there.tell() == here.tell()
        with pytest.raises(OSError):
            there.seek(-1)


def test_no_more_is_fetched_than_was_read(stored):
    with ranged_file.opened(PLACE, len(CONTENT)) as file:
        assert stored.sent_bytes == []
        file.read(100)
        file.seek(-128, os.SEEK_END)
        file.read()
    assert stored.body_bytes("a.wav") <= 2 * ranged_file._BUFFER_BYTES


def test_a_length_is_known_by_the_header(door, tmp_path):
    """By any library that takes an open file."""
    path = tmp_path / "long.flac"
    soundfile.write(path, np.random.default_rng(0).normal(size=400_000), 8_000)
    place = PLACE.parent / path.name
    transfers.put_file(path, place)
    door.sent_bytes.clear()
    with ranged_file.opened(place, path.stat().st_size) as file:
        assert soundfile.info(file).frames == 400_000
    assert door.body_bytes("long.flac") < path.stat().st_size / 2


@pytest.mark.parametrize("made_of_it", [None, ValueError("no audio")])
def test_what_was_not_given_is_told_whatever_a_library_makes_of_it(
    stored, made_of_it
):
    stored.fail(403, 99, "GET", "a.wav")
    with pytest.raises(retries.RemoteError, match="403"):
        with ranged_file.opened(PLACE, len(CONTENT)) as file:
            try:
                file.read(1)
            except OSError:
                if made_of_it:
                    raise made_of_it from None


def test_an_error_of_who_reads_stays_what_it_is(stored):
    with pytest.raises(ValueError, match="my own"):
        with ranged_file.opened(PLACE, len(CONTENT)):
            raise ValueError("my own")
