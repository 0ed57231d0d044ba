"""From a waveform to its log-mel spectrogram, on the device."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from tftag import audio
from tftag.layers import power_spectrum


@keras.saving.register_keras_serializable(package="tftag")
class LogMelSpectrogram(keras.layers.Layer):
    """Log of the power in mel bands: `[batch, samples]` to frames.

    `frames = 1 + samples // hop_samples`; frame `i` is centred on sample
    `i * hop_samples`, with zeros or the mirrored waveform beyond both ends,
    so every length from one sample on works. Periodic Hann window, power (not
    magnitude), triangular filters. Each example is computed by itself: there
    is no maximum or mean over the batch or over time.

    The defaults are tftag's own front end; the other choices are for networks
    that were trained on another one.

    The filterbank is a non-trainable weight: a saved model keeps the bands
    it was trained with. float32 inside and out under every dtype policy,
    because `log_floor` is below what float16 resolves beside loud bands.

    >>> import numpy as np
    >>> from tftag import layers
    >>> second = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    >>> spectrogram = np.asarray(layers.LogMelSpectrogram()(second[np.newaxis]))
    >>> spectrogram.shape
    (1, 32, 128)

    Args:
        sample_rate_hz: Rate of the waveform, in Hz.
        window_samples: Length of the window and of the FFT.
        hop_samples: Samples between the centres of neighbouring frames.
        mel_bands: Number of bands.
        min_hz: Lower edge of the lowest band.
        max_hz: Upper edge of the highest band.
        log_floor: Power below which a band counts as silent.
        mel_scale: `htk`, or `slaney`: linear below 1 kHz; `octave`: equally
            many bands in every octave, for which `min_hz` must be > 0.
        mel_norm: `none`: every filter peaks at 1; `slaney`: every filter has
            the area 1 over frequency in Hz.
        edges: What lies beyond both ends: `zeros`, or `reflect`: the waveform
            mirrored about its first and last sample, as often as it takes.
        compression: `log`: the natural log of `power + log_floor`; `log10`:
            `log10(1 + power / log_floor)`, 0 for silence.

    Raises:
        ValueError: When an argument is out of range, or a band is so narrow
            that it holds no FFT bin.
    """

    def __init__(
        self,
        sample_rate_hz: int = 16_000,
        window_samples: int = 1_024,
        hop_samples: int = 512,
        mel_bands: int = 128,
        min_hz: float = 20.0,
        max_hz: float = 8_000.0,
        log_floor: float = 1e-5,
        mel_scale: str = "htk",
        mel_norm: str = "none",
        edges: str = "zeros",
        compression: str = "log",
        **kwargs: Any,
    ) -> None:
        """Checks the arguments, and that every band holds an FFT bin."""
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.sample_rate_hz = sample_rate_hz
        self.window_samples = window_samples
        self.hop_samples = hop_samples
        self.mel_bands = mel_bands
        self.min_hz = min_hz
        self.max_hz = max_hz
        self.log_floor = log_floor
        self.mel_scale = mel_scale
        self.mel_norm = mel_norm
        self.edges = edges
        self.compression = compression
        # Refuses what no spectrogram has.
        audio.AudioSpec(
            **{name: getattr(self, name) for name in audio.FRONT_END}
        )
        empty = int(np.sum(~np.any(self._mel_filters() > 0, axis=0)))
        if empty:
            raise ValueError(
                f"Every mel band must hold an FFT bin: {empty} of {mel_bands} "
                "bands hold none. Use fewer `mel_bands`, a longer "
                "`window_samples` or a wider range of frequencies. "
                f"Received: mel_bands={mel_bands}, "
                f"window_samples={window_samples}, min_hz={min_hz}, "
                f"max_hz={max_hz}."
            )

    def build(self, input_shape: Any) -> None:
        """Creates the filterbank."""
        self.filterbank = self.add_weight(
            name="filterbank",
            shape=(self.window_samples // 2 + 1, self.mel_bands),
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(
                self._mel_filters(), dtype
            ),
            trainable=False,
        )

    def call(self, waveform: Any) -> Any:
        """Computes the spectrogram.

        Args:
            waveform: `[batch, samples]`, integers or floats.

        Returns:
            float32 `[batch, frames, mels]`.
        """
        padded = self._pad(ops.cast(waveform, "float32"))
        framed = self._frame(padded) * self._window()
        mels = power_spectrum.power_in_bands(
            framed, ops.convert_to_tensor(self.filterbank)
        )
        if self.compression == "log10":
            return ops.log10(1.0 + mels / self.log_floor)
        return ops.log(mels + self.log_floor)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, Any, Any]:
        """Returns `(batch, frames, mels)`."""
        batch, samples = input_shape
        frames = None if samples is None else 1 + samples // self.hop_samples
        return (batch, frames, self.mel_bands)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        own = {name: getattr(self, name) for name in audio.FRONT_END}
        return {**super().get_config(), **own}

    def _pad(self, waveform: Any) -> Any:
        # The two pads add up to one window, for odd ones too: this is what
        # makes the number of frames 1 + samples // hop_samples.
        before = self.window_samples // 2
        after = self.window_samples - before
        if self.hop_samples <= after:
            # What no frame reaches is left out here, or framing copies all
            # the rest to be rid of it.
            after -= ops.shape(waveform)[1] % self.hop_samples
        if self.edges == "zeros":
            return ops.pad(waveform, ((0, 0), (before, after)))
        # By place, because `ops.pad` mirrors no further than once.
        last = ops.shape(waveform)[1] - 1
        period = ops.maximum(2 * last, 1)
        place = ops.arange(-before, last + 1 + after) % period
        return ops.take(waveform, ops.minimum(place, period - place), axis=1)

    def _frame(self, padded: Any) -> Any:
        """Cuts a padded waveform into `[batch, frames, window_samples]`."""
        hops, rest = divmod(self.window_samples, self.hop_samples)
        if rest or hops < 2:
            return ops.extract_sequences(
                padded, self.window_samples, self.hop_samples
            )
        # The same, without a copy of all samples before.
        count = ops.shape(padded)[1] // self.hop_samples
        blocks = ops.reshape(padded, (-1, count, self.hop_samples))
        frames = ops.arange(count - hops + 1)[:, None] + np.arange(hops)
        framed = ops.take(blocks, frames, axis=1)
        return ops.reshape(framed, (-1, count - hops + 1, self.window_samples))

    def _window(self) -> npt.NDArray[np.floating[Any]]:
        """Periodic Hann window, float32 `[window_samples]`."""
        phase = np.arange(self.window_samples) / self.window_samples
        return (0.5 - 0.5 * np.cos(2 * np.pi * phase)).astype("float32")

    def _mel_filters(self) -> npt.NDArray[np.floating[Any]]:
        """Triangles on the mel scale, float32 `[bins, mels]`."""
        bins = self.window_samples // 2 + 1
        bin_hz = np.arange(bins) * (self.sample_rate_hz / self.window_samples)
        to_mel, to_hz = SCALES[self.mel_scale]
        edges_hz = to_hz(
            np.linspace(
                to_mel(self.min_hz), to_mel(self.max_hz), self.mel_bands + 2
            )
        )
        low, centre, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
        rising = (bin_hz[:, None] - low) / (centre - low)
        falling = (high - bin_hz[:, None]) / (high - centre)
        filters = np.maximum(0, np.minimum(rising, falling))
        if self.mel_norm == "slaney":
            filters = filters * (2.0 / (high - low))
        return filters.astype("float32")


def _htk_mel(frequency_hz: float) -> float:
    return 2595.0 * math.log10(1.0 + frequency_hz / 700.0)


def _htk_hz(
    mel: npt.NDArray[np.floating[Any]],
) -> npt.NDArray[np.floating[Any]]:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)


# Slaney, Auditory Toolbox, 1998: 15 mel up to 1 kHz, and from there on 27 mel
# for each factor of 6.4.
_KNEE_HZ, _KNEE_MEL, _LOG_STEP = 1_000.0, 15.0, math.log(6.4) / 27.0


def _slaney_mel(frequency_hz: float) -> float:
    if frequency_hz < _KNEE_HZ:
        return frequency_hz * _KNEE_MEL / _KNEE_HZ
    return _KNEE_MEL + math.log(frequency_hz / _KNEE_HZ) / _LOG_STEP


def _slaney_hz(
    mel: npt.NDArray[np.floating[Any]],
) -> npt.NDArray[np.floating[Any]]:
    return np.where(
        mel < _KNEE_MEL,
        mel * _KNEE_HZ / _KNEE_MEL,
        _KNEE_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _KNEE_MEL) - _KNEE_MEL)),
    )


_Hz = npt.NDArray[np.floating[Any]]
# What each `mel_scale` makes of a frequency in Hz, and the way back.
SCALES: dict[str, tuple[Callable[[float], float], Callable[[_Hz], _Hz]]] = {
    "htk": (_htk_mel, _htk_hz),
    "slaney": (_slaney_mel, _slaney_hz),
    "octave": (math.log2, np.exp2),
}
