"""Ranking figures per tag, for the recordings as they are or drawn again.

A bootstrap draw is a count per recording: how often it was drawn. Counts
enter the ranking as multiplicities, so a tag is sorted once, not per draw,
and only the cumulative counts at its positives are ever needed.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.floating[Any]]

# What sums of shares may lie beyond 0 to 1.
_ROUNDING = 1e-9
_BLOCK_CELLS = 2_000_000


@dataclasses.dataclass(frozen=True)
class TagFigures:
    """Figures per draw and tag, each float64 `[draws, tags]`.

    nan where a figure has no meaning: no positive was drawn or, for
    `roc_auc`, no negative.
    """

    average_precision: _Floats
    roc_auc: _Floats
    precision_at: _Floats
    r_precision: _Floats


_Places = npt.NDArray[np.integer[Any]]
# How often each recording was drawn, or sums of that: whole numbers, of any
# type.
_Counts = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class _Ranking:
    """One tag's recordings from the highest score down, ties by index."""

    order: _Places  # [recordings], row numbers
    positives: _Places  # [positives], places of the positives
    edges: _Places  # places where a cumulative count is read
    before: _Places  # [positives], into the counts at `edges`
    tie_start: _Places  # the same, for the first place of the tie
    tie_end: _Places  # the same, for the place behind the tie
    first_of_tie: _Places  # [positives], first positive in the same tie
    behind_tie: _Places  # [positives], first positive behind the tie


def _rank(truth: npt.NDArray[Any], scores: _Floats) -> _Ranking:
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    positives = np.flatnonzero(truth[order])
    ties = np.flatnonzero(np.diff(ordered)) + 1
    bounds = np.concatenate(([0], ties, [len(ordered)]))
    tie = np.searchsorted(bounds, positives, side="right") - 1
    start, end = bounds[tie], bounds[tie + 1]
    edges = np.unique(np.concatenate(([0], positives, start, end)))
    return _Ranking(
        order=order,
        positives=positives,
        edges=edges,
        before=np.searchsorted(edges, positives),
        tie_start=np.searchsorted(edges, start),
        tie_end=np.searchsorted(edges, end),
        first_of_tie=np.searchsorted(positives, start),
        behind_tie=np.searchsorted(positives, end),
    )


def _running(counts: _Counts) -> Any:
    """Cumulative sum over axis 0 that starts with a row of zeros."""
    total = np.zeros((len(counts) + 1, counts.shape[1]), np.float64)
    np.cumsum(counts, axis=0, out=total[1:])
    return total


def _figures(
    ranking: _Ranking, counts: _Counts, k: int
) -> tuple[Any, Any, Any, Any]:
    """AP, ROC-AUC, P@k and R-precision of one tag, each `[draws]`."""
    recordings = len(counts)
    counts = counts[ranking.order]
    # Only sums between edges are read; the last edge may be the very end.
    inner = ranking.edges[ranking.edges < recordings]
    drawn_at = _running(np.add.reduceat(counts, inner, axis=0))
    drawn = drawn_at[-1]

    weight = counts[ranking.positives].astype(np.float64)
    hits_at = _running(weight)
    hits = hits_at[-1]
    misses = drawn - hits
    tie_hits_before = hits_at[ranking.first_of_tie]
    tie_hits = hits_at[ranking.behind_tie]
    tie_drawn_before = drawn_at[ranking.tie_start]
    tie_drawn = drawn_at[ranking.tie_end]

    average_precision = np.sum(
        weight * tie_hits / np.maximum(tie_drawn, 1.0), axis=0
    )
    # A positive beats the negatives behind its tie, half of those within.
    ahead = (tie_drawn_before - tie_hits_before + tie_drawn - tie_hits) / 2.0
    pairs = np.sum(weight * (misses - ahead), axis=0)
    room = drawn_at[ranking.before]
    top = np.sum(np.clip(k - room, 0.0, weight), axis=0)
    top_r = np.sum(np.clip(hits - room, 0.0, weight), axis=0)

    def share(of: Any, whole: Any) -> _Floats:
        return np.where(
            (hits > 0) & (whole > 0), of / np.maximum(whole, 1.0), np.nan
        )

    return (
        share(average_precision, hits),
        share(pairs, hits * misses),
        share(top, np.minimum(k, drawn)),
        share(top_r, hits),
    )


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


def tag_figures(
    truth: npt.NDArray[Any],
    scores: _Floats,
    counts: _Counts | Iterable[_Counts],
    k: int = 10,
) -> TagFigures:
    """Ranks the recordings of every tag, each counted as often as drawn.

    Args:
        truth: bool `[recordings, tags]`.
        scores: `[recordings, tags]`, finite, higher is more likely.
        counts: integer `[recordings, draws]`, or an iterable of such blocks.
        k: length of the list for `precision_at`; a shorter ranking is used
            whole. Ties go by index, draws of one recording side by side.

    Returns:
        The figures of every draw.
    """
    rankings = [
        _rank(truth[:, tag], scores[:, tag]) for tag in range(truth.shape[1])
    ]
    blocks = [counts] if isinstance(counts, np.ndarray) else counts
    figures = [
        [_figures(ranking, block, k) for ranking in rankings]
        for block in blocks
    ]
    # [tags, 4, draws] per block -> [4, draws, tags]
    joined = np.concatenate([np.array(block) for block in figures], axis=2)
    return TagFigures(*joined.transpose(1, 2, 0))


def mean_known(values: Any) -> _Floats:
    """Mean over axis 1 of what is not nan; nan where all of it is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def recording_means(values: Any, blocks: Iterable[_Counts]) -> _Floats:
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
