"""A tag as a line through a backbone's vectors, from a few recordings."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize

from tftag.models import named_outputs

# Recordings drawn around the mean of all, as unlike; 6 and 12 do as well.
_DRAWN_RECORDINGS = 10
_CLIPS_OF_EACH = 20
_RIDGE = 1.0
# Of an output and its name, and what is expected beside what they say.
_NAME_NOISE = 0.2
_NAME_TRUST = 2.0

Vectors = Sequence[npt.NDArray[Any]]


@dataclasses.dataclass(frozen=True, eq=False)
class Background:
    """What is known of recordings in general.

    Attributes:
        mean: `[dim]`, of a backbone's vectors.
        deviation: `[dim]`, the same; nowhere 0.
        drawn: Number of recordings to draw around the mean, which count as
            unlike.
    """

    mean: npt.NDArray[Any]
    deviation: npt.NDArray[Any]
    drawn: int = _DRAWN_RECORDINGS

    @classmethod
    def of(cls, recordings: Vectors) -> "Background":
        """That of `[clips, dim]` of a few recordings; none are drawn."""
        together = np.concatenate(recordings)
        spread = np.maximum(together.std(axis=0), 1e-6)
        return cls(together.mean(axis=0), spread, drawn=0)

    @classmethod
    def of_norms(
        cls, norms: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]]
    ) -> "Background":
        """What batch norms keep of a backbone's own training.

        They bring its vectors to their offset, and their scale around it.

        Args:
            norms: Offset and scale of each, for its part of the vectors.
        """
        offset, scale = map(np.concatenate, zip(*norms, strict=True))
        return cls(offset, np.maximum(np.abs(scale), 1e-6))


@dataclasses.dataclass(frozen=True, eq=False)
class Line:
    """Logits of a tag: `vectors @ kernel + bias`.

    Attributes:
        kernel: float64 `[dim]`.
        bias: Logit of the vector 0.
    """

    kernel: npt.NDArray[np.float64]
    bias: float

    def logits(self, vectors: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Returns the logit of every vector, `[clips]`."""
        return vectors @ self.kernel + self.bias


def expected_kernels(
    kernel: npt.NDArray[Any],
    names: npt.NDArray[Any],
    words: npt.NDArray[Any],
) -> npt.NDArray[Any]:
    """What the names of other tags say of new ones, before any recording.

    A new tag sounds like the tags that its words are near to (kernel ridge
    regression over the names, as in `named_outputs`).

    Args:
        kernel: `[dim, tags]`, how the logits of the other tags follow from a
            vector.
        names: Word vectors of their names `[tags, word_dim]`, of unit length;
            0 for what has no meaning.
        words: The same of the new tags `[new, word_dim]`.

    Returns:
        `[dim, new]`; 0 for a tag that no name is near to.
    """
    weights = named_outputs.weighting(names, _NAME_NOISE)
    near = named_outputs.nearness(names @ words.T)
    return _NAME_TRUST * kernel @ weights @ near


def learn(
    like: Vectors,
    unlike: Vectors,
    background: Background,
    expected: npt.NDArray[Any],
) -> Line:
    """Learns a tag.

    >>> import numpy as np
    >>> high, low = np.full((3, 2), 1.0), np.full((3, 2), -1.0)
    >>> background = Background.of([high, low])
    >>> line = learn([high, high], [low], background, np.zeros(2))
    >>> bool(line.logits(high)[0] > 0 > line.logits(low)[0])
    True

    Args:
        like: `[clips, dim]` of each recording that has the tag.
        unlike: The same of those that do not; some, if none are drawn.
        background: By which vectors are standardised.
        expected: Kernel `[dim]` of the tag before any recording is known, of
            `expected_kernels` or 0.

    Returns:
        The tag.
    """
    line = _fit(
        *_sides(like, unlike, background), expected * background.deviation
    )
    kernel = line.kernel / background.deviation
    return Line(kernel, float(line.bias - kernel @ background.mean))


def told_apart(
    like: Vectors,
    unlike: Vectors,
    background: Background,
    expected: npt.NDArray[Any],
) -> float:
    """Asks every recording of a tag that is learned from the others.

    Args:
        like: As for `learn`, two or more.
        unlike: As for `learn`; nobody is asked who leaves none to learn from.
        background: As for `learn`.
        expected: As for `learn`.

    Returns:
        Share of the recordings that fall on their own side.
    """
    like, others = _sides(like, unlike, background)
    kernel = expected * background.deviation

    def logit(
        one: npt.NDArray[Any], like: Vectors, others: Vectors
    ) -> np.floating[Any]:
        return _fit(like, others, kernel).logits(one).mean()

    right = [
        logit(one, [*like[:at], *like[at + 1 :]], others) > 0
        for at, one in enumerate(like)
    ]
    if len(others) > 1:
        right += [
            logit(one, like, [*others[:at], *others[at + 1 :]]) < 0
            for at, one in enumerate(others[: len(unlike)])
        ]
    return float(np.mean(right))


def _sides(
    like: Vectors, unlike: Vectors, background: Background
) -> tuple[Vectors, Vectors]:
    """Both sides standardised; the drawn recordings stand behind the unlike."""
    like, unlike = (
        [(one - background.mean) / background.deviation for one in side]
        for side in (like, unlike)
    )
    size = (background.drawn, _CLIPS_OF_EACH, len(background.mean))
    return like, [*unlike, *np.random.default_rng(0).normal(size=size)]


def _fit(like: Vectors, unlike: Vectors, expected: npt.NDArray[Any]) -> Line:
    """Logistic regression; both sides count the same, and so do recordings.

    Targets are as far from certainty as those that Platt (1999) has for the
    smaller side, on both sides: 0.5 is as near to the one as to the other.
    """
    sides = np.array([len(like), len(unlike)])
    doubt = 1 / (sides.min() + 2)
    rows = np.concatenate([*like, *unlike])
    clips = [len(one) for one in (*like, *unlike)]
    targets = np.repeat(np.repeat([1 - doubt, doubt], sides), clips)
    weights = np.repeat(np.repeat(0.5 / sides, sides) / clips, clips)

    def cost(
        unknowns: npt.NDArray[np.float64],
    ) -> tuple[np.float64, npt.NDArray[np.float64]]:
        kernel, bias = unknowns[:-1], unknowns[-1]
        logits = rows @ kernel + bias
        error = weights * (1 / (1 + np.exp(-logits)) - targets)
        loss = weights @ (np.logaddexp(0, logits) - targets * logits)
        moved = kernel - expected
        return (
            loss + _RIDGE / 2 * moved @ moved,
            np.append(error @ rows + _RIDGE * moved, error.sum()),
        )

    found = optimize.minimize(
        cost, np.append(expected, 0.0), jac=True, method="L-BFGS-B"
    ).x
    return Line(found[:-1], float(found[-1]))
