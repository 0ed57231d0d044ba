"""Joined, cut, overwritten, behind foreign bytes: heard as ffmpeg, or named.

What is used without a word holds no less than ffmpeg hears, and the same.
"""

import subprocess

import encoded_audio
import ffmpeg_files
import numpy as np
import pytest

from tftag import audio

RATE_HZ = 16_000
SECONDS = 5.0
ERROR_SECONDS = 0.15
FOREIGN = (
    b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0",
    b"ID3\4\0\0\0\0\7\x76" + bytes(1_014),
    b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n",
    b"fLaC\0\0\0\x22" + bytes(34),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """By format, bytes of two recordings."""
    folder, made = tmp_path_factory.mktemp("whole"), {}
    for seed in (0, 1):
        x = encoded_audio.melody(SECONDS, RATE_HZ, 1, seed)
        for kind in ("WAV", "FLAC", "MP3", "OGG", "AIFF"):
            data = encoded_audio.encoded(x, RATE_HZ, kind)
            made.setdefault(kind, []).append(data)
        options = ffmpeg_files.LOSSY["front.m4a"]
        data = encoded_audio.by_ffmpeg(folder, "a.m4a", options, x, RATE_HZ)
        made.setdefault("M4A", []).append(data)
    return made


def joined(data, other, rng):
    return data + other


def cut_end(data, other, rng):
    return data[: rng.integers(len(data) // 5, len(data))]


def cut_start(data, other, rng):
    return data[rng.integers(1, len(data) // 2) :]


def overwritten(data, other, rng):
    size = rng.integers(1, len(data) // 4)
    place = rng.integers(0, len(data) - size)
    noise = rng.bytes(size) if rng.random() < 0.5 else bytes(size)
    return data[:place] + noise + data[place + size :]


def behind_foreign(data, other, rng):
    return FOREIGN[rng.integers(len(FOREIGN))] + data


def heard_by_ffmpeg(path):
    """Samples at full scale; none where it refuses."""
    line = f"ffmpeg -v quiet -nostdin -i {path} -map 0:a:0 -f s16le"
    line += f" -ac 1 -ar {RATE_HZ} -"
    heard = subprocess.run(line.split(), stdout=subprocess.PIPE, check=False)
    samples = np.frombuffer(heard.stdout, "<i2")
    return audio.to_full_scale(samples).samples if samples.any() else samples


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))]
)
@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG", "AIFF", "M4A"])
@pytest.mark.parametrize(
    "damage", [joined, cut_end, cut_start, overwritten, behind_foreign]
)
def test_what_is_used_is_what_ffmpeg_hears_or_is_named(
    files, tmp_path, caplog, kind, damage, seed
):
    path = tmp_path / "damaged"
    path.write_bytes(damage(*files[kind], np.random.default_rng(seed)))
    heard = heard_by_ffmpeg(path)
    try:
        found = audio.decode_file(path, RATE_HZ).samples
    except audio.UnusableAudio:
        found = np.zeros(0, np.int16)
    assert len(found) > len(heard) - ERROR_SECONDS * RATE_HZ
    is_named = bool(caplog.records) or not len(found)
    # ffmpeg loses some frames where files were joined.
    if not is_named and len(heard) > 0.98 * len(found):
        assert encoded_audio.alike(found, heard, RATE_HZ) > 0.9
    # What has checksums or counts tells of its damage. Samples of
    # WAV and AIFF are as good as others.
    is_known = kind not in ("WAV", "AIFF") or damage is not overwritten
    if is_known and damage in (cut_end, cut_start, overwritten):
        assert is_named
    if damage is joined and not is_named:
        seconds = len(found) / RATE_HZ
        assert seconds == pytest.approx(2 * SECONDS, abs=ERROR_SECONDS)
