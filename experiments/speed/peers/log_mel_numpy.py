"""The log-mel spectrogram of `log_mel`, in NumPy alone."""

import numpy as np

WINDOW_SAMPLES = 1_024
HOP_SAMPLES = 512
LOG_FLOOR = 1e-5


def log_mel(waveform: np.ndarray, filterbank: np.ndarray) -> np.ndarray:
    """Computes it.

    Args:
        waveform: float32 `[batch, samples]`.
        filterbank: float32 `[bins, mels]`.

    Returns:
        float32 `[batch, frames, mels]`.
    """
    half = WINDOW_SAMPLES // 2
    padded = np.pad(waveform, ((0, 0), (half, half)))
    framed = np.lib.stride_tricks.sliding_window_view(
        padded, WINDOW_SAMPLES, axis=1
    )[:, ::HOP_SAMPLES]
    window = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(framed * window).astype(np.complex64)
    power = spectrum.real**2 + spectrum.imag**2
    return np.log(power @ filterbank + LOG_FLOOR)
