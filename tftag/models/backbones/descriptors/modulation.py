"""Modulation spectra: how strongly each band pulses, and how fast.

Neighbouring bands of the spectrogram are averaged in groups. The vector holds
the magnitude of the Fourier transform of each group over a few seconds,
averaged in classes of modulation rate that are evenly spaced on a logarithmic
scale.

Pampalk, Rauber and Merkl, Content-based organization and visualization of
music archives, 2002, https://doi.org/10.1145/641007.641121 (fluctuation
patterns); Seyerlehner, Widmer and Pohle, Fusing block-level features for music
similarity estimation, DAFx 2010.
"""

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from tftag import layers

GROUPS = 42
RATES = 14
# In units of the log spectrogram times frames. Smaller magnitudes all but
# vanish: silent bands pulse by rounding errors.
FLOOR = 1.0
CONSTANTS = (GROUPS, RATES, FLOOR)


def vector(x: keras.KerasTensor) -> keras.KerasTensor:
    """Computes the modulation spectra of spectrogram patches.

    Args:
        x: `[batch, frames, bands]`; the number of frames must be known.

    Returns:
        `[batch, rates * GROUPS]`, the slowest rate first; at most `RATES`
        rates, fewer for short patches.

    Raises:
        ValueError: The bands do not divide into groups of equal size, or the
            number of frames is unknown or too small.
    """
    _, frames, bands = x.shape
    if bands % GROUPS:
        raise ValueError(
            f"descriptors take `mel_bands` that {GROUPS} divides. "
            f"Received: {bands}."
        )
    if frames is None or frames < 4:
        raise ValueError(
            "descriptors need `patch_frames` >= 4, which say how slow a pulse "
            f"may be. Received: {frames or 0}."
        )
    courses = ops.mean(
        ops.reshape(x, (-1, frames, GROUPS, bands // GROUPS)), axis=-1
    )
    courses = ops.transpose(courses, (0, 2, 1))  # [batch, GROUPS, frames]
    courses = courses - ops.mean(courses, axis=-1, keepdims=True)
    window = np.hanning(frames).astype("float32")
    magnitudes = ops.sqrt(layers.PowerSpectrum()(courses * window))
    rates = ops.matmul(magnitudes, _rates(frames))  # [batch, GROUPS, rates]
    logs = ops.log1p(ops.square(rates / FLOOR))
    return ops.reshape(
        ops.transpose(logs, (0, 2, 1)), (-1, logs.shape[1] * logs.shape[2])
    )


def _rates(frames: int) -> npt.NDArray[np.float32]:
    """Averages the bins of each rate, `[frames // 2 + 1, rates]`."""
    edges = np.geomspace(1, frames // 2, RATES + 1)
    edges = np.unique(np.round(edges).astype(int))
    bins = np.arange(frames // 2 + 1)[:, np.newaxis]
    inside = (edges[:-1] <= bins) & (bins < edges[1:])
    return (inside / inside.sum(axis=0)).astype(np.float32)
