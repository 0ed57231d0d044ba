import numpy as np
import pytest
import tensorflow as tf
import tiny_tagger

from tftag import audio
from tftag.export.signatures import clip_network

SPEC = tiny_tagger.SHORTEST


def network(clips):
    total = tf.reduce_sum(clips["waveform"], axis=1, keepdims=True)
    return {"sum": total, "both": tf.stack([total[:, 0], clips["peak"]], 1)}


def run_clips(waveform, lengths, clips_at_once):
    shapes = []

    def noted(clips):
        shapes.append(clips["waveform"].shape)
        return network(clips)

    @tf.function(autograph=False)
    def run(waveform, lengths):
        return clip_network.run_clips(
            noted,
            {"sum": 1, "both": 2},
            waveform,
            lengths,
            SPEC,
            clips_at_once,
        )

    outputs, rows, starts, problems = run(
        tf.constant(waveform, tf.float32), tf.constant(lengths, tf.int64)
    )
    assert set(map(tuple, shapes)) <= {(clips_at_once, SPEC.clip_samples)}
    return outputs, rows.numpy(), starts.numpy(), problems.numpy()


def test_every_clip_of_every_row_runs_once():
    draw = np.random.default_rng(0)
    lengths = [1, 10, 25, 37]
    waveform = draw.normal(size=(4, 40)).astype(np.float32)
    expected, places = [], []
    for row, length in enumerate(lengths):
        samples = waveform[row, :length]
        for start in audio.clip_starts(length, SPEC):
            clip = samples[start : start + SPEC.clip_samples]
            expected.append((clip.sum(), np.abs(samples).max()))
            places.append((row, start))
    for clips_at_once in (1, 3, 8, 100):
        outputs, rows, starts, problems = run_clips(
            waveform, lengths, clips_at_once
        )
        assert not any(problems)
        assert list(zip(rows, starts, strict=True)) == places
        np.testing.assert_allclose(outputs["both"], expected, rtol=1e-5)
        np.testing.assert_array_equal(
            outputs["sum"][:, 0], outputs["both"][:, 0]
        )


def test_a_row_that_is_no_recording_has_no_clips():
    waveform = np.ones((6, 25), np.float32)
    waveform[0], waveform[2, 24], waveform[4, 9] = 0.0, np.inf, np.nan
    lengths = [25, 25, 25, -1, 9, 26]
    outputs, rows, starts, problems = run_clips(waveform, lengths, 8)
    np.testing.assert_array_equal(rows, [1, 1, 1, 4])
    np.testing.assert_array_equal(outputs["sum"][:, 0], [10, 10, 10, 9])
    assert [problem.decode() for problem in problems] == [
        "All samples are zero.",
        "",
        "Samples are NaN or infinite.",
        "`length_samples` must lie in 1 to 25. Received: -1.",
        "",
        "`length_samples` must lie in 1 to 25. Received: 26.",
    ]
    outputs, rows, _, _ = run_clips(waveform[:1], lengths[:1], 8)
    assert outputs["both"].shape == (0, 2) and not rows.size


@tf.function(autograph=False)
def run_given(waveform, peak):
    return clip_network.run_given_clips(
        network, {"sum": 1, "both": 2}, waveform, peak, 8
    )


@pytest.mark.parametrize("clips", [0, 1, 7, 8, 20])
def test_given_clips_run_once_at_the_level_of_their_recording(clips):
    draw = np.random.default_rng(0)
    waveform = draw.uniform(-1, 1, (clips, 10)).astype(np.float32)
    peak = draw.uniform(1, 9, clips).astype(np.float32)
    outputs, problems = run_given(waveform, peak)
    expected = np.stack([waveform.sum(axis=1), peak], axis=1)
    np.testing.assert_allclose(outputs["both"], expected, rtol=1e-5, atol=1e-6)
    assert problems.numpy().tolist() == [b""] * clips


def test_what_is_no_clip_of_a_recording_is_named():
    waveform = np.zeros((6, 10), np.float32)
    waveform[1, 2], waveform[2, 3], waveform[3, 4] = np.nan, -np.inf, -0.5
    peak = np.array([0.5, 1, 1, 0.4, 0, np.nan], np.float32)
    _, problems = run_given(waveform, peak)
    assert [problem.decode() for problem in problems.numpy()] == [
        "",
        "Samples are NaN or infinite.",
        "Samples are NaN or infinite.",
        "A clip may not be louder than its `peak`.",
        "All samples are zero.",
        "Samples are NaN or infinite.",
    ]
