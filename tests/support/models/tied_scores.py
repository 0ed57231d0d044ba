"""Scores of recordings and tags as figures find them hardest."""

import numpy as np


def draw(seed):
    """Truth and scores of 60 recordings and 12 tags, float32 `[60, 12]`.

    Many scores are equal; tag 0 has no positive, tag 1 only positives.
    """
    rng = np.random.default_rng(seed)
    truth = rng.random((60, 12)) < rng.uniform(0.05, 0.6, 12)
    truth[:, 0], truth[:, 1] = False, True
    truth[rng.integers(60), 2:] = True
    scores = np.round(rng.normal(size=truth.shape) + truth, 1)
    return truth.astype(np.float32), scores.astype(np.float32)
