"""A log-mel spectrogram by hand, in PyTorch.

16 kHz, a periodic Hann window of 1024 samples, every 512, zeros beyond both
ends, power, 128 triangular bands, log with a floor: the one that the network
was made for.
"""

import numpy as np
import torch
from log_mel_numpy import HOP_SAMPLES, LOG_FLOOR, WINDOW_SAMPLES


class LogMel(torch.nn.Module):
    """From float32 `[batch, samples]` to `[batch, frames, mels]`."""

    def __init__(self, filterbank: np.ndarray):
        """Takes a filterbank `[bins, mels]`."""
        super().__init__()
        self.register_buffer("filterbank", torch.from_numpy(filterbank))
        self.register_buffer("window", torch.hann_window(WINDOW_SAMPLES))

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        """Computes the spectrogram."""
        half = WINDOW_SAMPLES // 2
        padded = torch.nn.functional.pad(waveform, (half, half))
        framed = padded.unfold(1, WINDOW_SAMPLES, HOP_SAMPLES)
        spectrum = torch.fft.rfft(framed * self.window)
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log(power @ self.filterbank + LOG_FLOOR)


class StftLogMel(LogMel):
    """The same by `torch.stft`."""

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        """Computes the spectrogram."""
        spectrum = torch.stft(
            waveform,
            WINDOW_SAMPLES,
            HOP_SAMPLES,
            window=self.window,
            pad_mode="constant",
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log(power.mT @ self.filterbank + LOG_FLOOR)
