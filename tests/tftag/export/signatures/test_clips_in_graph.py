import numpy as np
import pytest
import tensorflow as tf

from tftag import audio
from tftag.export.signatures import clips_in_graph


def test_the_peak_of_the_whole_recording_counts():
    samples = np.zeros((2, 3 << 18), np.float32)
    samples[0, [5, (1 << 18) + 3, -1]] = 0.5, -0.75, 0.25
    samples[1, [9, 10]] = 0.1, 9.0  # the second lies behind its length
    peak = clips_in_graph.row_peaks(
        tf.constant(samples), tf.constant([3 << 18, 10], tf.int64)
    )
    np.testing.assert_array_equal(peak, np.float32([0.75, 0.1]))


@pytest.mark.parametrize(
    ("spec", "lengths"),
    [
        (
            audio.AudioSpec(clip_seconds=1.0, clip_step_seconds=0.3),
            [1, 16_000, 16_001, 20_800, 20_801, 5, 100_000],
        ),
        (
            audio.AudioSpec(clip_step_seconds=7.0),
            [16_000 * 3_600 * hours + hours for hours in (1, 3, 24)],
        ),
    ],
)
def test_clips_of_rows_of_any_length_follow_each_other(spec, lengths):
    rows, starts = clips_in_graph.clip_list(
        tf.constant(lengths, tf.int64), spec
    )
    expected = [audio.clip_starts(length, spec) for length in lengths]
    np.testing.assert_array_equal(starts, np.concatenate(expected))
    np.testing.assert_array_equal(
        rows, np.repeat(range(len(lengths)), list(map(len, expected)))
    )
