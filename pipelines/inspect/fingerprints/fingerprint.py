"""Audio fingerprints: 32 bits for every 12.8 ms, equal for what sounds equal.

After Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR
2002: each bit is the sign of a difference, over neighbouring bands and over
neighbouring frames, of the energy in one of 33 bands between 300 and 2,000 Hz.
Frames overlap so much that a copy which starts between two of them still gets
nearly the same bits. Ours differ in the rate (5,000 Hz, frames of 2,048
samples, hops of 64) and in that silence has no bits.
"""

import numpy as np
import soxr

RATE_HZ = 5_000
FRAME_SAMPLES = 2_048
HOP_SAMPLES = 64
SECONDS_PER_WORD = HOP_SAMPLES / RATE_HZ
BITS = 32
MIN_HZ, MAX_HZ = 300.0, 2_000.0
# The word of a frame without sound. Of other frames 1 in 4 billion has it.
SILENT = np.uint32(0)
# Mean power between MIN_HZ and MAX_HZ below which a frame is silent, relative
# to a full-scale square wave: bits of quieter frames are those of the coder.
SILENCE_DB = -66.0
# Frames that are transformed at a time: 8 MiB of float64.
_FRAMES_AT_ONCE = 512
_FULL_SCALE = 32_768.0


class Fingerprinter:
    """Makes the fingerprint of one recording, fed piece by piece.

    The result does not depend on where the pieces are cut.

    Args:
        sample_rate_hz: Rate of the samples that will be added.

    Raises:
        ValueError: The rate cannot hold the highest band.
    """

    def __init__(self, sample_rate_hz: int):
        """Starts with no samples."""
        if sample_rate_hz < 2 * MAX_HZ:
            raise ValueError(
                f"A fingerprint needs a rate of at least {2 * MAX_HZ:.0f} Hz. "
                f"Received: {sample_rate_hz}."
            )
        self._resampler = soxr.ResampleStream(
            sample_rate_hz, RATE_HZ, 1, dtype="float32", quality="MQ"
        )
        self._waiting = np.zeros(0, np.float32)
        self._last = None
        self._words: list[np.ndarray] = []

    def add(self, samples: np.ndarray) -> None:
        """Takes the next samples, int16 `[samples]`."""
        scaled = np.asarray(samples, np.float32) / np.float32(_FULL_SCALE)
        self._take(self._resampler.resample_chunk(scaled))

    def finish(self) -> np.ndarray:
        """Returns the fingerprint, uint32 `[words]`.

        It is empty for a recording of less than two frames, 0.42 s.
        """
        nothing = np.zeros(0, np.float32)
        self._take(self._resampler.resample_chunk(nothing, last=True))
        return np.concatenate([np.zeros(0, np.uint32), *self._words])

    def _take(self, samples):
        waiting = np.concatenate([self._waiting, samples])
        while len(waiting) >= FRAME_SAMPLES:
            frames = np.lib.stride_tricks.sliding_window_view(
                waiting, FRAME_SAMPLES
            )[::HOP_SAMPLES][:_FRAMES_AT_ONCE]
            self._words.append(self._to_words(frames))
            waiting = waiting[HOP_SAMPLES * len(frames) :]
        self._waiting = waiting

    def _to_words(self, frames):
        """Frames `[frames, FRAME_SAMPLES]` to a word for each.

        The first of a recording has none: nothing is before it.
        """
        energies = _band_energies(frames)
        tilt = energies[:, :-1] - energies[:, 1:]
        before = tilt[:1] if self._last is None else self._last
        rises = tilt > np.concatenate([before, tilt[:-1]])
        words = np.packbits(rises, axis=1).view(">u4")[:, 0].astype(np.uint32)
        words[energies.sum(axis=1) < _SILENT_ENERGY] = SILENT
        if self._last is None:
            words = words[1:]
        self._last = tilt[-1:]
        return words


def fingerprint(samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """The fingerprint of a whole recording.

    Args:
        samples: int16 `[samples]`.
        sample_rate_hz: Their rate, at least 4,000.

    Returns:
        uint32 `[words]`, one for every 12.8 ms, `SILENT` where it is silent.
    """
    made = Fingerprinter(sample_rate_hz)
    made.add(samples)
    return made.finish()


def count_ones(words: np.ndarray) -> np.ndarray:
    """How many bits of each word are 1; uint32 in, uint8 out, any shape."""
    if hasattr(np, "bitwise_count"):  # NumPy 2
        return np.bitwise_count(words)
    # Sums of neighbouring fields of 1, 2, 4 bits, then of all bytes.
    words = words - ((words >> 1) & np.uint32(0x55555555))
    pairs = (words & np.uint32(0x33333333)) + (
        (words >> 2) & np.uint32(0x33333333)
    )
    bytes_ = (pairs + (pairs >> 4)) & np.uint32(0x0F0F0F0F)
    return ((bytes_ * np.uint32(0x01010101)) >> 24).astype(np.uint8)


def _band_energies(frames):
    """Energy of each band, float32 `[frames, 33]`."""
    spectrum = np.fft.rfft(frames * _WINDOW)[:, _FIRST_BIN:_LAST_BIN]
    power = spectrum.real**2 + spectrum.imag**2
    return (power @ _BANDS).astype(np.float32)


def _make_bands():
    """First and last used bin, and which bin is in which band, 0 or 1."""
    edges_hz = np.geomspace(MIN_HZ, MAX_HZ, BITS + 2)
    edges = np.round(edges_hz / RATE_HZ * FRAME_SAMPLES).astype(int)
    bins = np.arange(edges[0], edges[-1])[:, np.newaxis]
    inside = (bins >= edges[:-1]) & (bins < edges[1:])
    return edges[0], edges[-1], inside.astype(np.float64)


_WINDOW = np.hanning(FRAME_SAMPLES + 1)[:-1]
_FIRST_BIN, _LAST_BIN, _BANDS = _make_bands()
# By Parseval: a spectrum from 0 Hz to half the rate holds half the energy.
_SILENT_ENERGY = (
    10 ** (SILENCE_DB / 10) * FRAME_SAMPLES * (_WINDOW**2).sum() / 2
)
