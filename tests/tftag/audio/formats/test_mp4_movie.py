"""Edit lists that leave nothing of a track."""

import struct

import encoded_audio
import numpy as np
import pytest

from tftag.audio.formats import mp4_movie

RATE_HZ = 44_100
NOTHING = {  # how long, from where on
    "length": (0, None),
    "empty": (None, -1),
    "behind the end": (None, 10**8),
}


def m4a(folder, options="-c:a aac -movflags faststart"):
    x = encoded_audio.melody(1.0, RATE_HZ)
    return encoded_audio.by_ffmpeg(folder, "a.m4a", options, x, RATE_HZ)


def edited(data, seconds, place):
    at = data.index(b"elst") + 12
    old = struct.unpack_from(">Ii", data, at)
    new = [
        b if a is None else a
        for a, b in zip((seconds, place), old, strict=True)
    ]
    return data[:at] + struct.pack(">Ii", *new) + data[at + 8 :]


def is_edited_away(tmp_path, data):
    (tmp_path / "b.m4a").write_bytes(data)
    return mp4_movie.is_edited_away(mp4_movie.read(tmp_path / "b.m4a"))


@pytest.mark.parametrize("edit", NOTHING)
def test_a_list_that_leaves_nothing_is_passed_over(tmp_path, read, edit):
    whole = m4a(tmp_path)
    data = edited(whole, *NOTHING[edit])
    assert is_edited_away(tmp_path, data)
    found, expected = read(data), read(whole)
    # What the encoder added in front is heard, too.
    assert 0 <= len(found) - len(expected) < 0.1 * 16_000
    assert encoded_audio.alike(found, expected, 16_000) == 1


@pytest.mark.parametrize(
    "options", ["-c:a aac", "-c:a aac -movflags frag_keyframe+empty_moov"]
)
def test_other_lists_are_kept(tmp_path, read, options):
    data = m4a(tmp_path, options)
    assert not is_edited_away(tmp_path, data)
    if b"mvex" not in data:
        half = edited(data, 500, None)
        assert not is_edited_away(tmp_path, half)
        assert len(read(half)) == pytest.approx(8_000, abs=400)


def test_of_other_files_nothing_is_known(tmp_path):
    noise = np.random.default_rng(0).bytes(999)
    for data in (b"", noise, b"\0\0\0\x08moov", b"\0\0\0\x40moov" + noise):
        assert not is_edited_away(tmp_path, data)
    head = b"trak" + b"mdhd" + bytes(40) + b"soun"
    for list_ in (b"elst", b"elst\x07" + bytes(20), b"elst\0\0\0\0"):
        assert not mp4_movie.is_edited_away(head + list_)
