"""Recordings of hours through an exported network, a few clips at a time.

A signature takes the whole recording as float32, and TensorFlow copies that
more than once: 3 hours are gigabytes.
"""

import collections
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tftag import audio
from tftag.console import quiet

with quiet.tensorflow_start():
    import tensorflow as tf


def run_clips(
    network: Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]],
    waveform: npt.NDArray[np.int16] | npt.NDArray[np.float32],
    spec: audio.AudioSpec,
    clips_at_once: int,
) -> dict[str, npt.NDArray[np.float32]]:
    """Takes every clip of a recording through a network.

    Args:
        network: `{"waveform" [clips_at_once, samples], "peak"
            [clips_at_once]}`, float32, to `[clips_at_once, width]` by name.
        waveform: int16 or float32 `[samples]`; more than one clip.
        spec: Length of a clip, and the largest step between clips.
        clips_at_once: How many clips the network sees at a time.

    Returns:
        float32 `[clips, width]` by name. The level is that of the whole
        recording, and the network sees what it sees inside a signature.
    """
    peak = max(float(waveform.max()), -float(waveform.min()))
    peaks = tf.fill([clips_at_once], np.float32(peak))
    starts = audio.clip_starts(len(waveform), spec)
    answers: dict[str, list[npt.NDArray[np.float32]]]
    answers = collections.defaultdict(list)
    for first in range(0, len(starts), clips_at_once):
        group = starts[first : first + clips_at_once]
        clips = np.zeros((clips_at_once, spec.clip_samples), np.float32)
        for clip, start in zip(clips, group, strict=False):
            clip[:] = waveform[start : start + len(clip)]
        answer = network({"waveform": tf.constant(clips), "peak": peaks})
        for name, values in answer.items():
            answers[name].append(values.numpy()[: len(group)])
    return {name: np.concatenate(parts) for name, parts in answers.items()}
