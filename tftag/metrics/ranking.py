"""How well scores rank: exact figures over pooled scores, and their chance.

All take `truth [recordings, tags]` of 0 and 1 and `scores [recordings, tags]`
(probabilities or logits). Figures are per tag, over the recordings, unless
the name begins with `recording`. A tag without a positive has no figure: it
is nan per tag, left out of every mean, and counted.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.metrics import bootstrap, weighted_ranking

_Floats = npt.NDArray[np.floating[Any]]

TOP = 10


def average_precision(truth: npt.NDArray[Any], scores: _Floats) -> _Floats:
    """Area under the precision-recall steps, as scikit-learn has it.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`; equal scores make one step.

    Returns:
        float64 `[tags]`, nan where a tag has no positive.

    Raises:
        ValueError: Shapes do not fit, `truth` is not 0 and 1, or a score is
            no number.

    Example:
        >>> truth = [[1], [0], [1]]
        >>> scores = [[0.9], [0.8], [0.1]]
        >>> average_precision(truth, scores).round(3).tolist()  # of 1, 2 / 3
        [0.833]
    """
    return tag_figures(truth, scores).average_precision[0]


def roc_auc(truth: npt.NDArray[Any], scores: _Floats) -> _Floats:
    """Share of (positive, negative) pairs in the right order, ties half.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`.

    Returns:
        float64 `[tags]`, nan where a tag has no positive or no negative.

    Raises:
        ValueError: Shapes do not fit, `truth` is not 0 and 1, or a score is
            no number.

    Example:
        >>> truth = [[1], [0], [1]]
        >>> scores = [[0.9], [0.8], [0.1]]
        >>> roc_auc(truth, scores).tolist()
        [0.5]
    """
    return tag_figures(truth, scores).roc_auc[0]


def precision_at(
    truth: npt.NDArray[Any], scores: _Floats, k: int = TOP
) -> _Floats:
    """Share of positives among the k best recordings of each tag.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`; equal scores go by index.
        k: length of the list; all recordings where there are fewer.

    Returns:
        float64 `[tags]`, nan where a tag has no positive.

    Raises:
        ValueError: Shapes do not fit, `truth` is not 0 and 1, a score is no
            number, or `k` is below 1.

    Example:
        >>> truth = [[1], [0], [1]]
        >>> scores = [[0.9], [0.8], [0.1]]
        >>> precision_at(truth, scores, k=2).tolist()
        [0.5]
    """
    return tag_figures(truth, scores, k).precision_at[0]


def recording_precision_at(
    truth: npt.NDArray[Any], scores: _Floats, k: int = TOP
) -> _Floats:
    """Share of true tags among the k best tags of each recording.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`; equal scores go by index.
        k: length of the list; all tags where there are fewer.

    Returns:
        float64 `[recordings]`, nan where a recording has no tag.

    Raises:
        ValueError: Shapes do not fit, `truth` is not 0 and 1, a score is no
            number, or `k` is below 1.

    Example:
        >>> truth = [[1, 0, 1], [0, 0, 0]]
        >>> scores = [[0.9, 0.8, 0.1], [0.9, 0.8, 0.1]]
        >>> recording_precision_at(truth, scores, k=2).tolist()
        [0.5, nan]
    """
    truth, scores = checked(truth, scores)
    best = np.argsort(-scores, axis=1, kind="stable")[:, : _checked_k(k)]
    share = np.take_along_axis(truth, best, axis=1).mean(axis=1)
    return np.where(truth.any(axis=1), share, np.nan)


def r_precision(truth: npt.NDArray[Any], scores: _Floats) -> _Floats:
    """Precision among the R best recordings of a tag with R positives.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`; equal scores go by index.

    Returns:
        float64 `[tags]`, nan where a tag has no positive.

    Raises:
        ValueError: Shapes do not fit, `truth` is not 0 and 1, or a score is
            no number.

    Example:
        >>> truth = [[1], [0], [1]]
        >>> scores = [[0.9], [0.8], [0.1]]
        >>> r_precision(truth, scores).tolist()
        [0.5]
    """
    return tag_figures(truth, scores).r_precision[0]


def summarize(
    truth: npt.NDArray[Any],
    scores: _Floats,
    *,
    draws: int = 1_000,
    seed: int = 0,
) -> dict[str, Any]:
    """The figures of a run, with chance level and bootstrap interval.

    Recordings are drawn with replacement; a tag that loses all its positives
    is left out of that draw's mean. See `bootstrap.interval`.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`.
        draws: bootstrap draws; with 0 every "ci95" is None.
        seed: of the draws.

    Returns:
        "map", "roc_auc", "p_at_10" (tag -> recordings), "r_precision": means
        over the tags, and "recording_p_at_10" (recording -> tags): mean over
        the recordings. Each is {"value", "ci95": [low, high], "chance",
        "tags_counted"}; both P@10 have "ceiling", what the best ranking
        reaches. Chance is the mean share of positives (what equal scores
        give), 0.5 for ROC-AUC. Beside them "tags_counted", "tags_left_out"
        (indices), "recordings" and "draws".

    Raises:
        ValueError: Shapes do not fit, values are not what they must be, or no
            tag has a positive.

    Example:
        >>> found = summarize([[1], [0], [1]], [[0.9], [0.8], [0.1]], draws=9)
        >>> round(found["map"]["value"], 3), round(found["map"]["chance"], 3)
        (0.833, 0.667)
        >>> found["tags_counted"], found["recordings"]
        (1, 3)
    """
    truth, scores = checked(truth, scores)
    if draws < 0:
        raise ValueError(f"`draws` must be >= 0. Received: {draws}.")
    recordings, tags = truth.shape
    positives = truth.sum(axis=0)
    counted = positives > 0
    _check_any_positive(truth)
    drawn = _drawn(truth, scores, draws, seed) if draws else {}
    summary = {
        name: {
            "value": float(mean),
            "ci95": bootstrap.interval(mean, drawn[name]) if draws else None,
            "chance": float(positives[counted].mean() / recordings),
            "tags_counted": int(counted.sum()),
        }
        for name, (mean,) in _once(truth, scores).items()
    }
    summary["roc_auc"] |= {
        "chance": 0.5,
        "tags_counted": int((counted & (positives < recordings)).sum()),
    }
    summary["p_at_10"]["ceiling"] = _ceiling(positives[counted], recordings)
    found = truth.sum(axis=1)[truth.any(axis=1)]
    summary["recording_p_at_10"] |= {
        "chance": float(found.mean() / tags),
        "ceiling": _ceiling(found, tags),
        "recordings_counted": len(found),
    }
    return summary | {
        "tags_counted": int(counted.sum()),
        "tags_left_out": np.flatnonzero(~counted).tolist(),
        "recordings": recordings,
        "draws": draws,
    }


def differences(
    truth: npt.NDArray[Any],
    scores: _Floats,
    others: _Floats,
    *,
    draws: int = 1_000,
    seed: int = 0,
) -> dict[str, Any]:
    """By how much one model is better than another on the same recordings.

    Both are judged on the same draws, so that what makes a draw hard or easy
    for both falls out of the difference.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`, of the one.
        others: `[recordings, tags]`, of the other.
        draws: bootstrap draws, at least 1.
        seed: of the draws.

    Returns:
        The figures of `summarize`, each {"value": difference, "ci95": [low,
        high]}.

    Raises:
        ValueError: As `summarize`, or `draws` is below 1.

    Example:
        >>> truth, scores = [[1], [0], [1]], [[0.9], [0.8], [0.1]]
        >>> better = [[0.9], [0.1], [0.8]]
        >>> found = differences(truth, better, scores, draws=9)["map"]
        >>> round(found["value"], 3), len(found["ci95"])
        (0.167, 2)
    """
    return mean_differences(truth, [scores], [others], draws=draws, seed=seed)


def mean_differences(
    truth: npt.NDArray[Any],
    scores: Sequence[_Floats],
    others: Sequence[_Floats],
    *,
    draws: int = 1_000,
    seed: int = 0,
) -> dict[str, Any]:
    """By how much one kind of model is better, over several trainings.

    The interval is over recordings; the trainings are averaged.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: of each training of the one, `[recordings, tags]`.
        others: of each training of the other, as many.
        draws: bootstrap draws, at least 1.
        seed: of the draws.

    Returns:
        As `differences`.

    Raises:
        ValueError: As `differences`, or there is no training, or not as many
            of the one as of the other.
    """
    if draws < 1:
        raise ValueError(f"`draws` must be >= 1. Received: {draws}.")
    if not len(scores) == len(others) >= 1:
        raise ValueError(
            "`scores` and `others` must hold as many trainings, one or more. "
            f"Received: {len(scores)} and {len(others)}."
        )
    pairs = [
        [checked(truth, each) for each in pair]
        for pair in zip(scores, others, strict=True)
    ]
    _check_any_positive(pairs[0][0][0])
    values = [[_once(*one), _once(*other)] for one, other in pairs]
    drawn = [[_drawn(*each, draws, seed) for each in pair] for pair in pairs]
    found = {}
    for name in values[0][0]:
        difference = np.mean([a[name][0] - b[name][0] for a, b in values])
        found[name] = {
            "value": float(difference),
            "ci95": bootstrap.difference_interval(
                float(difference),
                np.mean([a[name] - b[name] for a, b in drawn], axis=0),
            ),
        }
    return found


def checked(truth: npt.NDArray[Any], scores: _Floats) -> tuple[Any, Any]:
    """Truth as bool and scores as float64, `[recordings, tags]` each.

    Raises:
        ValueError: Shapes do not fit, `truth` is not 0 and 1, or a score is
            no number.
    """
    truth, scores = np.asarray(truth), np.asarray(scores, np.float64)
    if truth.ndim != 2 or truth.shape != scores.shape or not truth.size:
        raise ValueError(
            "`truth` and `scores` must both be [recordings, tags] and not "
            f"empty. Received: shapes {truth.shape} and {scores.shape}."
        )
    if not np.isin(truth, (0, 1)).all():
        raise ValueError(
            "`truth` must hold 0 and 1 only (not mixed labels). "
            f"Received: values from {truth.min()} to {truth.max()}."
        )
    if not np.isfinite(scores).all():
        raise ValueError(
            "`scores` must be finite: a model that diverged cannot be "
            f"ranked. Received: {(~np.isfinite(scores)).sum()} that are not."
        )
    return truth.astype(bool), scores


def _check_any_positive(truth: npt.NDArray[np.bool_]) -> None:
    if not truth.any():
        recordings, tags = truth.shape
        raise ValueError(
            "No tag has a positive recording, so there is nothing to rank. "
            f"Received: `truth` {recordings} x {tags} without a 1."
        )


def _checked_k(k: int) -> int:
    if k < 1:
        raise ValueError(f"`k` must be at least 1. Received: {k}.")
    return k


def tag_figures(
    truth: npt.NDArray[Any], scores: _Floats, k: int = TOP
) -> weighted_ranking.TagFigures:
    """All figures of every tag at once, `[1, tags]` each."""
    truth, scores = checked(truth, scores)
    once = np.ones((len(truth), 1), np.int32)
    return weighted_ranking.figures(truth, scores, once, _checked_k(k))


def _once(truth: npt.NDArray[Any], scores: _Floats) -> dict[str, Any]:
    """Mean of each figure on the recordings as they are, `[1]`."""
    hit_share = recording_precision_at(truth, scores)
    return _means(
        tag_figures(truth, scores), weighted_ranking.mean_known(hit_share[None])
    )


def _drawn(
    truth: npt.NDArray[Any], scores: _Floats, draws: int, seed: int
) -> dict[str, Any]:
    """Mean of each figure per draw, float64 `[draws]`."""
    hit_share = recording_precision_at(truth, scores)
    # Drawn twice from one seed rather than all held at once.
    blocks, again = (
        bootstrap.counts_per_draw(len(truth), draws, seed) for _ in range(2)
    )
    return _means(
        weighted_ranking.figures(truth, scores, blocks, TOP),
        bootstrap.recording_means(hit_share, again),
    )


def _means(
    figures: weighted_ranking.TagFigures, hit_share: _Floats
) -> dict[str, Any]:
    """Mean of each figure per draw, float64 `[draws]`."""
    return {
        "map": weighted_ranking.mean_known(figures.average_precision),
        "roc_auc": weighted_ranking.mean_known(figures.roc_auc),
        "p_at_10": weighted_ranking.mean_known(figures.precision_at),
        "recording_p_at_10": hit_share,
        "r_precision": weighted_ranking.mean_known(figures.r_precision),
    }


def _ceiling(positives: _Floats, listed: int) -> float:
    """Mean of the best P@10 there can be, with `listed` things to rank."""
    k = min(TOP, listed)
    return float(np.minimum(positives, k).mean() / k)
