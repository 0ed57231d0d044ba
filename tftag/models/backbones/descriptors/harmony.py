"""Harmony: which tones sound together, whatever the key.

Bands that stand out from their neighbours are tones. Folded into one octave
they form a chroma; there is one of low and one of middle tones. The vector
consists of numbers that transposition leaves unchanged: how much sounds at
each interval, how well the best major and the best minor key fit, and how
similar the chroma is to itself some frames later.

Fujishima, Realtime chord recognition of musical sound, ICMC 1999 (chroma);
Krumhansl, Cognitive foundations of musical pitch, 1990 (profiles of keys).
"""

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

NOTES = 12
# Octaves of the low and of the middle tones, from the lowest band.
RANGES = ((0, 4), (2, 6))
LEAST_BANDS = NOTES * max(end for _, end in RANGES)
# How well each note fits a major and a minor key, from the tonic up.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
# Keeps silence from looking like a chord: smaller values all but vanish.
FLOOR = 1e-3
CONSTANTS = (NOTES, *RANGES[0], *RANGES[1], *MAJOR, *MINOR, FLOOR)


def vector(x: keras.KerasTensor) -> keras.KerasTensor:
    """Describes the harmony of spectrogram patches.

    Args:
        x: `[batch, frames, bands]`, twelve bands per octave.

    Returns:
        `[batch, dim]`, the low tones first. For each range: the fit of the
        best major key, of the best minor key, and their difference; mean,
        then standard deviation over time, of what sounds 1 to 6 semitones
        apart; similarity to itself 1, 2, 4, ... frames later.
    """
    _, frames, bands = x.shape
    tones = ops.relu(x - ops.matmul(x, _neighbours(bands)))
    octaves = ops.reshape(tones, (-1, frames, bands // NOTES, NOTES))
    return ops.concatenate(
        [_of_chroma(ops.mean(octaves[:, :, a:b], axis=2)) for a, b in RANGES],
        axis=-1,
    )


def _of_chroma(chroma: keras.KerasTensor) -> keras.KerasTensor:
    """From `[batch, frames, NOTES]` to `[batch, dim]`."""
    keys = ops.matmul(_standardised(ops.mean(chroma, axis=1)), _keys())
    major = ops.max(keys[:, :NOTES], axis=-1)
    minor = ops.max(keys[:, NOTES:], axis=-1)
    length = ops.sqrt(ops.sum(ops.square(chroma), axis=-1, keepdims=True))
    unit = chroma / (length + FLOOR)
    intervals = ops.stack(
        [
            ops.sum(unit * ops.roll(unit, semitones, axis=-1), axis=-1)
            for semitones in range(1, NOTES // 2 + 1)
        ],
        axis=-1,
    )  # [batch, frames, intervals]
    frames = chroma.shape[1]
    later = [
        ops.mean(ops.sum(unit[:, lag:] * unit[:, :-lag], axis=-1), axis=-1)
        for lag in _lags(frames)
    ]
    return ops.concatenate(
        [
            ops.stack([major, minor, major - minor], axis=-1),
            ops.mean(intervals, axis=1),
            ops.std(intervals, axis=1),
            ops.stack(later, axis=-1),
        ],
        axis=-1,
    )


def _lags(frames: int) -> list[int]:
    """Powers of two below the number of frames."""
    return [2**power for power in range((frames - 1).bit_length())]


def _neighbours(bands: int) -> npt.NDArray[np.float32]:
    """Averages each band with half an octave on each side, `[bands, bands]`."""
    band = np.arange(bands)
    near = abs(band[:, np.newaxis] - band) <= NOTES // 2
    return (near / near.sum(axis=0)).astype(np.float32)


def _keys() -> npt.NDArray[np.float32]:
    """Profiles of 12 major and 12 minor keys, `[NOTES, 24]`.

    A product with a standardised chroma is a correlation.
    """
    keys = [
        np.roll((np.array(profile) - np.mean(profile)) / np.std(profile), tonic)
        for profile in (MAJOR, MINOR)
        for tonic in range(NOTES)
    ]
    return (np.stack(keys, axis=-1) / NOTES).astype(np.float32)


def _standardised(chroma: keras.KerasTensor) -> keras.KerasTensor:
    centred = chroma - ops.mean(chroma, axis=-1, keepdims=True)
    return centred / (ops.std(chroma, axis=-1, keepdims=True) + FLOOR)
