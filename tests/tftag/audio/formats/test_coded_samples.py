"""Coded audio in the place of a WAV's samples, and noise that looks like it."""

import struct

import encoded_audio
import numpy as np
import pytest

from tftag import audio
from tftag.audio.formats import wav_chunks

RATE_HZ = 16_000


def _in_wav(data):
    """A WAV of 16 bits and two channels with other bytes for samples."""
    head = struct.pack("<HHIIHH", 1, 2, 48_000, 192_000, 4, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


CODED = {
    "a.dts": "-c:a dca -strict -2 -ar 48000",
    "a.spdif": "-c:a ac3 -ar 48000 -f spdif",
}


@pytest.mark.parametrize("silent_bytes", [0, 800_000])
@pytest.mark.parametrize("name", CODED)
def test_coded_audio_in_the_place_of_samples_is_decoded(
    tmp_path, read, name, silent_bytes
):
    x = encoded_audio.melody(2.0)
    coded = encoded_audio.by_ffmpeg(tmp_path, name, CODED[name], x)
    found = read(_in_wav(bytes(silent_bytes) + coded))
    path = tmp_path / "whole.wav"
    path.write_bytes(encoded_audio.encoded(x, encoded_audio.RATE_HZ, "WAV"))
    whole = audio.decode_file(path, RATE_HZ).samples
    assert encoded_audio.alike(found, whole, RATE_HZ) > 0.7
    assert len(found) < 1.2 * len(whole)


@pytest.mark.parametrize("name", CODED)
def test_without_ffmpeg_it_is_refused_and_no_noise(
    tmp_path, read, name, monkeypatch
):
    coded = encoded_audio.by_ffmpeg(
        tmp_path, name, CODED[name], encoded_audio.melody(1.0)
    )
    monkeypatch.setenv("PATH", "")
    with pytest.raises(audio.UnusableAudio, match="DTS.*Install ffmpeg"):
        read(_in_wav(coded))


def test_noise_of_two_channels_that_cancel_is_no_code(tmp_path):
    rng = np.random.default_rng(0)
    x = np.round(400 * rng.standard_normal(200_000)).astype("<i2")
    # Some samples look like the start of a frame.
    x[rng.integers(0, len(x), 20)] = -385
    path = tmp_path / "a.wav"
    both = np.stack([x, -1 - x], axis=1)
    path.write_bytes(_in_wav(both.tobytes()))
    assert path.read_bytes().count(b"\x7f\xfe\x80\x01") > 10
    assert wav_chunks.coded_as(path) == ""


@pytest.mark.parametrize("has_ffmpeg", [False, True])
def test_an_mp3_in_the_place_of_samples_is_decoded(
    tmp_path, read, has_ffmpeg, monkeypatch
):
    x = encoded_audio.melody(1.0)
    mp3 = encoded_audio.plain_mp3(tmp_path, x)
    expected = read(mp3)
    if not has_ffmpeg:
        monkeypatch.setenv("PATH", "")
    np.testing.assert_array_equal(read(_in_wav(mp3)), expected)
