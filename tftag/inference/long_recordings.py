"""Recordings of hours through an exported network, a few clips at a time.

A signature takes the whole recording as float32, and TensorFlow copies that
more than once: 3 hours are gigabytes.
"""

import collections
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tftag import audio
from tftag.audio import sample_file
from tftag.inference import waveforms as waveforms_lib

Clips = dict[str, npt.NDArray[np.float32]]


def run_clips(
    network: Callable[[Clips], Clips],
    waveforms: Sequence[waveforms_lib.Waveform],
    spec: audio.AudioSpec,
    clips_at_once: int,
    fills: bool = True,
) -> list[Clips]:
    """Takes every clip of some recordings through a network.

    Args:
        network: `{"waveform" [clips_at_once, samples], "peak"
            [clips_at_once]}`, float32, to `[clips_at_once, width]` by name.
        waveforms: int16 or float32 `[samples]` each, none of them silent;
            their clips share the network.
        spec: Length of a clip, and the largest step between clips.
        clips_at_once: How many clips the network sees at a time.
        fills: Whether the last clips are filled up to that number, as a
            network of one shape needs it.

    Returns:
        Of each, float32 `[clips, width]` by name. The level is that of the
        whole recording, and the network sees what it sees inside a signature.
    """
    peaks = list(map(_peak, waveforms))
    counts, places = [], []
    for number, waveform in enumerate(waveforms):
        starts = audio.clip_starts(len(waveform), spec)
        counts.append(len(starts))
        places += [(number, start) for start in starts]
    answers: dict[str, list[npt.NDArray[np.float32]]]
    answers = collections.defaultdict(list)
    for first in range(0, len(places), clips_at_once):
        group = places[first : first + clips_at_once]
        count = clips_at_once if fills else len(group)
        clips = np.zeros((count, spec.clip_samples), np.float32)
        group_peaks = np.full(count, peaks[group[0][0]], np.float32)
        for at, (number, start) in enumerate(group):
            samples = waveforms[number][start : start + spec.clip_samples]
            clips[at, : len(samples)] = samples
            group_peaks[at] = peaks[number]
        answer = network({"waveform": clips, "peak": group_peaks})
        for name, values in answer.items():
            answers[name].append(values[: len(group)])
        for number in {number for number, _ in group}:
            sample_file.release(waveforms[number])
    stops = np.cumsum(counts)[:-1]
    whole = {
        name: np.split(np.concatenate(parts), stops)
        for name, parts in answers.items()
    }
    return [
        {name: parts[number] for name, parts in whole.items()}
        for number in range(len(waveforms))
    ]


def _peak(waveform: waveforms_lib.Waveform) -> float:
    blocks = sample_file.blocks(waveform)
    return max(max(float(b.max()), -float(b.min())) for b in blocks)
