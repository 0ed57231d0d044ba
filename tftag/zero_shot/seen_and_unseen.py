"""Figures on seen tags, on unseen tags, and on both together.

Two directions, which ask two questions:

- "tag_to_recordings": a tag is asked for and ranks the recordings. Tags do
  not compete, so the figures on both together are means over more tags.
- "recording_to_tags": a recording ranks tags. "among_own" ranks the seen or
  the unseen tags alone; "among_all" is generalised zero-shot: all tags
  compete, and a model that favours what it was trained on loses its unseen
  tags here. There the figures on unseen tags take as right the unseen tags of
  a recording, as wrong every tag that it lacks, seen or not; its seen tags are
  left out of the list, being right answers too. Seen tags likewise.

The harmonic mean of seen and unseen is high only where both are (Xian et al.,
Zero-shot learning: the good, the bad and the ugly, 2017,
https://arxiv.org/abs/1703.04394).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag import metrics
from tftag.metrics import bootstrap, weighted_ranking
from tftag.zero_shot import tag_split

_Floats = npt.NDArray[np.floating[Any]]

# Names in the result, and in `weighted_ranking.TagFigures`.
_FIELDS = {
    "map": "average_precision",
    "roc_auc": "roc_auc",
    "p_at_10": "precision_at",
    "r_precision": "r_precision",
}
_SIDES = ("seen", "unseen")


def evaluate(
    truth: npt.NDArray[Any],
    scores: _Floats,
    names: Sequence[str],
    split: tag_split.TagSplit,
    *,
    draws: int = 1_000,
    seed: int = 0,
) -> dict[str, Any]:
    """The figures of one draw of unseen tags, on the test recordings.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`, higher is more likely; comparable
            between tags, or "recording_to_tags" says little.
        names: of the tags, `[tags]`: those of the split, in any order.
        split: which of them are seen.
        draws: bootstrap draws of the recordings; with 0 every "ci95" is None.
        seed: of the draws.

    Returns:
        "tag_to_recordings": {"seen", "unseen", "both", "harmonic_mean"};
        "recording_to_tags": {"among_own": {"seen", "unseen"}, "among_all":
        {"seen", "unseen", "both", "harmonic_mean"}}. Each holds figures
        "map", "roc_auc", "p_at_10", "r_precision": {"value", "ci95",
        "chance"}, P@10 its "ceiling", and "map" its
        "random_order": with few right ones in a list, that is well above
        "chance", and the level to be better than. The first are what
        `metrics.summarize` returns, with the tags that were counted and left
        out; the second are means over the "recordings_counted" that carry
        such a tag, with the mean share of right tags in the list as chance.
        Beside them "seen_tags" and "unseen_tags", how many.

    Raises:
        ValueError: shapes, names or values do not fit, or a side has no
            positive.
    """
    seen, unseen = split.places(names)
    truth = np.asarray(truth)
    scores = np.asarray(scores, np.float64)
    if truth.ndim != 2 or truth.shape != scores.shape:
        raise ValueError(
            "`truth` and `scores` must both be [recordings, tags]. "
            f"Received: shapes {truth.shape} and {scores.shape}."
        )
    if truth.shape[1] != len(names):
        raise ValueError(
            f"`names` must name each of the {truth.shape[1]} tags. "
            f"Received: {len(names)}."
        )
    sides = {
        "seen": seen,
        "unseen": unseen,
        "both": np.arange(len(names)),
    }
    for side, tags in sides.items():
        if not (truth[:, tags] == 1).any():
            raise ValueError(
                "Seen and unseen tags both need a positive in the test. "
                f"Received: none for the {len(tags)} {side} tags."
            )
    return {
        "tag_to_recordings": _per_tag(truth, scores, sides, draws, seed),
        "recording_to_tags": _per_recording(truth, scores, sides, draws, seed),
        "seen_tags": len(seen),
        "unseen_tags": len(unseen),
    }


def _per_tag(
    truth: npt.NDArray[Any],
    scores: _Floats,
    sides: Any,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    figures, drawn = {}, {}
    for side, tags in sides.items():
        part = truth[:, tags], scores[:, tags]
        figures[side] = metrics.summarize(*part, draws=draws, seed=seed)
        # It belongs into the other direction.
        del figures[side]["recording_p_at_10"]
        figures[side]["map"]["random_order"] = _mean(
            _random_order(part[0].sum(axis=0), np.full(len(tags), len(truth)))
        )
        if draws and side != "both":
            # The same draws for both sides, so that their means are pairs.
            counts = bootstrap.counts_per_draw(len(truth), draws, seed)
            again = weighted_ranking.figures(
                part[0].astype(bool), part[1], counts, metrics.TOP
            )
            drawn[side] = {
                name: weighted_ranking.mean_known(getattr(again, field))
                for name, field in _FIELDS.items()
            }
    figures["harmonic_mean"] = _harmonic(figures, drawn)
    return figures


def _per_recording(
    truth: npt.NDArray[Any],
    scores: _Floats,
    sides: Any,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    truth = truth.astype(bool)
    own, among_all, drawn = {}, {}, {}
    for side, tags in sides.items():
        if side != "both":
            part = truth[:, tags]
            values = _recording_values(part, scores[:, tags], part)
            own[side], _ = _recording_means(values, draws, seed)
        right = np.zeros_like(truth)
        right[:, tags] = truth[:, tags]
        values = _recording_values(truth, scores, right)
        among_all[side], drawn[side] = _recording_means(values, draws, seed)
    among_all["harmonic_mean"] = _harmonic(among_all, drawn if draws else {})
    return {"among_own": own, "among_all": among_all}


def _recording_values(
    truth: npt.NDArray[Any],
    scores: _Floats,
    right: Any,
) -> dict[str, Any]:
    """Figures of each recording for its tags in `right` among those it lacks.

    Args:
        truth: bool `[recordings, tags]`.
        scores: `[recordings, tags]`.
        right: bool `[recordings, tags]`, of `truth`; the rest of `truth` is
            left out of the list.

    Returns:
        float64 `[recordings]` by name: the figures, "chance", "random_order"
        of MAP and "ceiling" of P@10; nan for a recording without a right tag.
    """
    left_out = truth & ~right
    # Left out is: put to the end of the list, behind every score there is.
    places = np.unique(scores, return_inverse=True)[1].reshape(scores.shape)
    found = weighted_ranking.figures(
        right.T,
        np.where(left_out, -1, places).T,
        np.ones((truth.shape[1], 1), np.int32),
        metrics.TOP,
    )
    wrong, right_count = (~truth).sum(axis=1), right.sum(axis=1)
    listed = wrong + right_count
    k = np.minimum(metrics.TOP, np.maximum(listed, 1))
    # At the end they still count as places where the list has fewer than ten,
    # and as wrong tags that every right one precedes.
    hits = found.precision_at[0] * min(metrics.TOP, truth.shape[1])
    ended = left_out.sum(axis=1)
    pairs_in_order = found.roc_auc[0] * (wrong + ended) - ended

    def where(known: Any, values: Any) -> _Floats:
        return np.where(known, values, np.nan)

    return {
        "map": found.average_precision[0],
        "roc_auc": where(wrong > 0, pairs_in_order / np.maximum(wrong, 1)),
        "p_at_10": hits / k,
        "r_precision": found.r_precision[0],
        "chance": where(right_count, right_count / np.maximum(listed, 1)),
        "random_order": _random_order(right_count, listed),
        "ceiling": where(right_count, np.minimum(right_count, k) / k),
    }


def _recording_means(
    values: Any, draws: int, seed: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Means over the recordings as they are, and as drawn again."""
    recordings = len(values["chance"])
    figures, drawn = {}, {}
    for name in _FIELDS:
        value, ci95 = _mean(values[name]), None
        if draws:
            counts = bootstrap.counts_per_draw(recordings, draws, seed)
            drawn[name] = bootstrap.recording_means(values[name], counts)
            ci95 = bootstrap.interval(value, drawn[name])
        figures[name] = {
            "value": value,
            "ci95": ci95,
            "chance": 0.5 if name == "roc_auc" else _mean(values["chance"]),
            "recordings_counted": int(np.isfinite(values[name]).sum()),
        }
    figures["map"]["random_order"] = _mean(values["random_order"])
    figures["p_at_10"]["ceiling"] = _mean(values["ceiling"])
    return figures, drawn


def _random_order(right: Any, listed: _Floats) -> _Floats:
    """Average precision that lists in random order have on average.

    Place k holds a right one with probability right / listed, and then on
    average (k - 1) (right - 1) / (listed - 1) others stand before it.

    Args:
        right: how many are right, `[lists]`.
        listed: length of each list, `[lists]`.

    Returns:
        float64 `[lists]`, nan without a right one.
    """
    harmonic = np.cumsum(1 / np.arange(1, listed.max() + 1))
    harmonic = harmonic[np.maximum(listed, 1) - 1]
    others = (right - 1) / np.maximum(listed - 1, 1)
    mean = (harmonic + others * (listed - harmonic)) / np.maximum(listed, 1)
    return np.where(right > 0, mean, np.nan)


def _mean(values: Any) -> float:
    return float(weighted_ranking.mean_known(values[None])[0])


def _harmonic(figures: Any, drawn: dict[str, Any]) -> dict[str, Any]:
    """Harmonic means of seen and unseen, with the intervals of the pairs."""
    means = {}
    for name in _FIELDS:
        value, chance = (
            float(_harmonic_mean(*(figures[s][name][f] for s in _SIDES)))
            for f in ("value", "chance")
        )
        ci95 = None
        if drawn:
            pairs = _harmonic_mean(*(drawn[side][name] for side in _SIDES))
            ci95 = bootstrap.interval(value, pairs)
        means[name] = {"value": value, "ci95": ci95, "chance": chance}
    sides = (figures[side]["map"]["random_order"] for side in _SIDES)
    means["map"]["random_order"] = float(_harmonic_mean(*sides))
    return means


def _harmonic_mean(one: Any, other: Any) -> Any:
    total = np.add(one, other)
    return 2 * np.multiply(one, other) / np.where(total == 0, 1, total)
