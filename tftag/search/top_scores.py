"""The best of many scores, and how far they stand out from the rest."""

from typing import Any

import numpy as np
import numpy.typing as npt


def best_rows(
    scores: npt.NDArray[np.floating[Any]], count: int
) -> npt.NDArray[np.intp]:
    """Rows of the highest scores, without sorting the others.

    Args:
        scores: `[rows]`, finite.
        count: how many, at least 1; all where there are fewer.

    Returns:
        int64 `[count]`, from the highest down, equal scores by row.
    """
    if count < len(scores):
        lowest = np.partition(scores, -count)[-count]
        # More than `count` where several share the last place.
        rows = np.flatnonzero(scores >= lowest)
    else:
        rows = np.arange(len(scores))
    return rows[np.argsort(-scores[rows], kind="stable")][:count]


def standardized(
    scores: npt.NDArray[np.floating[Any]],
) -> npt.NDArray[np.floating[Any]]:
    """Scores as standard deviations from their mean.

    Args:
        scores: `[rows]`, finite.

    Returns:
        float64 `[rows]`; 0 where all scores are equal but for rounding.
    """
    scores = np.asarray(scores, np.float64)
    if not scores.size:
        return scores
    apart = scores - scores.mean()
    spread = apart.std()
    # The last bits of a float32 are not to be blown up to whole deviations.
    if spread <= 1e-6 * np.abs(scores).max():
        return np.zeros_like(apart)
    return apart / spread
