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


@pytest.mark.parametrize("fills", [True, False])
def test_clips_of_several_recordings_run_together_each_at_its_level(fills):
    draw = np.random.default_rng(0)
    waveforms = [
        (level * draw.normal(size=samples)).astype(np.float32)
        for samples, level in ((97, 1.0), (11, 9.0), (41, 0.1))
    ]
    sizes = []

    def network(clips):
        sizes.append(len(clips["waveform"]))
        answer = np.stack([clips["waveform"][:, 0], clips["peak"]], axis=1)
        return {"answer": answer}

    found = long_recordings.run_clips(network, waveforms, SPEC, 4, fills)
    counts = []
    for waveform, answers in zip(waveforms, found, strict=True):
        starts = audio.clip_starts(len(waveform), SPEC)
        counts.append(len(starts))
        first, peak = answers["answer"].T
        np.testing.assert_array_equal(first, waveform[starts])
        np.testing.assert_array_equal(peak, np.abs(waveform).max())
    full, rest = divmod(sum(counts), 4)
    assert rest and counts[0] % 4  # a group holds clips of two
    assert sizes == [4] * full + [4 if fills else rest]
