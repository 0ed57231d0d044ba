"""Signal constants, and how clips are spread over a recording."""

import numpy as np
import pytest

from tftag import audio


@pytest.mark.parametrize("step_seconds", [None, 0.5, 1.7])
def test_clips_reach_both_ends_and_leave_no_gap(step_seconds):
    spec = audio.AudioSpec(
        sample_rate_hz=100,
        clip_seconds=1.0,
        clip_step_seconds=step_seconds,
        max_hz=50.0,
    )
    for samples in [0, 1, 99, 100]:
        assert audio.clip_starts(samples, spec).tolist() == [0]
    for samples in range(101, 700):
        starts = audio.clip_starts(samples, spec)
        assert starts[0] == 0
        assert starts[-1] == samples - spec.clip_samples
        steps = np.diff(starts)
        assert steps.max() <= spec.clip_step_samples
        assert steps.max() - steps.min() <= 1
        if len(starts) > 2:  # none too many
            spare = samples - spec.clip_samples
            assert spare / (len(starts) - 2) > spec.clip_step_samples


def test_spec_counts():
    spec = audio.AudioSpec()
    assert spec.clip_samples == 480_000
    assert spec.clip_step_samples == 480_000
    assert spec.clip_frames == 938
    assert [spec.frames(n) for n in (0, 511, 512)] == [1, 1, 2]


@pytest.mark.parametrize(
    "field, value",
    [
        ("sample_rate_hz", 0),
        ("sample_rate_hz", 16_000.5),
        ("hop_samples", -1),
        ("clip_seconds", 0.0),
        ("clip_seconds", float("nan")),
        ("clip_seconds", 1e-9),
        ("clip_step_seconds", -1.0),
        ("log_floor", 0.0),
        ("mel_scale", "mel9"),
        ("edges", "wrap9"),
        ("max_hz", 8_001.0),
        ("min_hz", 8_000.0),
        ("min_hz", -1.0),
    ],
)
def test_spec_refuses(field, value):
    with pytest.raises(ValueError, match=f"{field}.*Received"):
        audio.AudioSpec(**{field: value})


def test_octaves_do_not_reach_0_hz():
    with pytest.raises(ValueError, match="octave needs `min_hz` > 0.*0"):
        audio.AudioSpec(mel_scale="octave", min_hz=0.0)
