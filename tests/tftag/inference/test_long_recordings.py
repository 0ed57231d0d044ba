"""Clips of long recordings, a few at a time."""

import numpy as np
import pytest
import tiny_tagger

from tftag import audio
from tftag.inference import long_recordings

SPEC = tiny_tagger.SHORTEST


@pytest.mark.parametrize("kind", [np.int16, np.float32])
@pytest.mark.parametrize("samples", [11, 40, 97, 1_000])
def test_every_clip_runs_once_at_the_level_of_the_whole(samples, kind):
    waveform = np.random.default_rng(0).integers(-32_768, 99, samples)
    waveform = waveform.astype(kind)
    shapes, peaks = set(), set()

    def first_two(clips):
        shapes.add(tuple(clips["waveform"].shape))
        peaks.update(clips["peak"].tolist())
        samples_of_clips = clips["waveform"]
        return {
            "first": samples_of_clips[:, :1],
            "both": samples_of_clips[:, :2],
        }

    (found,) = long_recordings.run_clips(first_two, [waveform], SPEC, 3)
    starts = audio.clip_starts(samples, SPEC)
    np.testing.assert_array_equal(found["first"][:, 0], waveform[starts])
    np.testing.assert_array_equal(found["both"][:, 1], waveform[starts + 1])
    assert shapes == {(3, SPEC.clip_samples)}
    assert peaks == {float(np.abs(waveform.astype(float)).max())}
