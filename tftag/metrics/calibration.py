"""Probabilities and thresholds per tag, fitted on validation recordings.

    calibrated = sigmoid(slope * logit(probability) + offset of the tag)

Platt's sigmoid with what few positives allow: one slope for all tags, and
offsets that a Gaussian prior holds together. Rising per tag, so that a tag
ranks its recordings as before; probabilities nearer to 0 or 1 than `NEAREST`
count as that near.

Platt, Probabilistic outputs for support vector machines, 1999.
"""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.floating[Any]]

# A float32 sigmoid gives 0 and 1. This step away from both is exact in
# float32, and small enough for one confident mistake not to set the slope.
NEAREST = 2.0**-23
# Widths of the priors, in logits; the shared offset is all but free.
_OFFSET_SPREAD, _SHARED_SPREAD, _SLOPE_SPREAD = 1.0, 10.0, 1.0
_MAX_STEPS, _ENOUGH = 100, 1e-9


@dataclasses.dataclass(frozen=True, eq=False)
class Calibration:
    """What turns a tagger's probabilities into decisions.

    Attributes:
        slope: shared by all tags, above 0.
        offsets: float64 `[tags]`, in logits.
        thresholds: float64 `[tags]`, on calibrated probabilities; a tag is
            given at its threshold and above.

    Raises:
        ValueError: A number is not finite, the slope not above 0, or the
            arrays are not of one length.

    Example:
        >>> doubtful = Calibration(0.5, [0.0, -1.0], [0.5, 0.4])
        >>> doubtful.apply([[0.9, 0.9]]).round(3).tolist()
        [[0.75, 0.525]]
        >>> doubtful.decide([[0.4, 0.9]]).tolist()
        [[False, True]]
    """

    slope: float
    offsets: _Floats
    thresholds: _Floats

    def __post_init__(self) -> None:
        """Refuses what would turn rankings around or does not fit."""
        if not (np.isfinite(self.slope) and self.slope > 0):
            raise ValueError(
                "`slope` must be above 0, or rankings turn around. "
                f"Received: {self.slope}."
            )
        offsets = np.asarray(self.offsets, np.float64)
        thresholds = np.asarray(self.thresholds, np.float64)
        if offsets.ndim != 1 or offsets.shape != thresholds.shape:
            raise ValueError(
                "`offsets` and `thresholds` must both be [tags]. "
                f"Received: shapes {offsets.shape} and {thresholds.shape}."
            )
        if not (np.isfinite(offsets).all() and np.isfinite(thresholds).all()):
            raise ValueError(
                "`offsets` and `thresholds` must be finite. Received: "
                f"{offsets.tolist()} and {thresholds.tolist()}."
            )
        object.__setattr__(self, "slope", float(self.slope))
        object.__setattr__(self, "offsets", offsets)
        object.__setattr__(self, "thresholds", thresholds)

    def apply(self, probabilities: _Floats) -> _Floats:
        """Calibrates probabilities `[..., tags]`, float64 of that shape.

        Raises:
            ValueError: Another number of tags, or no probabilities.
        """
        logits = _logit(_probabilities(probabilities, len(self.offsets)))
        return _sigmoid(self.slope * logits + self.offsets)

    def decide(self, probabilities: _Floats) -> npt.NDArray[np.bool_]:
        """Which tags are given, bool `[..., tags]`.

        Raises:
            ValueError: As `apply`.
        """
        return self.apply(probabilities) >= self.thresholds

    def to_dict(self) -> dict[str, Any]:
        """Numbers and lists for a JSON file; `from_dict` reads them back."""
        return {
            "slope": self.slope,
            "offsets": self.offsets.tolist(),
            "thresholds": self.thresholds.tolist(),
        }

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "Calibration":
        """The calibration that `to_dict` described."""
        return cls(fields["slope"], fields["offsets"], fields["thresholds"])


def identity(tag_count: int) -> Calibration:
    """Leaves probabilities as they are, threshold 0.5 for every tag."""
    return Calibration(1.0, np.zeros(tag_count), np.full(tag_count, 0.5))


def fit(
    truth: npt.NDArray[Any],
    probabilities: _Floats,
    *,
    min_positives: int = 5,
) -> Calibration:
    """Fits slope, offsets and thresholds.

    Minimises the cross-entropy plus Gaussian priors: offsets around a shared
    offset, the logarithm of the slope around 0, both one logit wide. The
    threshold of a tag is the one of highest F1 here.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        probabilities: `[recordings, tags]`, of recordings that the model was
            not trained on.
        min_positives: a tag with fewer takes the threshold of highest F1
            over all tags at once.

    Returns:
        The calibration.

    Raises:
        ValueError: Shapes or values do not fit, or no recording carries a tag.

    Example:
        >>> fitted = fit([[1], [1], [0], [0]], [[0.9], [0.7], [0.4], [0.2]])
        >>> fitted.decide([[0.8], [0.3]]).tolist()
        [[True], [False]]
    """
    truth, probabilities = _pair(truth, probabilities)
    slope, offsets = _fit_sigmoid(truth, _logit(probabilities))
    platt = Calibration(slope, offsets, np.zeros(len(offsets)))
    calibrated = platt.apply(probabilities)
    shared = _best_threshold(truth.ravel(), calibrated.ravel())
    thresholds = [
        _best_threshold(truth[:, tag], calibrated[:, tag])
        if truth[:, tag].sum() >= min_positives
        else shared
        for tag in range(truth.shape[1])
    ]
    return dataclasses.replace(platt, thresholds=np.array(thresholds))


def cross_fitted(
    truth: npt.NDArray[Any],
    probabilities: _Floats,
    folds: int = 5,
    seed: int = 0,
) -> tuple[_Floats, _Floats]:
    """Calibrates every recording by a fit to the others.

    For figures at a threshold where no second set is left to judge `fit` on.

    Args:
        truth: 0 or 1, `[recordings, tags]`; at least two recordings carry a
            tag.
        probabilities: `[recordings, tags]`.
        folds: parts that are held out in turn.
        seed: of the assignment to folds.

    Returns:
        Calibrated probabilities, float64, and decisions, bool, both
        `[recordings, tags]`. Rank by the probabilities that came in: those
        that go out are of one scale within a fold only.

    Raises:
        ValueError: Shapes do not fit, or there are fewer recordings than
            folds.

    Example:
        >>> truth = [[1], [1], [1], [0], [0], [0]]
        >>> says = [[0.9], [0.8], [0.85], [0.1], [0.2], [0.15]]
        >>> _, decisions = cross_fitted(truth, says, folds=3)
        >>> decisions.ravel().tolist()
        [True, True, True, False, False, False]
    """
    truth, probabilities = _pair(truth, probabilities)
    recordings = len(truth)
    if not 2 <= folds <= recordings:
        raise ValueError(
            f"`folds` must be from 2 to the {recordings} recordings. "
            f"Received: {folds}."
        )
    fold = np.random.default_rng(seed).permutation(recordings) % folds
    tagged = np.flatnonzero(truth.any(axis=1))
    if len(set(fold[tagged])) == 1:
        # All in one part would leave nothing to fit on.
        fold[tagged] = np.arange(len(tagged)) % folds
    calibrated = np.empty(truth.shape, np.float64)
    decisions = np.empty(truth.shape, bool)
    for held_out in range(folds):
        rows = fold == held_out
        fitted = fit(truth[~rows], probabilities[~rows])
        calibrated[rows] = fitted.apply(probabilities[rows])
        decisions[rows] = calibrated[rows] >= fitted.thresholds
    return calibrated, decisions


def calibration_error(
    truth: npt.NDArray[Any],
    probabilities: _Floats,
    bins: int = 15,
) -> float:
    """Expected calibration error over all recordings and tags.

    Mean distance between probability and share of positives in `bins` bins
    of equally many cells (Nixon et al., Measuring calibration in deep
    learning, 2019): with rare tags bins of equal width hold all in one. Cells
    of equal probability share their positives evenly, so that which of them
    comes first changes nothing.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        probabilities: `[recordings, tags]`.
        bins: how many.

    Returns:
        The error, 0 to 1.

    Raises:
        ValueError: Shapes or values do not fit, or `bins` is below 1.

    Example:
        >>> half = [[0.5], [0.5], [0.5], [0.5]]
        >>> calibration_error([[1], [1], [0], [0]], half, bins=2)
        0.0
        >>> calibration_error([[1], [1], [1], [0]], half, bins=2)
        0.25
    """
    truth, probabilities = _pair(truth, probabilities)
    if bins < 1:
        raise ValueError(f"`bins` must be at least 1. Received: {bins}.")
    levels, level, cells = np.unique(
        probabilities.ravel(), return_inverse=True, return_counts=True
    )
    share = np.bincount(level.ravel(), truth.ravel()) / cells
    residual = np.repeat(levels - share, cells)
    parts = np.array_split(residual, bins)
    return float(sum(abs(part.sum()) for part in parts) / residual.size)


def _probabilities(probabilities: _Floats, tags: int) -> _Floats:
    probabilities = np.asarray(probabilities, np.float64)
    if probabilities.ndim < 1 or probabilities.shape[-1] != tags:
        raise ValueError(
            f"`probabilities` must be [..., {tags}], one per tag. "
            f"Received: shape {probabilities.shape}."
        )
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError(
            "`probabilities` must lie from 0 to 1 (not logits). Received: "
            f"{probabilities.min()} to {probabilities.max()}."
        )
    return probabilities


def _pair(
    truth: npt.NDArray[Any],
    probabilities: _Floats,
) -> tuple[Any, Any]:
    truth = np.asarray(truth, np.float64)
    if truth.ndim != 2 or not truth.size or not np.isin(truth, (0, 1)).all():
        raise ValueError(
            "`truth` must be 0 and 1, [recordings, tags], not empty. "
            f"Received: shape {truth.shape}."
        )
    probabilities = _probabilities(probabilities, truth.shape[1])
    if probabilities.shape != truth.shape:
        raise ValueError(
            "`probabilities` must have the shape of `truth`, "
            f"{truth.shape}. Received: {probabilities.shape}."
        )
    if not truth.any():
        raise ValueError(
            "No recording carries a tag: nothing to fit. "
            f"Received: `truth` {truth.shape[0]} x {truth.shape[1]} of 0."
        )
    return truth, probabilities


def _logit(probabilities: _Floats) -> Any:
    clipped = np.clip(probabilities, NEAREST, 1.0 - NEAREST)
    return np.log(clipped) - np.log1p(-clipped)


def _sigmoid(logits: _Floats) -> _Floats:
    return np.exp(-np.logaddexp(0.0, -logits))


def _fit_sigmoid(truth: npt.NDArray[Any], logits: _Floats) -> tuple[Any, Any]:
    """Newton's method; returns the slope and the offsets `[tags]`."""
    tags = truth.shape[1]
    # Unknowns: logarithm of the slope, shared offset, offset of each tag.
    priors = np.diag([_SLOPE_SPREAD**-2.0, _SHARED_SPREAD**-2.0, *[0.0] * tags])
    around = np.hstack([np.zeros((tags, 1)), -np.ones((tags, 1)), np.eye(tags)])
    priors += around.T @ around / _OFFSET_SPREAD**2

    def cost(unknowns: _Floats) -> Any:
        scaled = np.exp(unknowns[0]) * logits + unknowns[2:]
        entropy = np.sum(np.logaddexp(0.0, scaled) - truth * scaled)
        return entropy + unknowns @ priors @ unknowns / 2.0

    unknowns = np.zeros(tags + 2)
    for _ in range(_MAX_STEPS):
        slopes = np.exp(unknowns[0]) * logits
        fitted = _sigmoid(slopes + unknowns[2:])
        gradient = priors @ unknowns
        gradient[0] += np.sum((fitted - truth) * slopes)
        gradient[2:] += np.sum(fitted - truth, axis=0)
        # Gauss-Newton: never indefinite, so every step is downhill.
        curvature = fitted * (1.0 - fitted)
        hessian = priors.copy()
        hessian[0, 0] += np.sum(curvature * slopes**2)
        hessian[0, 2:] = hessian[2:, 0] = np.sum(curvature * slopes, axis=0)
        hessian[2:, 2:] += np.diag(curvature.sum(axis=0))
        step = np.linalg.solve(hessian, gradient)
        descent = gradient @ step
        if descent < _ENOUGH:
            break
        here = cost(unknowns)
        while cost(unknowns - step) > here - 1e-4 * descent + _ENOUGH:
            step, descent = step / 2.0, descent / 2.0
        unknowns = unknowns - step
    return float(np.exp(unknowns[0])), unknowns[2:]


def _best_threshold(
    truth: npt.NDArray[Any],
    calibrated: _Floats,
) -> float:
    """The threshold of highest F1, halfway between two scores."""
    order = np.argsort(-calibrated, kind="stable")
    scores = calibrated[order]
    hits = np.cumsum(truth[order])
    given = np.arange(1, len(scores) + 1)
    last_of_tie = np.append(scores[:-1] > scores[1:], True)
    f1 = np.where(last_of_tie, 2.0 * hits / (given + hits[-1]), -1.0)
    best = int(np.argmax(f1))
    below = scores[best + 1] if best + 1 < len(scores) else 0.0
    middle = (scores[best] + below) / 2.0
    # Neighbouring floats have no number between them.
    return float(middle if below < middle else scores[best])
