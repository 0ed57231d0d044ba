"""Brings a waveform to full scale by the peak of its whole recording."""

from typing import Any

import keras
from keras import ops

from tftag import audio


@keras.saving.register_keras_serializable(package="tftag")
class WaveformNormalization(keras.layers.Layer):
    """Scales a waveform so that its recording's peak is at full scale.

    The output is on the 16-bit grid of a prepared WAV file, `k / FULL_SCALE`
    with a whole `k`, so a recording that arrives as floats in any scale and
    its prepared file give equal samples. Computed in float32 under every
    dtype policy: float16 has 11 bits, a sample has 16.

    >>> import numpy as np
    >>> from tftag import layers
    >>> crop, peak = np.array([[0.0, 0.1, -0.1]]), np.array([0.2])
    >>> layers.WaveformNormalization()(crop, peak).numpy().round(3).tolist()
    [[0.0, 0.5, -0.5]]
    """

    def __init__(self, **kwargs: Any) -> None:
        """Fixes the dtype."""
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, waveform: Any, peak: Any) -> Any:
        """Normalises.

        Args:
            waveform: `[batch, samples]`, integers or floats in any scale.
            peak: `[batch]`, loudest absolute sample of each recording, in
                the unit of `waveform`; 0 for a silent one.

        Returns:
            float32 `[batch, samples]` in [-1, 1]; zeros where `peak` is 0.
        """
        waveform = ops.cast(waveform, "float32")
        peak = ops.cast(peak, "float32")[:, None]
        # Divided by infinity, a silent recording stays silent: one pass less
        # over the samples than choosing between two results.
        divisor = ops.where(peak > 0, peak, float("inf"))
        scaled = waveform / divisor * audio.FULL_SCALE
        return ops.round(scaled) / audio.FULL_SCALE

    def compute_output_shape(self, waveform_shape: Any, peak_shape: Any) -> Any:
        """Returns the shape of the waveform."""
        return waveform_shape
