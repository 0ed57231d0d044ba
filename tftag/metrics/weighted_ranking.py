"""Ranking figures of every tag, each recording counted as often as it is drawn.

Counts enter the ranking as multiplicities, so a tag is sorted once, not per
draw, and only the cumulative counts at its positives are ever needed.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.floating[Any]]


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
Counts = npt.NDArray[Any]


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


def _running(counts: Counts) -> Any:
    """Cumulative sum over axis 0 that starts with a row of zeros."""
    total = np.zeros((len(counts) + 1, counts.shape[1]), np.float64)
    np.cumsum(counts, axis=0, out=total[1:])
    return total


def _figures(
    ranking: _Ranking, counts: Counts, k: int
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


def figures(
    truth: npt.NDArray[Any],
    scores: _Floats,
    counts: Counts | Iterable[Counts],
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
    found = [
        [_figures(ranking, block, k) for ranking in rankings]
        for block in blocks
    ]
    # [tags, 4, draws] per block -> [4, draws, tags]
    joined = np.concatenate([np.array(block) for block in found], axis=2)
    return TagFigures(*joined.transpose(1, 2, 0))


def mean_known(values: Any) -> _Floats:
    """Mean over axis 1 of what is not nan; nan where all of it is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
