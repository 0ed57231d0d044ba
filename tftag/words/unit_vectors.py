"""Vectors of length 1, of which the dot product is the cosine."""

from typing import Any

import numpy as np
import numpy.typing as npt


def unit(
    vectors: npt.NDArray[np.floating[Any]], name: str
) -> npt.NDArray[np.floating[Any]]:
    """Divides each row by its length.

    Args:
        vectors: `[rows, dim]`.
        name: of the argument, for the error.

    Returns:
        float64 `[rows, dim]`.

    Raises:
        ValueError: another shape, or a row is 0 or not finite: it has no
            direction, and every cosine with it would be made up.

    Example:
        >>> unit([[3.0, 4.0]], "vectors").tolist()
        [[0.6, 0.8]]
    """
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or not vectors.shape[1]:
        raise ValueError(
            f"`{name}` must be [rows, dim]. Received: shape {vectors.shape}."
        )
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    bad = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if bad.size:
        raise ValueError(
            f"`{name}` must be finite and not 0 to have a direction; leave "
            f"out rows that have none. Received: {bad.size} such of "
            f"{len(vectors)}, rows {bad[:5].tolist()}."
        )
    return vectors / lengths
