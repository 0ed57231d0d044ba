"""What a file is said to hold, before anything is decoded."""

import re
import struct

import encoded_audio
import numpy as np
import odd_audio
import pytest

from tftag import audio
from tftag.audio import layout

RATE_HZ = 44_100


@pytest.fixture
def find(tmp_path):
    def find(data):
        path = tmp_path / "a"
        path.write_bytes(data)
        return layout.find(path)

    return find


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "AU"])
def test_good_files_are_read_as_they_are(find, kind):
    x = encoded_audio.melody(2.0)
    found = find(encoded_audio.encoded(x, RATE_HZ, kind))
    assert [part.pieces for part in found.parts] == [None]
    assert found.lost == "" and not found.is_misread
    if kind in ("FLAC", "OGG", "MP3"):
        assert found.seconds == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    ("kind", "subtype", "is_misread"),
    [
        ("WAV", "MS_ADPCM", True),
        ("W64", "MS_ADPCM", True),
        ("AIFF", "IMA_ADPCM", True),
        ("WAV", "IMA_ADPCM", False),
        ("WAV", "PCM_24", False),
    ],
)
def test_formats_that_libsndfile_misreads_are_known(
    find, kind, subtype, is_misread
):
    x = encoded_audio.melody(0.2)
    found = find(encoded_audio.encoded(x, RATE_HZ, kind, subtype))
    assert found.is_misread == is_misread


def _samples_of(tmp_path, data):
    path = tmp_path / "a"
    path.write_bytes(data)
    return audio.decode_file(path, 16_000).samples


@pytest.mark.parametrize("kind", ["WAV", "AIFF", "FLAC", "OGG", "m4a"])
def test_a_file_in_the_place_of_samples_is_read_as_what_it_is(
    tmp_path, kind, caplog
):
    """A header that states another rate was put before one that is true."""
    x = encoded_audio.melody(1.0, seed=1)
    if kind == "m4a":
        inner = encoded_audio.by_ffmpeg(tmp_path, "a.m4a", "-c:a alac", x)
    else:
        inner = encoded_audio.encoded(x, RATE_HZ, kind)
    expected = _samples_of(tmp_path, inner)
    outer = odd_audio.wav(np.zeros(len(inner) // 2), 24_000)
    outer = outer[: -2 * (len(inner) // 2)] + inner
    np.testing.assert_array_equal(_samples_of(tmp_path, outer), expected)
    assert not caplog.records


def test_the_rest_of_a_longer_header_is_no_sound(tmp_path, caplog):
    x = 0.01 * odd_audio.tone()
    data = odd_audio.wav(x)
    head, samples = data[:44], data[44:]
    rest = b"\0\0fact\4\0\0\0" + bytes(10) + head[-8:]
    found = _samples_of(tmp_path, head + rest + samples)
    np.testing.assert_array_equal(found, _samples_of(tmp_path, data))
    assert not caplog.records


BY_FFMPEG = {
    "ms.wav": "-c:a adpcm_ms",
    "yamaha.wav": "-c:a adpcm_yamaha",
    "wma.wav": "-c:a wmav2",
    "long.wav": "-c:a adpcm_ms -rf64 always",
    "f64.w64": "-c:a pcm_f64le",
    "ima.caf": "-c:a adpcm_ima_qt",
}


@pytest.mark.parametrize("name", BY_FFMPEG)
def test_what_ffmpeg_does_not_tell_of_chunks_is_told(tmp_path, name, caplog):
    x = encoded_audio.melody(3.0)
    data = encoded_audio.by_ffmpeg(tmp_path, name, BY_FFMPEG[name], x)
    whole = _samples_of(tmp_path, data)
    assert not caplog.records
    half = _samples_of(tmp_path, data[: len(data) // 2])
    assert 0.4 < len(half) / len(whole) < 0.6
    assert re.search(r"only (49|50)\.\d % of it is there", caplog.text)
    caplog.clear()
    twice = _samples_of(tmp_path, data + data)
    told = "% of it lie behind the end" in caplog.text
    assert told == (len(twice) < 1.5 * len(whole))


def test_channels_that_lie_one_behind_the_other_are_not_mixed_up(
    tmp_path, caplog
):
    """8SVX of two channels, which libsndfile takes for samples in turn."""
    t = np.arange(22_050) / 22_050
    planes = [np.round(60 * np.sin(2 * np.pi * hz * t)) for hz in (400, 1_000)]
    header = struct.pack(">3IH2BI", len(t), 0, 0, 22_050, 1, 0, 1 << 16)
    body = b"8SVX"
    for name, data in (
        (b"VHDR", header),
        (b"CHAN", struct.pack(">I", 6)),
        (b"BODY", np.concatenate(planes).astype(np.int8).tobytes()),
    ):
        body += name + struct.pack(">I", len(data)) + data
    path = tmp_path / "a"
    path.write_bytes(b"FORM" + struct.pack(">I", len(body)) + body)
    assert layout.find(path).is_misread
    samples = audio.decode_file(path, 22_050).samples
    assert len(samples) == len(t)
    power = np.abs(np.fft.rfft(samples)) ** 2
    assert set(np.argsort(power)[-2:]) == {400, 1_000}
    assert not caplog.records
