"""The figures of every tag as a table, with those at a threshold."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.metrics import ranking

_Floats = npt.NDArray[np.floating[Any]]


def per_tag_table(
    truth: npt.NDArray[Any],
    scores: _Floats,
    names: Sequence[str],
    thresholds: Any = None,
    *,
    decisions: npt.NDArray[Any] | None = None,
) -> list[dict[str, Any]]:
    """One row per tag, in the order of the tags.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`.
        names: `[tags]`.
        thresholds: `[tags]`, on `scores`: a tag is given where its score is
            at least its threshold.
        decisions: bool `[recordings, tags]`, judged in place of
            `scores >= thresholds`, for decisions that were cross-fitted.

    Returns:
        Rows with "tag", "count" (positives), "ap", "chance_ap", "roc_auc",
        "p_at_10", "threshold", "precision", "recall", "accuracy"; None where
        a figure has no meaning.

    Raises:
        ValueError: Shapes do not fit, or a score is no number.

    Example:
        >>> truth, scores = [[1], [0], [1]], [[0.9], [0.8], [0.1]]
        >>> (row,) = per_tag_table(truth, scores, ["piano"], [0.5])
        >>> row["tag"], row["count"], row["precision"], row["recall"]
        ('piano', 2, 0.5, 0.5)
    """
    truth, scores = ranking.checked(truth, scores)
    recordings, tags = truth.shape
    if len(names) != tags:
        raise ValueError(
            f"`names` must hold a name for each of the {tags} tags. "
            f"Received: {len(names)} names."
        )
    if thresholds is not None:
        thresholds = np.asarray(thresholds, np.float64)
        if thresholds.shape != (tags,):
            raise ValueError(
                f"`thresholds` must be one per tag, ({tags},). "
                f"Received: shape {thresholds.shape}."
            )
        if decisions is None:
            decisions = scores >= thresholds
    count = truth.sum(axis=0)
    figures = ranking.tag_figures(truth, scores)
    columns = {
        "ap": figures.average_precision[0],
        "chance_ap": np.where(count > 0, count / recordings, np.nan),
        "roc_auc": figures.roc_auc[0],
        "p_at_10": figures.precision_at[0],
        "threshold": thresholds,
    } | _decided(truth, decisions)
    return [
        {"tag": str(name), "count": int(count[tag])}
        | {
            column: _finite_or_none(cells, tag)
            for column, cells in columns.items()
        }
        for tag, name in enumerate(names)
    ]


def _decided(
    truth: npt.NDArray[Any], decisions: npt.NDArray[Any] | None
) -> dict[str, Any]:
    if decisions is None:
        return dict.fromkeys(("precision", "recall", "accuracy"))
    decisions = np.asarray(decisions, bool)
    if decisions.shape != truth.shape:
        raise ValueError(
            f"`decisions` must be [recordings, tags] {truth.shape}. "
            f"Received: shape {decisions.shape}."
        )
    hits = (truth & decisions).sum(axis=0)
    given, count = decisions.sum(axis=0), truth.sum(axis=0)
    return {
        "precision": np.where(given, hits / np.maximum(given, 1), np.nan),
        "recall": np.where(count, hits / np.maximum(count, 1), np.nan),
        "accuracy": (truth == decisions).mean(axis=0),
    }


def _finite_or_none(column: _Floats, tag: int) -> float | None:
    if column is None or not np.isfinite(column[tag]):
        return None
    return float(column[tag])
