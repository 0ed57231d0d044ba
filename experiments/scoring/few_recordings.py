"""How well tags learned from a few recordings rank other recordings."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tftag.export import few_examples

_Rows = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Recordings to learn a tag from; smaller sizes use the first ones.

    Attributes:
        tag: its column.
        like: rows of recordings that have it, in the order of the draw.
        unlike: rows of as many that do not.
    """

    tag: int
    like: _Rows
    unlike: _Rows


@dataclasses.dataclass(frozen=True, eq=False)
class Way:
    """One way to learn tags.

    Attributes:
        vectors: `[clips, dim]` of each recording.
        background: what to learn the tags against.
        expected: `[dim, tags]`, what the names say of all tags.
        is_with_unlike: whether as many recordings without the tag are given.
    """

    vectors: Sequence[np.ndarray]
    background: few_examples.Background
    expected: np.ndarray
    is_with_unlike: bool


def draw(
    labels: np.ndarray, held: _Rows, least: int, most: int, seed: int
) -> list[Examples]:
    """Draws examples of every tag that can be learned and scored.

    Args:
        labels: 0 or 1, `[recordings, tags]`.
        held: rows of the recordings to score, none of which is an example.
        least: number of recordings that must have a tag.
        most: number of examples of each side.
        seed: of the draw.

    Returns:
        Examples of each tag that `least` recordings have, that `most` outside
        `held` have and as many lack, and that some but not all of `held` have.
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
    way: Way, examples: Sequence[Examples], count: int, held: _Rows
) -> np.ndarray:
    """Learns every tag like `tftag learn`, and scores like `tftag tag`.

    Args:
        way: to learn.
        examples: of each tag.
        count: number of examples of each side to learn from.
        held: rows of the recordings to score.

    Returns:
        Mean probabilities of the clips, float64 `[held, tags]`.
    """
    vectors = way.vectors
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
            like,
            unlike if way.is_with_unlike else [],
            way.background,
            way.expected[:, each.tag],
        )
        probabilities = 1 / (1 + np.exp(-line.logits(clips)))
        columns.append(np.add.reduceat(probabilities, starts) / counts)
    return np.stack(columns, axis=1)
