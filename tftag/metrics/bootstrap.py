"""Intervals of figures, by recordings drawn again with replacement.

A draw is a count per recording: how often it was drawn.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.metrics import weighted_ranking

_Floats = npt.NDArray[np.floating[Any]]

# What sums of shares may lie beyond 0 to 1.
_ROUNDING = 1e-9
_BLOCK_CELLS = 2_000_000


def counts_per_draw(
    recordings: int, draws: int, seed: int = 0
) -> Iterator[npt.NDArray[np.int32]]:
    """Yields how often each recording is drawn, block by block.

    Args:
        recordings: recordings to draw from, and drawn each time.
        draws: how many times.
        seed: the same seed gives the same draws, in blocks of any size.

    Yields:
        int32 `[recordings, block]`; the blocks add up to `draws`.
    """
    rng = np.random.default_rng(seed)
    block = max(1, min(draws, _BLOCK_CELLS // recordings))
    for first in range(0, draws, block):
        counts = np.empty((recordings, min(block, draws - first)), np.int32)
        for column in range(counts.shape[1]):
            rows = rng.integers(recordings, size=recordings)
            counts[:, column] = np.bincount(rows, minlength=recordings)
        yield counts


def recording_means(
    values: Any, blocks: Iterable[weighted_ranking.Counts]
) -> _Floats:
    """Mean of a figure per recording in every draw.

    Args:
        values: `[recordings]`; recordings with nan are left out.
        blocks: iterable of counts `[recordings, block]`.

    Returns:
        float64 `[draws]`, nan for a draw without such a recording.
    """
    known = np.isfinite(values)
    means = []
    for counts in blocks:
        drawn = counts[known].sum(axis=0)
        total = values[known] @ counts[known]
        means.append(np.where(drawn > 0, total / np.maximum(drawn, 1), np.nan))
    return np.concatenate(means)


def interval(value: float, drawn: _Floats) -> list[float]:
    """95 % interval of a figure from its bootstrap draws.

    The percentiles of the draws, moved so that the draws' mean comes to lie
    on `value`. A recording drawn twice stands beside itself in the ranking,
    which lifts average precision in every draw: with a few positives per tag
    the percentiles as they are can lie wholly above the figure itself.

    Args:
        value: the figure on the recordings as they are, between 0 and 1; of a
            difference of figures, see `difference_interval`.
        drawn: `[draws]`, the figure per draw; draws with nan are left out.

    Returns:
        `[low, high]`, or two nan where no draw has the figure.

    Raises:
        ValueError: a figure outside of 0 to 1.

    Example:
        >>> low, high = interval(0.5, np.linspace(0.2, 1.0, 101))
        >>> round(low, 2), round(high, 2)
        (0.12, 0.88)
    """
    known = np.append(drawn[np.isfinite(drawn)], value)
    if known.min() < -_ROUNDING or known.max() > 1.0 + _ROUNDING:
        raise ValueError(
            "A figure must lie in 0 to 1; `difference_interval` takes "
            "differences of figures. "
            f"Received: values from {known.min()} to {known.max()}."
        )
    return [float(np.clip(b, 0.0, 1.0)) for b in _moved(value, drawn)]


def difference_interval(value: float, drawn: _Floats) -> list[float]:
    """95 % interval of a difference of two figures, which may be negative.

    Args:
        value: the difference on the recordings as they are.
        drawn: `[draws]`, the difference in draws of the same recordings for
            both; draws with nan are left out.

    Returns:
        `[low, high]`, or two nan where no draw has both figures. An interval
        that holds 0 says that the two may be equally good.
    """
    return [float(bound) for bound in _moved(value, drawn)]


def _moved(value: float, drawn: _Floats) -> _Floats:
    """Percentiles of the draws, their mean moved to the value."""
    drawn = drawn[np.isfinite(drawn)]
    if not drawn.size:
        return np.full(2, np.nan)
    return np.percentile(drawn, (2.5, 97.5)) - drawn.mean() + value
