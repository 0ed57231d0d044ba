"""Figures of several draws of unseen tags as one: how much the draw matters.

Which tags are unseen changes figures more than which recordings are tested,
and the intervals of one draw know nothing of it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

# What a figure is to be read against.
_LEVELS = ("chance", "random_order", "ceiling")


def combine(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over draws, each with its spread.

    The interval is Student's, with draws - 1 degrees of freedom: of the mean
    over draws of tags from this vocabulary, on these recordings. Draws that
    share unseen tags are not independent, and the interval is then too
    narrow: keep the unseen tags few beside the vocabulary.

    Args:
        results: what `zero_shot.evaluate` returned for each draw; any nested
            dicts of one form, whose figures are dicts with "value".

    Returns:
        The same nesting; each figure is {"mean", "ci95_over_draws", "min",
        "max", "values": one per draw}, and the means of its "chance",
        "random_order" and "ceiling"; with one draw the interval is None.
        What is no figure is left out. At the top, "tag_draws".

    Raises:
        ValueError: no results, or of different forms.

    Example:
        >>> draws = [{"map": {"value": 0.1}}, {"map": {"value": 0.3}}]
        >>> found = combine(draws)
        >>> round(found["map"]["mean"], 3), found["tag_draws"]
        (0.2, 2)
    """
    if not results:
        raise ValueError("`results` needs the figures of at least one draw.")
    return _combined(list(results)) | {"tag_draws": len(results)}


def _combined(results: Any) -> dict[str, Any]:
    first = results[0]
    if any(set(result) != set(first) for result in results):
        raise ValueError(
            "`results` must be of one form: evaluate every draw alike. "
            f"Received: {[sorted(map(str, result)) for result in results]}."
        )
    if "value" in first:
        return _figure(results)
    return {
        key: _combined([result[key] for result in results])
        for key, part in first.items()
        if isinstance(part, dict)
    }


def _figure(results: Any) -> dict[str, Any]:
    values = np.array([result["value"] for result in results], np.float64)
    mean, ci95 = float(values.mean()), None
    if len(values) > 1:
        half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1)
        half /= np.sqrt(len(values))
        ci95 = [float(mean - half), float(mean + half)]
    return {
        "mean": mean,
        "ci95_over_draws": ci95,
        "min": float(values.min()),
        "max": float(values.max()),
        "values": values.tolist(),
    } | {
        level: float(np.mean([result[level] for result in results]))
        for level in _LEVELS
        if level in results[0]
    }
