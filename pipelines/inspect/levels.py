"""How loud a recording is: level, clipping and silence at its ends."""

import dataclasses
import math

import numpy as np

FULL_SCALE = 32_767
# Louder than this, a sample is sound: -60 dB below full scale.
_SOUND = FULL_SCALE / 1_000
# Samples as loud as the loudest, to 0.1 %, are clipped where they come in
# runs: a sine of 100 Hz at 16 kHz stays there for two samples.
_TOP = 0.999 * FULL_SCALE
_CLIPPED_RUN = 3


@dataclasses.dataclass(frozen=True)
class Levels:
    """The levels of one recording, scaled so that its peak is full scale.

    Attributes:
        rms_db: Mean level in dB below full scale, -inf for silence.
        clipped_share: Share of samples in runs of 3 or more at full scale. A
            source that was clipped before its rate was changed has few left.
        silent_start_seconds: Until the first sample above -60 dB.
        silent_end_seconds: After the last.
    """

    rms_db: float
    clipped_share: float
    silent_start_seconds: float
    silent_end_seconds: float


class LevelMeter:
    """Measures one recording, fed piece by piece.

    A run of clipped samples that two pieces share may count a few less.

    Args:
        sample_rate_hz: Of the samples that will be added.
    """

    def __init__(self, sample_rate_hz: int):
        """Starts with no samples."""
        self._rate_hz = sample_rate_hz
        self._samples = 0
        self._power = 0.0
        self._clipped = 0
        self._first: int | None = None
        self._last = -1

    def add(self, samples: np.ndarray) -> None:
        """Takes the next samples, int16 `[samples]`."""
        # int16 has no absolute value for -32768.
        loudness = np.abs(samples.astype(np.float32))
        self._power += float(np.square(loudness, dtype=np.float64).sum())
        sound = np.flatnonzero(loudness > _SOUND)
        if len(sound):
            self._last = self._samples + int(sound[-1])
            if self._first is None:
                self._first = self._samples + int(sound[0])
        self._clipped += _in_runs(loudness >= _TOP)
        self._samples += len(samples)

    def finish(self) -> Levels:
        """The levels of all samples; a recording without any is silent."""
        samples, seconds = max(1, self._samples), 1 / self._rate_hz
        mean = math.sqrt(self._power / samples) / FULL_SCALE
        first = self._samples if self._first is None else self._first
        return Levels(
            rms_db=20 * math.log10(mean) if mean else -math.inf,
            clipped_share=self._clipped / samples,
            silent_start_seconds=seconds * first,
            silent_end_seconds=seconds * (self._samples - 1 - self._last),
        )


def _in_runs(marked):
    """How many of `marked` `[samples]` stand in runs of `_CLIPPED_RUN`."""
    if marked.sum() < _CLIPPED_RUN:
        return 0
    edges = np.diff(marked.astype(np.int8), prepend=0, append=0)
    lengths = np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)
    return int(lengths[lengths >= _CLIPPED_RUN].sum())
