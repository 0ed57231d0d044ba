"""How a query ranks a library, recording by recording and word by word."""

import numpy as np


def standardized(scores):
    """Scores in standard deviations from their mean; 0 where all are equal."""
    apart = scores - np.mean(scores)
    spread = np.std(scores)
    if spread <= 1e-6 * np.abs(scores).max():
        return np.zeros_like(apart)
    return apart / spread


def scores(rows, weights, vectors):
    """Weighted mean of the words' standardised cosines, of each recording."""
    total = np.zeros(len(rows))
    for weight, vector in zip(weights, vectors, strict=True):
        unit = np.asarray(vector, np.float64) / np.linalg.norm(vector)
        cosines = np.array([float(row @ unit) for row in rows.astype(float)])
        total += weight * standardized(cosines)
    return total / np.abs(weights).sum()
