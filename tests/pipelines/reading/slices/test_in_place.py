import os

import numpy as np
import pytest
import trap_audio
from made_manifest import make_track

from pipelines.reading.slices import in_place, slice_decoders
from tftag import audio

TARGET_HZ = 16_000
# Rates of music files, two that share few factors with the target, and its own.
RATES_HZ = (44_100, 48_000, 22_050, 8_000, 96_000, 11_025, 44_101, 16_000)


def clip_of(path, recording, start, count, decoder=slice_decoders.libsndfile):
    codec, rate_hz, frames = slice_decoders.describe(path)
    return in_place.read_clip(
        in_place.SourceFile(path, codec, rate_hz, frames),
        TARGET_HZ,
        recording.peak,
        start,
        count,
        decoder,
    )


def steps_apart(clip, recording, start):
    whole = recording.samples[start : start + len(clip)].astype(int)
    return np.abs(clip - whole).max()


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_clip_is_that_of_the_converted_recording(tmp_path, rate_hz):
    """White noise is the hardest: all that the filter reaches is as loud."""
    noise = np.random.default_rng(0).normal(0, 0.2, (5 * rate_hz + 7, 2))
    noise = np.clip(noise, -0.99, 0.99)
    path = trap_audio.write(tmp_path / "a.wav", noise, rate_hz, "wav24")
    recording = audio.decode_file(path, TARGET_HZ)
    last = recording.samples.size
    starts = [0, 1, 159, last - 1, last - 500, last - 8_000]
    starts += np.random.default_rng(1).integers(0, last, 30).tolist()
    for start in starts:
        count = min(8_000, last - start)
        clip = clip_of(path, recording, start, count)
        allowed = 0 if rate_hz == TARGET_HZ else 1
        assert steps_apart(clip, recording, start) <= allowed, start


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_part_is_as_long_as_its_clip_and_begins_on_a_sample(rate_hz):
    """Thirty seconds of five minutes: the rest is never asked for."""
    count = 30 * TARGET_HZ
    for start in range(0, 270 * TARGET_HZ, 99_991):
        first, frames, before = in_place.frames_needed(
            rate_hz, TARGET_HZ, start, count
        )
        assert first * TARGET_HZ == (start - before) * rate_hz
        # At 44,101 Hz samples of both rates meet once a second.
        assert frames <= 31.2 * rate_hz


def test_the_filter_reaches_as_far_as_the_margin_says(tmp_path, monkeypatch):
    """A quarter of the margin is too little: the test above can fail."""
    noise = np.random.default_rng(0).normal(0, 0.2, (96_000, 1))
    path = trap_audio.write(tmp_path / "a.wav", noise, 48_000, "float")
    recording = audio.decode_file(path, TARGET_HZ)
    assert (
        steps_apart(clip_of(path, recording, 9_000, 900), recording, 9_000) <= 1
    )
    monkeypatch.setattr(in_place, "MARGIN_SAMPLES", 64)
    assert (
        steps_apart(clip_of(path, recording, 9_000, 900), recording, 9_000) > 1
    )


def test_a_decoder_a_little_louder_stays_in_scale(tmp_path):
    path = tmp_path / "a.wav"
    trap_audio.write(path, trap_audio.bursts(1, TARGET_HZ), TARGET_HZ, "wav")
    recording = audio.decode_file(path, TARGET_HZ)

    def louder(*asked):
        return slice_decoders.libsndfile(*asked) * np.float32(1.01)

    clip = clip_of(path, recording, 0, recording.samples.size, louder)
    assert np.abs(clip.astype(int)).max() == audio.FULL_SCALE


def test_why_a_file_cannot_be_read_is_told(tmp_path):
    path = tmp_path / "a.flac"
    trap_audio.write(path, trap_audio.bursts(1, TARGET_HZ), TARGET_HZ, "flac")
    codec, rate_hz, frames = slice_decoders.describe(path)
    of_file = make_track(
        path=str(path),
        samples=frames,
        file_bytes=path.stat().st_size,
        codec=codec,
        source_rate_hz=rate_hz,
        source_frames=frames,
    )
    clip = np.zeros(1_000, np.int16)

    def fill(start=0):
        in_place.fill(
            clip, path, of_file, TARGET_HZ, start, slice_decoders.libsndfile
        )

    fill()
    assert clip.any()
    with pytest.raises(slice_decoders.Undecodable, match="early"):
        fill(of_file.samples - 999)
    data = path.read_bytes()
    path.write_bytes(b"?" * len(data))  # as large as it was
    with pytest.raises(slice_decoders.Undecodable, match="not recognised"):
        fill()
    os.truncate(path, 100)
    with pytest.raises(OSError, match=f"^100 bytes .* says {len(data)}$"):
        fill()
