"""Weights of the tags in the loss: by frequency, from a file, adaptive."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines import splits
from pipelines.sources.own_table import csv_text
from tftag import metrics, tags

LOWEST, HIGHEST = 0.5, 4.0
HELD_SHARE = 0.1
_STEP = 1.25


def by_frequency(labels: np.ndarray) -> np.ndarray:
    """One over the square root of a tag's count, bounded, mean 1.

    Args:
        labels: `[recordings, tags]`.

    Returns:
        float32 `[tags]`. The root, because weights that make all tags equal
        leave the rarest to a handful of recordings.
    """
    counts = np.maximum(labels.sum(0, dtype=np.float64), 1.0)
    return bounded(counts**-0.5)


def from_file(path: str, vocabulary: tags.TagVocabulary) -> np.ndarray:
    """Reads a CSV file with the columns `tag` and `weight`, for every tag once.

    Columns may be separated as in the tables of `pipelines.prepare`; other tags
    are passed over.

    Args:
        path: the file.
        vocabulary: the tags, in the order of the weights.

    Returns:
        float32 `[tags]`, as they stand in the file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a column, or the weight of a tag, is missing or no number
            of at least 0, or a tag has two.
    """
    file = pathlib.Path(path)
    if not file.is_file():
        raise FileNotFoundError(
            "`tag_weights` must be none, frequency, adaptive or a CSV file. "
            f"Received: {path!r}"
        )
    columns = ("tag", "weight")
    table = csv_text.read_table(file, csv_text.read_text(file), columns)
    if not table.rows or not set(columns) <= set(table.names):
        raise ValueError(
            "A file of tag weights must have the columns tag and weight. "
            f"Received: {table.header!r:.80} and {len(table.rows)} rows in "
            f"{path}"
        )
    weights = {}
    for line, cells in table.rows:
        row = dict(zip(table.names, map(str.strip, cells), strict=False))
        name, text = row.get("tag", ""), row.get("weight", "")
        try:
            weight = float(text)
        except ValueError:
            weight = -1.0
        if not 0 <= weight < np.inf:
            raise ValueError(
                "The weight of a tag must be a number of at least 0. "
                f"Received: {text!r} for {name!r} in {path}, line {line}"
            )
        tag = tags.clean_tag(name)
        if tag in weights:
            raise ValueError(
                "A tag must have one weight. "
                f"Received: {tag!r} again in {path}, line {line}"
            )
        weights[tag] = weight
    missing = [name for name in vocabulary.names if name not in weights]
    if missing:
        raise ValueError(
            f"Every tag must have a weight in {path}. "
            f"Received: none for {', '.join(missing[:5])}"
        )
    return np.array([weights[name] for name in vocabulary.names], np.float32)


def held_out(
    artists: Sequence[str],
    labels: np.ndarray,
    seed: int,
    audio_hashes: Sequence[str] | None = None,
) -> np.ndarray:
    """Chooses the training recordings that adaptive weights are judged on.

    Args:
        artists: of each training recording.
        labels: `[recordings, tags]`.
        seed: of the draw.
        audio_hashes: hash of the audio of each.

    Returns:
        bool `[recordings]`, true for about a tenth; no artist, and no audio,
        is on both sides.

    Raises:
        ValueError: there are too few artists to hold some out.
    """
    sides = splits.assign_splits(
        artists,
        labels,
        weights=(1 - HELD_SHARE, HELD_SHARE),
        seed=seed,
        audio_hashes=audio_hashes,
    )
    held = np.array([side == "validation" for side in sides])
    if held.all() or not held.any():
        raise ValueError(
            "`tag_weights` adaptive needs training recordings of several "
            "artists, a tenth of which is held out. "
            f"Received: {len(artists)} recordings, {held.sum()} to hold out"
        )
    return held


def over_chance(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Average precision of each tag, 0 at chance and 1 when perfect.

    Without subtracting chance, rare tags would always count as the worst.

    Args:
        truth: `[n, tags]`.
        scores: `[n, tags]`.

    Returns:
        float64 `[tags]`, NaN for a tag that all or no recordings have.
    """
    chance = truth.mean(axis=0, dtype=np.float64)
    found = metrics.average_precision(truth, scores)
    open_to = np.where(chance < 1.0, 1.0 - chance, np.nan)
    return (found - chance) / open_to


def adapted(weights: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Raises the weights of the tags predicted worst.

    Args:
        weights: float `[tags]`, the weights of the last epoch.
        scores: float `[tags]`, `over_chance` on the held-out recordings; NaN
            keeps the weight of a tag.

    Returns:
        float32 `[tags]`: multiplied by 1.25 for the worst tag, divided by 1.25
        for the best, in between by rank; within `LOWEST` and `HIGHEST`, with
        mean 1.
    """
    known = np.isfinite(scores)
    if known.sum() < 2:
        return bounded(weights)
    rank = np.argsort(np.argsort(scores[known], kind="stable"))
    position = 1.0 - 2.0 * rank / (known.sum() - 1)
    factors = np.ones(len(weights))
    factors[known] = _STEP**position
    return bounded(weights * factors)


def adapt(
    loss: Any,
    truth: np.ndarray,
    scores: np.ndarray,
    names: Sequence[str],
) -> dict[str, float]:
    """Raises the weights of a loss where held-out tags are predicted worst.

    Args:
        loss: one with `weights` and `assign_weights`.
        truth: `[n, tags]`, of the recordings that are held out.
        scores: `[n, tags]`.
        names: of the tags.

    Returns:
        `tag_weight NAME` -> its new weight, for the history.
    """
    weights = adapted(loss.weights.numpy(), over_chance(truth, scores))
    loss.assign_weights(weights)
    return {
        f"tag_weight {name}": float(weight)
        for name, weight in zip(names, weights, strict=True)
    }


def bounded(weights: np.ndarray) -> np.ndarray:
    """Scales to mean 1 within `[LOWEST, HIGHEST]`.

    Scaling and clipping undo each other in part; the scale at which the
    clipped mean is 1 is found by bisection, since that mean only rises.
    """
    weights = np.asarray(weights, np.float64)
    low, high = LOWEST / weights.max(), HIGHEST / weights.min()
    for _ in range(100):
        middle = 0.5 * (low + high)
        if np.clip(weights * middle, LOWEST, HIGHEST).mean() < 1.0:
            low = middle
        else:
            high = middle
    return np.clip(weights * high, LOWEST, HIGHEST).astype(np.float32)
