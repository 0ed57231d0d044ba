"""Hubs: recordings that are found for everything, and those found for nothing.

In many dimensions a few points are near to most others (Radovanovic et al.,
Hubs in space, 2010). In a search these are the tracks in every playlist.
Queries and items are tags and recordings, or, transposed, the other way.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats


def k_occurrence(
    scores: npt.NDArray[np.floating[Any]], k: int = 10
) -> npt.NDArray[np.intp]:
    """In how many queries' `k` best each item is.

    Args:
        scores: `[queries, items]`; equal scores go by index.
        k: length of a list; all items where there are fewer.

    Returns:
        int64 `[items]`.

    Raises:
        ValueError: the shape does not fit, scores are not finite, or `k` is
            below 1.
    """
    scores = _checked(scores, "scores")
    if k < 1:
        raise ValueError(f"`k` must be at least 1. Received: {k}.")
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.bincount(best.ravel(), minlength=scores.shape[1])


def hubness(
    scores: npt.NDArray[np.floating[Any]], k: int = 10
) -> dict[str, Any]:
    """How unevenly the items are found.

    Args:
        scores: `[queries, items]`; equal scores go by index.
        k: length of a list.

    Returns:
        "skewness" of `k_occurrence`: 0 where all are found as often, the
        higher the more hubs there are; "largest", the share of the lists that
        the commonest item is in; "never_found", the share of items that are
        in no list, and "never_found_by_chance", what random lists leave; "k".

    Raises:
        ValueError: as `k_occurrence`.
    """
    found = k_occurrence(scores, k)
    queries, items = np.shape(scores)
    return {
        "skewness": float(stats.skew(found)) if np.ptp(found) else 0.0,
        "largest": float(found.max() / queries),
        "never_found": float((found == 0).mean()),
        "never_found_by_chance": float((1 - min(k / items, 1)) ** queries),
        "k": k,
    }


def corrected(
    scores: npt.NDArray[np.floating[Any]],
    background: npt.NDArray[np.floating[Any]],
    nearest: int = 10,
) -> npt.NDArray[np.floating[Any]]:
    """Cosines less what query and item have with everybody: CSLS.

    Twice the cosine, less the mean of the item's `nearest` highest against a
    background of other queries, less that of the query's `nearest` highest
    (Conneau et al., Word translation without parallel data, 2018,
    https://arxiv.org/abs/1710.04087). The first brings down hubs; the second
    changes no ranking of one query, and makes queries comparable.

    Args:
        scores: cosines `[queries, items]`.
        background: cosines of the same items with queries that stand for what
            is asked, such as all seen tags, `[background queries, items]`; no
            labels are needed. `scores` itself where it has enough queries.
        nearest: how many to average; all where there are fewer.

    Returns:
        float64 `[queries, items]`.

    Raises:
        ValueError: shapes do not fit, values are not finite, or `nearest` is
            below 1.
    """
    scores = _checked(scores, "scores")
    background = _checked(background, "background")
    if background.shape[1] != scores.shape[1]:
        raise ValueError(
            "`background` must be of the same items as `scores`, "
            f"{scores.shape[1]}. Received: {background.shape[1]}."
        )
    if nearest < 1:
        raise ValueError(f"`nearest` must be at least 1. Received: {nearest}.")
    of_items = np.sort(background, axis=0)[-nearest:].mean(axis=0)
    of_queries = np.sort(scores, axis=1)[:, -nearest:].mean(axis=1)
    return 2 * scores - of_items - of_queries[:, None]


def _checked(scores: npt.NDArray[np.floating[Any]], name: str) -> Any:
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 2 or not scores.size or not np.isfinite(scores).all():
        raise ValueError(
            f"`{name}` must be [queries, items], finite and not empty. "
            f"Received: shape {scores.shape}, "
            f"{(~np.isfinite(scores)).sum()} not finite."
        )
    return scores
