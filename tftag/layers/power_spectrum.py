"""Power spectra of frames: by FFT, or by matrix products for ONNX.

ONNX Runtime's own Fourier transform takes four times as long as the products.
"""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

_STEP = 32
_has_fft = contextvars.ContextVar("has_fft", default=True)


@contextlib.contextmanager
def by_matrices() -> Iterator[None]:
    """What is traced meanwhile has no FFT in it."""
    token = _has_fft.set(False)
    try:
        yield
    finally:
        _has_fft.reset(token)


@keras.saving.register_keras_serializable(package="tftag")
class PowerSpectrum(keras.layers.Layer):
    """Power of each frequency, float32 under every dtype policy.

    >>> import numpy as np
    >>> from tftag import layers
    >>> frame = np.cos(np.pi / 2 * np.arange(8))  # two periods
    >>> layers.PowerSpectrum()(frame[np.newaxis]).numpy().round(3).tolist()
    [[0.0, 0.0, 16.0, 0.0, 0.0]]
    """

    def __init__(self, **kwargs: Any) -> None:
        """Fixes the dtype."""
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, frames: Any) -> Any:
        """Takes `[..., samples]` to `[..., samples // 2 + 1]`."""
        return _power(frames)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Returns `(..., samples // 2 + 1)`."""
        return (*input_shape[:-1], input_shape[-1] // 2 + 1)


def power_in_bands(frames: Any, filterbank: Any) -> Any:
    """Computes the power in bands.

    Args:
        frames: float32 `[..., samples]`.
        filterbank: float32 `[samples // 2 + 1, bands]`.

    Returns:
        float32 `[..., bands]`.
    """
    length = frames.shape[-1]
    if _has_fft.get() or length % (2 * _STEP):
        return ops.matmul(_power(frames), filterbank)
    power, bins, is_new = _power_in_two_steps(frames)
    weights = ops.take(filterbank, bins, axis=0) * is_new[:, np.newaxis]
    shape = (-1, ops.shape(frames)[1], weights.shape[-1])
    return ops.reshape(ops.matmul(power, weights), shape)


def _power(frames: Any) -> Any:
    if _has_fft.get():
        real, imaginary = ops.rfft(frames)
    else:
        length = frames.shape[-1]
        waves = _waves(np.arange(length), np.arange(length // 2 + 1), length)
        real, imaginary = (ops.matmul(frames, wave) for wave in waves)
    return ops.square(real) + ops.square(imaginary)


def _power_in_two_steps(
    frames: Any,
) -> tuple[Any, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """As the FFT, but with one step of `_STEP` samples and one of the rest.

    A fifth of the products of a whole matrix, and half of its time. Cooley and
    Tukey 1965, https://doi.org/10.1090/S0025-5718-1965-0178586-1.

    Args:
        frames: float32 `[batch, frames, samples]`.

    Returns:
        The power, float32 `[batch * frames, values]`; the bin of each value;
        and 1 for it, or 0 where another value is of the same bin.
    """
    length = frames.shape[-1]
    rest = length // _STEP
    # Sample `rest * i + j` and frequency `k + _STEP * l`; the frequencies with
    # other k mirror those.
    i, j = np.arange(_STEP), np.arange(rest)
    k, l_ = np.arange(_STEP // 2 + 1), np.arange(rest)
    first = np.stack(_waves(k, i, _STEP), axis=1).reshape(-1, _STEP)
    x = ops.matmul(first, ops.reshape(frames, (-1, _STEP, rest)))
    x = ops.transpose(ops.reshape(x, (-1, len(k), 2 * rest)), (1, 0, 2))
    frequencies = k[:, np.newaxis] + _STEP * l_
    cosines, sines = np.stack(
        [_waves(j, row, length) for row in frequencies], axis=1
    )
    real = np.concatenate([cosines, -sines], axis=1)
    imaginary = np.concatenate([sines, cosines], axis=1)
    power = ops.square(ops.matmul(x, real)) + ops.square(
        ops.matmul(x, imaginary)
    )
    power = ops.transpose(power, (1, 0, 2))
    bins = np.minimum(frequencies, length - frequencies)
    is_mirrored = frequencies > length // 2
    is_own = (k == 0) | (k == _STEP // 2)
    is_new = ~(is_mirrored & is_own[:, np.newaxis])
    return (
        ops.reshape(power, (-1, len(k) * rest)),
        bins.ravel(),
        is_new.ravel().astype("float32"),
    )


def _waves(
    samples: npt.NDArray[np.int64], bins: npt.NDArray[np.int64], length: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Real and imaginary part of `exp(-2 pi i samples bins / length)`."""
    # The remainder keeps the angle as exact as float64 has it.
    angles = 2 * np.pi * (np.outer(samples, bins) % length) / length
    return np.cos(angles).astype("f4"), -np.sin(angles).astype("f4")
