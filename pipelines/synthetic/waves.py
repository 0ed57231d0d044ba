"""What the voices are made of: time, gate, harmonics, one period, loudness."""

from typing import NamedTuple

import numpy as np

TABLE_POINTS = 4_096


class Note(NamedTuple):
    """What a voice is asked to play.

    Attributes:
        frequency_hz: its pitch.
        seconds: until it is let go.
        sample_rate_hz: of the samples.
        colour: of the player, from 0 to 1.
    """

    frequency_hz: float
    seconds: float
    sample_rate_hz: int
    colour: float


def time_axis(seconds: float, sample_rate_hz: int) -> np.ndarray:
    """The times of the samples `[samples]`, in seconds."""
    return np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz


def gate(time: np.ndarray, attack: float, release: float) -> np.ndarray:
    """From 0 to 1 in `attack` seconds, to 0 in the last `release` seconds."""
    rise = np.minimum(1.0, time / attack)
    fall = np.minimum(1.0, (time[-1] - time) / release)
    return rise * fall


def harmonics(
    frequency_hz: float, sample_rate_hz: int, most: int
) -> np.ndarray:
    """1, 2, ... as far as they stay clear of half the sample rate."""
    fitting = int(0.45 * sample_rate_hz / frequency_hz)
    return np.arange(1, max(1, min(most, fitting)) + 1)


def table_wave(turns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of weights[k - 1] * sin(2 pi k turns), read from one period."""
    spectrum = np.zeros(TABLE_POINTS // 2 + 1, complex)
    # Quadratic phases keep the crest low: no buzzing peak once per period.
    order = np.arange(1, weights.size + 1)
    phases = np.pi * order * order / (weights.size + 1)
    spectrum[1 : weights.size + 1] = weights * np.exp(1j * phases)
    table = np.fft.irfft(spectrum, TABLE_POINTS) * (TABLE_POINTS / 2)
    places = (turns * TABLE_POINTS).astype(np.int64) & (TABLE_POINTS - 1)
    return table[places]


def level(note: np.ndarray) -> np.ndarray:
    """The note at 0.1 of standard deviation in its loudest 800 samples.

    At 16 kHz these are 50 ms.
    """
    block = max(1, min(note.size, 800))
    blocks = note[: note.size - note.size % block].reshape(-1, block)
    loudest = np.sqrt(np.max(np.mean(np.square(blocks), axis=1)))
    return (0.1 / loudest * note).astype(np.float32)
