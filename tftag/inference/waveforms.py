"""Waveforms as signatures take them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.audio import sample_file

Waveform = npt.NDArray[np.int16] | npt.NDArray[np.float32]


def padded_rows(batch: Sequence[npt.ArrayLike]) -> dict[str, npt.NDArray[Any]]:
    """Makes waveforms the inputs of a signature of padded rows.

    Args:
        batch: Waveforms as `SavedTagger.tag_samples` takes them, at least one.

    Returns:
        "waveform" `[batch, samples]` and "length_samples" int64 `[batch]`.

    Raises:
        ValueError: No samples, NaN, infinity, or another shape.
    """
    waveforms = [plain_waveform(samples) for samples in batch]
    lengths = [len(waveform) for waveform in waveforms]
    padded = np.zeros((len(batch), max(lengths)), np.result_type(*waveforms))
    for row, waveform in zip(padded, waveforms, strict=True):
        row[: len(waveform)] = waveform
    return {
        "waveform": padded,
        "length_samples": np.array(lengths, np.int64),
    }


def plain_waveform(samples: npt.ArrayLike) -> Waveform:
    """Returns int16 as it is, and other numbers as float32.

    Raises:
        ValueError: No samples, no real numbers, NaN, infinity, or another
            shape.
    """
    samples = np.asarray(samples)
    if samples.ndim != 1 or not samples.size:
        raise ValueError(
            "`samples` must be [samples] with at least one. "
            f"Received: shape {samples.shape}."
        )
    if samples.dtype == np.int16:
        return samples
    if samples.dtype.kind not in "biufO":
        raise ValueError(
            f"`samples` must be real numbers. Received: {samples.dtype}."
        )
    # What float32 does not hold becomes infinity, which is refused below.
    with np.errstate(over="ignore"):
        waveform = samples.astype(np.float32)
    # The extremes show NaN and infinity without a copy.
    if not np.isfinite([waveform.min(), waveform.max()]).all():
        raise ValueError("`samples` must be finite. Received: NaN or infinity.")
    return waveform


def is_silent(waveform: Waveform) -> bool:
    """Whether a waveform is nothing but zeros."""
    return not any(block.any() for block in sample_file.blocks(waveform))


def check_rows(status: Iterable[bytes]) -> None:
    """Refuses rows that are no recordings.

    Args:
        status: What is wrong with each; empty where nothing is.

    Raises:
        ValueError: Something is wrong with one.
    """
    wrong = [
        f"row {row}: {reason.decode()}"
        for row, reason in enumerate(status)
        if reason
    ]
    if wrong:
        raise ValueError(
            f"Every row must be a recording. Received: {'; '.join(wrong)}"
        )
