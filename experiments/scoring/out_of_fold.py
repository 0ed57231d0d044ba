"""Makes scores of different folds comparable."""

from collections.abc import Sequence

import numpy as np

# What a float32 probability is clipped to: halfway between 0 or 1 and its
# nearest float32, so certain ones stay finite and all others as they are.
_LEAST = float(np.finfo(np.float32).smallest_subnormal) / 2
_MOST = 1 - float(np.finfo(np.float32).epsneg) / 2


def over_prior(
    probabilities: np.ndarray, truth: np.ndarray, rows: Sequence[np.ndarray]
) -> np.ndarray:
    """Log-odds relative to the prior of each fold's training recordings.

    A fold rich in a tag is scored by a model that saw the tag less often and
    scores all its recordings lower. Pooled probabilities rank such folds too
    low, and a model that knows nothing ends below chance. The order within a
    fold is kept. No label of the scored fold is read: those outside it are the
    training labels.

    Args:
        probabilities: `[recordings, tags]`, out of fold.
        truth: 0 or 1, `[recordings, tags]`.
        rows: the recordings of each fold.

    Returns:
        float64 `[recordings, tags]`.
    """
    exact = np.asarray(probabilities, np.float64)
    scores = np.zeros_like(exact)
    truth = np.asarray(truth, np.float64)
    for held in rows:
        outside = np.delete(truth, held, axis=0)
        scores[held] = above(exact[held], outside)
    return scores


def above(probabilities: np.ndarray, learnt: np.ndarray) -> np.ndarray:
    """Log-odds of probabilities minus those of the training labels' shares.

    A tag ranks its recordings as by their probabilities, however near to 0 or 1
    these are: figures over the tags of one training are the same by both.

    Args:
        probabilities: float32 `[recordings, tags]`.
        learnt: 0 or 1, `[training recordings, tags]`.

    Returns:
        float64 `[recordings, tags]`.
    """
    exact = np.clip(np.asarray(probabilities, np.float64), _LEAST, _MOST)
    # One recording with and one without: no tag is certain.
    prior = (np.sum(learnt, axis=0, dtype=np.float64) + 1.0) / (
        len(learnt) + 2.0
    )
    return _log_odds(exact) - _log_odds(prior)


def _log_odds(probabilities: np.ndarray | np.float64) -> np.ndarray:
    return np.log(probabilities) - np.log1p(-probabilities)
