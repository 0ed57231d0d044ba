"""Gives a head the recordings that it compares a clip with."""

import numpy as np
from scipy.spatial import distance

from tftag import layers

# Of the squared width of the kernel, the usual squared distance.
_USUAL_DISTANCE = 2.0
# Variance of what a recording's tags have to do with nothing near it; that of
# the rest is 1.
_RIDGE = 0.1


def fit(
    layer: layers.KernelRegression,
    vectors: np.ndarray,
    labels: np.ndarray,
    seed: int,
) -> None:
    """Fits kernel ridge regression from vectors to standardised labels.

    Labels have mean 0 and deviation 1, so that one recording with a rare tag
    says more than one with a frequent tag (Saunders, Gammerman and Vovk, 1998,
    Ridge Regression Learning Algorithm in Dual Variables).

    Args:
        layer: is changed. Of more recordings than it holds, so many are drawn.
        vectors: of the training recordings, `[recordings, dim]`.
        labels: 0 or 1, `[recordings, tags]`.
        seed: of the draw.
    """
    if len(vectors) > layer.recordings:
        draw = np.random.default_rng(seed)
        rows = draw.choice(len(vectors), layer.recordings, replace=False)
        vectors, labels = vectors[rows], labels[rows]
    squares = distance.squareform(
        distance.pdist(vectors.astype(np.float64), "sqeuclidean")
    )
    usual = np.median(squares) or 1.0
    width = np.sqrt(usual / _USUAL_DISTANCE)
    share = labels.mean(axis=0, dtype=np.float64)
    deviation = np.sqrt(share * (1 - share))
    coefficients = np.linalg.solve(
        np.exp(-squares / width**2) + _RIDGE * np.eye(len(vectors)),
        # A tag that all or none have depends on nothing.
        (labels - share) / np.where(deviation > 0, deviation, 1.0),
    )
    # Places without a recording say nothing.
    spare = ((0, layer.recordings - len(vectors)), (0, 0))
    layer.set_weights(
        [np.pad(vectors, spare), np.pad(coefficients, spare), width]
    )
