"""Makes scores of different folds comparable."""

from collections.abc import Sequence

import numpy as np


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

    Args:
        probabilities: `[recordings, tags]`.
        learnt: 0 or 1, `[training recordings, tags]`.

    Returns:
        float64 `[recordings, tags]`.
    """
    exact = np.clip(np.asarray(probabilities, np.float64), 1e-7, 1 - 1e-7)
    # One recording with and one without: no tag is certain.
    prior = (np.sum(learnt, axis=0, dtype=np.float64) + 1.0) / (
        len(learnt) + 2.0
    )
    return _log_odds(exact) - _log_odds(prior)


def _log_odds(probabilities: np.ndarray | np.float64) -> np.ndarray:
    return np.log(probabilities) - np.log1p(-probabilities)
