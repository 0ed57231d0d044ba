"""How a tag that a few recordings taught ranks the recordings of others."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tftag.export import few_examples

_Rows = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """What a tag is learned from; the first ones, where few are asked for.

    Attributes:
        tag: its column.
        like: rows of recordings that have it, in the order of the draw.
        unlike: as many that do not.
    """

    tag: int
    like: _Rows
    unlike: _Rows


def draw(
    labels: np.ndarray, held: _Rows, least: int, most: int, seed: int
) -> list[Examples]:
    """Draws examples of every tag that can be taught and asked.

    Args:
        labels: 0 or 1, `[recordings, tags]`.
        held: rows of the recordings that are asked; no example is one.
        least: recordings, of all, that a tag must have.
        most: examples of each side.
        seed: of the draw.

    Returns:
        Those of the tags that `least` recordings carry, `most` of them
        outside `held` and one at least within, as many being without it.
    """
    outside = np.delete(np.arange(len(labels)), held)
    generator = np.random.default_rng(seed)
    found = []
    for tag, column in enumerate(labels.astype(bool).T):
        # Drawn for every tag, so that others do not change with `least`.
        order = generator.permutation(outside)
        like, unlike = order[column[order]], order[~column[order]]
        asked = column[held]
        if (
            column.sum() >= least
            and min(len(like), len(unlike)) >= most
            and asked.any()
            and not asked.all()
        ):
            found.append(Examples(tag, like[:most], unlike[:most]))
    return found


def scores(
    vectors: Sequence[np.ndarray],
    examples: Sequence[Examples],
    count: int,
    held: _Rows,
    background: few_examples.Background | None,
) -> np.ndarray:
    """Learns every tag as `tftag learn` does, and scores as `tftag tag`.

    Args:
        vectors: of each recording, `[clips, dim]`.
        examples: of each tag.
        count: how many of each side are shown.
        held: rows of the recordings to score.
        background: what the tags are learned against; None is recordings
            that are unlike, as many as are like.

    Returns:
        Means over the clips of their probabilities, float64 `[held, tags]`.
    """
    clips = np.concatenate([vectors[row] for row in held])
    starts = np.cumsum([0, *(len(vectors[row]) for row in held[:-1])])
    counts = np.diff([*starts, len(clips)])
    columns = []
    for each in examples:
        like, unlike = (
            [vectors[row] for row in rows[:count]]
            for rows in (each.like, each.unlike)
        )
        line = few_examples.learn(
            like, unlike if background is None else [], background
        )
        probabilities = 1 / (1 + np.exp(-line.logits(clips)))
        columns.append(np.add.reduceat(probabilities, starts) / counts)
    return np.stack(columns, axis=1)
