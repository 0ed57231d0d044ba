"""A tag as a line through a backbone's vectors, from a few recordings."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize

# A typical recording, where none is given as unlike.
_BACKGROUND_CLIPS = 200
_RIDGE = 1.0

Vectors = Sequence[npt.NDArray[Any]]


@dataclasses.dataclass(frozen=True, eq=False)
class Background:
    """What is known of recordings in general.

    Attributes:
        mean: `[dim]`, of a backbone's vectors over its training.
        deviation: `[dim]`, the same.
    """

    mean: npt.NDArray[Any]
    deviation: npt.NDArray[Any]


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


def learn(
    like: Vectors, unlike: Vectors, background: Background | None
) -> Line:
    """Learns a tag.

    >>> import numpy as np
    >>> high, low = np.full((3, 2), 1.0), np.full((3, 2), -1.0)
    >>> line = learn([high, high], [low], None)
    >>> bool(line.logits(high)[0] > 0 > line.logits(low)[0])
    True

    Args:
        like: `[clips, dim]` of each recording that has the tag.
        unlike: The same of those that do not; without any, draws around the
            background take their place.
        background: By which vectors are standardised; None is by these
            recordings themselves.

    Returns:
        The tag.
    """
    standard = background or _of(like, unlike)
    return _in_units(standard, _fit(*_standardized(like, unlike, standard)))


def told_apart(
    like: Vectors, unlike: Vectors, background: Background | None
) -> float:
    """Asks every recording of a tag that is learned from the others.

    Args:
        like: As for `learn`, two or more.
        unlike: As for `learn`; a single one is not asked.
        background: As for `learn`.

    Returns:
        Share of the recordings that fall on their own side.
    """
    like, others = _standardized(like, unlike, background or _of(like, unlike))
    right = [
        _fit([*like[:at], *like[at + 1 :]], others).logits(one).mean() > 0
        for at, one in enumerate(like)
    ]
    if len(unlike) > 1:
        right += [
            _fit(like, [*others[:at], *others[at + 1 :]]).logits(one).mean() < 0
            for at, one in enumerate(others)
        ]
    return float(np.mean(right))


def _of(like: Vectors, unlike: Vectors) -> Background:
    together = np.concatenate([*like, *unlike])
    return Background(together.mean(axis=0), together.std(axis=0))


def _spread(background: Background) -> npt.NDArray[Any]:
    return np.maximum(background.deviation, 1e-6)


def _standardized(
    like: Vectors, unlike: Vectors, background: Background
) -> tuple[Vectors, Vectors]:
    """Both sides in units of the background's deviations."""
    like, unlike = (
        [(one - background.mean) / _spread(background) for one in side]
        for side in (like, unlike)
    )
    drawn = np.random.default_rng(0).normal(
        size=(_BACKGROUND_CLIPS, len(background.mean))
    )
    return like, unlike or [drawn]


def _in_units(background: Background, line: Line) -> Line:
    """A line of standardised vectors as one of the vectors themselves."""
    kernel = line.kernel / _spread(background)
    return Line(kernel, float(line.bias - kernel @ background.mean))


def _fit(like: Vectors, unlike: Vectors) -> Line:
    """Logistic regression; both sides count the same, and so do recordings.

    Targets are those of Platt (1999): the fewer the recordings, the farther
    from certainty.
    """
    rows = np.concatenate([*like, *unlike])
    side_targets, side_weights = [], []
    for side, truth in ((like, 1.0), (unlike, 0.0)):
        target = abs(truth - 1 / (len(side) + 2))
        for one in side:
            side_targets.append(np.full(len(one), target))
            side_weights.append(np.full(len(one), 0.5 / len(side) / len(one)))
    targets = np.concatenate(side_targets)
    weights = np.concatenate(side_weights)

    def cost(
        unknowns: npt.NDArray[np.float64],
    ) -> tuple[np.float64, npt.NDArray[np.float64]]:
        kernel, bias = unknowns[:-1], unknowns[-1]
        logits = rows @ kernel + bias
        error = weights * (1 / (1 + np.exp(-logits)) - targets)
        loss = weights @ (np.logaddexp(0, logits) - targets * logits)
        return (
            loss + _RIDGE / 2 * kernel @ kernel,
            np.append(error @ rows + _RIDGE * kernel, error.sum()),
        )

    found = optimize.minimize(
        cost, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B"
    ).x
    return Line(found[:-1], float(found[-1]))
