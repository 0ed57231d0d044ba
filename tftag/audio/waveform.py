"""Blocks of any rate and channels to one waveform at full scale.

One file must not fill the memory. Up to `_KEPT_SECONDS` the blocks are kept as
float32 until the loudest sample is known; of longer recordings the peak alone
is kept, and they are decoded twice, into a file. None is longer than
`MAX_SECONDS`. What is known to be longer is not kept at all: the memory of many
small blocks does not come back.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import soxr

from tftag.audio import sample_file

FULL_SCALE = 32_767  # the loudest sample of every recording, as int16
MAX_SECONDS: float = 12 * 3_600

_KEPT_SECONDS = 3_600
# Half a step of 24-bit audio. Opus gives 1e-34 where zeros were encoded.
_SILENT_PEAK = 2.0**-24
# Outside of these a header is damaged. DSD512 is decoded at 2,822,400 Hz.
_SOURCE_RATES_HZ = (1_000, 3_000_000)
# Of one block over all channels: a header may claim 1,024 of them.
BLOCK_VALUES = 1 << 17
# Channels that have nothing in common leave 1 of this share of their power
# when they are averaged; a tenth of it is left where they correlate by -0.9.
CANCELLED_SHARE = 0.1
# Of the power of a recording whose channels cancel each other here and there.
_NAMED_SHARE = 0.05
# So much of each block tells whether they do.
COMPARED_PART, LEAST_COMPARED = 8, 4_096
# Of the samples that are there, those that full scale must leave where one is
# louder than any sound: 18 dB above full scale.
_LEAST_LEFT = 0.02
_TOO_LOUD = 8


class UnusableAudio(ValueError):
    """A file or waveform that nothing can be learned from.

    Attributes:
        reason: "unreadable", "unsupported", "empty", "silent" or "too long".
        by_ffmpeg: Whether another ffmpeg, or the first one, may read it.
        is_damage: Whether a decoder met it behind the header.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        by_ffmpeg: bool = False,
        is_damage: bool = False,
    ):
        """Keeps the rest beside the message."""
        super().__init__(message)
        self.reason = reason
        self.by_ffmpeg = by_ffmpeg
        self.is_damage = is_damage

    def __reduce__(self) -> tuple[type, tuple[str, str, bool, bool]]:
        """Lets it pass from one process to another."""
        given = (self.reason, str(self), self.by_ffmpeg, self.is_damage)
        return type(self), given


@dataclasses.dataclass(frozen=True)
class Recording:
    """A whole recording.

    Attributes:
        samples: int16 `[samples]`, mono, loudest sample +-`FULL_SCALE`; of a
            long one as `sample_file.empty` has it.
        peak: Loudest absolute sample before it was scaled.
        by_ffmpeg: Whether it depends on the ffmpeg that is installed.
    """

    samples: npt.NDArray[np.int16]
    peak: float
    by_ffmpeg: bool = False


class SampleSource(Protocol):
    """What gives the samples of a file.

    Attributes:
        held_seconds: What is in it; 0 where nobody knows.
    """

    held_seconds: float

    def parts(self) -> Iterator[tuple[int, Iterator[npt.NDArray[np.float32]]]]:
        """Yields rate in Hz and float32 blocks `[frames, channels]`."""


_Source = TypeVar("_Source", bound=SampleSource)
_Blocks = Iterator[npt.NDArray[np.float32]]
Opener = Callable[[], contextlib.AbstractContextManager[_Source]]


class Waveform(Generic[_Source]):
    """What one decoding of a file gave.

    Args:
        open_source: Opens the file; once more where the recording is long, or
            its channels cancel each other.
        sample_rate_hz: Rate of the result.

    Attributes:
        source: What was opened last.
        samples: How many there are.
        remark: What was done to it that a person must know.
    """

    def __init__(self, open_source: Opener[_Source], sample_rate_hz: int):
        """Decodes the file.

        Raises:
            UnusableAudio: It is damaged, or beyond a limit.
        """
        self._open = open_source
        self._rate_hz = sample_rate_hz
        self._channel: int | None = None
        self.remark = ""
        self._read()
        if self._mix.cancels:
            self._channel = self._mix.loudest
            self.remark = (
                "its channels cancel each other (one is inverted): channel "
                f"{self._channel + 1} alone is used"
            )
            self._read()
        elif self._mix.cancelled_share > _NAMED_SHARE:
            self.remark = (
                "its channels cancel each other (one is inverted) in "
                f"{100 * self._mix.cancelled_share:.0f} % of it, which is lost"
            )

    def recording(self, by_ffmpeg: bool = False) -> Recording:
        """Scales it to its loudest sample; can be called once.

        Raises:
            UnusableAudio: There are no samples, or nothing is in them.
        """
        _check(self.samples, float(self.peak))
        blocks = self._blocks() if self._kept is None else _taken(self._kept)
        samples = _scaled(blocks, self.samples, self.peak)
        return Recording(samples, float(self.peak), by_ffmpeg)

    def _read(self) -> None:
        kept: list[npt.NDArray[np.float32]] | None = []
        self._kept, self.samples, self.peak = kept, 0, np.float32(0)
        for block in self._blocks():
            self.samples += block.size
            peak = np.abs(block).max(initial=0)
            self.peak = max(self.peak, peak)
            if not np.isfinite(peak):
                raise UnusableAudio(
                    "unreadable", "Samples are NaN or infinite."
                )
            if self.samples > MAX_SECONDS * self._rate_hz:
                raise too_long()
            seconds = max(
                self.source.held_seconds, self.samples / self._rate_hz
            )
            if seconds > _KEPT_SECONDS:
                self._kept = None
            if self._kept is not None:
                self._kept.append(block)

    def _blocks(self) -> _Blocks:
        """Yields float32 `[samples]` blocks, mono and at the asked rate."""
        self._mix = _Mix(self._channel)
        with self._open() as self.source:
            for rate_hz, blocks in self.source.parts():
                low, high = _SOURCE_RATES_HZ
                if not low <= rate_hz <= high:
                    raise UnusableAudio(
                        "unreadable", f"A rate of {rate_hz} Hz."
                    )
                mono = map(self._mix, blocks)
                yield from _resampled(mono, rate_hz, self._rate_hz)


def too_long() -> UnusableAudio:
    """The error for what is beyond `MAX_SECONDS`."""
    return UnusableAudio(
        "too long",
        f"It is longer than {MAX_SECONDS / 60:g} min. Cut it into parts.",
    )


def to_full_scale(samples: npt.NDArray[np.float32]) -> Recording:
    """Scales a waveform so that its loudest sample is +-`FULL_SCALE`.

    Args:
        samples: Waveform in any unit `[samples]`.

    Returns:
        `round(samples / peak * FULL_SCALE)`, computed in float32, and `peak`.

    Raises:
        UnusableAudio: No samples, all zeros, NaN or infinite.
    """
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim != 1:
        raise ValueError(
            "`samples` must have the shape [samples]. "
            f"Received: shape {samples.shape}."
        )
    peak = np.abs(samples).max(initial=0)
    _check(samples.size, peak)
    return Recording(_scaled([samples], samples.size, peak), float(peak))


def to_mono(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Averages channels: `[samples, channels]` to `[samples]`.

    Args:
        samples: float32 `[samples, channels]`.
    """
    # Column by column it is ten times as fast along so short an axis; numpy
    # adds eight and more in another order.
    if samples.shape[1] > 7:
        return samples.mean(axis=1)
    total, *others = samples.T
    for channel in others:
        total = total + channel
    return total / np.float32(1 + len(others)) if others else total


class _Mix:
    """Averages the channels, or takes one, and knows what that cost."""

    def __init__(self, channel: int | None) -> None:
        self._channel = channel
        self._power_left = self._power_apart = self._power_lost = 0.0
        self._powers = np.zeros(0)

    def __call__(
        self, block: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        with np.errstate(over="ignore", invalid="ignore"):
            if self._channel is not None:
                return block[:, min(self._channel, block.shape[1] - 1)]
            mono = to_mono(block)
            if block.shape[1] > 1:
                self._compare(block, mono)
            return mono

    def _compare(
        self, block: npt.NDArray[np.float32], mono: npt.NDArray[np.float32]
    ) -> None:
        some = max(LEAST_COMPARED, len(block) // COMPARED_PART)
        block, mono = block[:some], mono[:some]
        flat = block.ravel()
        left = float(np.dot(mono, mono))
        apart = float(np.dot(flat, flat)) / block.shape[1] ** 2
        self._power_left += left
        self._power_apart += apart
        if left < CANCELLED_SHARE * apart:
            self._power_lost += apart
            powers = np.einsum("ij,ij->j", block, block).astype(np.float64)
            if powers.size > self._powers.size:
                powers, self._powers = self._powers, powers
            self._powers[: powers.size] += powers

    @property
    def cancels(self) -> bool:
        """Whether the average lost what the channels hold."""
        return self._power_left < CANCELLED_SHARE * self._power_apart

    @property
    def cancelled_share(self) -> float:
        """The share of the power in blocks where the average lost it."""
        return self._power_lost / max(self._power_apart, 1e-30)

    @property
    def loudest(self) -> int:
        """The channel with most power where they cancel."""
        return int(self._powers.argmax())


def _resampled(
    blocks: Iterable[npt.NDArray[np.float32]], rate_hz: int, sample_rate_hz: int
) -> _Blocks:
    """Yields mono blocks at the asked rate; at least one sample in all."""
    if rate_hz == sample_rate_hz:
        yield from blocks
        return
    resampler = soxr.ResampleStream(
        rate_hz, sample_rate_hz, 1, dtype="float32", quality="HQ"
    )
    found, loudest = 0, None
    for block in blocks:
        if loudest is None and block.size:
            loudest = block[np.abs(block).argmax()]
        block = resampler.resample_chunk(block)
        found += block.size
        yield block
    block = resampler.resample_chunk(np.zeros(0, np.float32), last=True)
    yield block
    if loudest is not None and not found + block.size:
        # Shorter than half a sample of the result: this is all of it.
        yield np.array([loudest], np.float32)


def _check(samples: int, peak: float) -> None:
    if not samples:
        raise UnusableAudio("empty", "There are no samples.")
    if not np.isfinite(peak):
        raise UnusableAudio("unreadable", "Samples are NaN or infinite.")
    if peak < _SILENT_PEAK:
        raise UnusableAudio("silent", "All samples are zero.")


def _scaled(
    blocks: Iterable[npt.NDArray[np.float32]], length: int, peak: np.float32
) -> npt.NDArray[np.int16]:
    """Joins float32 blocks into int16 `[samples]`."""
    samples = sample_file.empty(length)
    start = there = left = 0
    for block in blocks:
        # All in float32, in this order: the layer in the graph does the same.
        scaled = np.rint(block / peak * np.float32(FULL_SCALE))
        start += block.size
        if start > length:
            break
        samples[start - block.size : start] = scaled
        sample_file.release(samples)
        if peak > _TOO_LOUD:
            there += int(np.count_nonzero(np.abs(block) > _SILENT_PEAK))
            left += int(np.count_nonzero(scaled))
    if start != length:
        raise UnusableAudio("unreadable", "It changed while it was read.")
    if left < _LEAST_LEFT * there:
        raise UnusableAudio(
            "unreadable",
            f"Its loudest sample is {peak:.3g} times full scale, so far above "
            "the others that nothing is left of them: it is damaged.",
        )
    return samples


def _taken(blocks: list[npt.NDArray[np.float32]]) -> _Blocks:
    """Yields the blocks of a list, and lets go of each."""
    blocks.reverse()
    while blocks:
        yield blocks.pop()
