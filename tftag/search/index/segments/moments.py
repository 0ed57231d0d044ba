"""Mean and covariance of many vectors, as sums that add up and subtract."""

import dataclasses
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search.index.segments import joined_vectors

_BLOCK_ROWS = 8192


@dataclasses.dataclass(frozen=True, eq=False)
class Moments:
    """Sums over vectors.

    Attributes:
        count: How many there were.
        total: Their sum, float64 `[dim]`.
        outer: Sum of their outer products, float64 `[dim, dim]`.
    """

    count: int
    total: npt.NDArray[Any]
    outer: npt.NDArray[Any]

    def __add__(self, other: "Moments") -> "Moments":
        """Sums over both."""
        return Moments(
            self.count + other.count,
            self.total + other.total,
            self.outer + other.outer,
        )

    def __sub__(self, other: "Moments") -> "Moments":
        """Sums over what the other does not hold."""
        return Moments(
            self.count - other.count,
            self.total - other.total,
            self.outer - other.outer,
        )

    @functools.cached_property
    def covariance(self) -> npt.NDArray[Any]:
        """float64 `[dim, dim]`."""
        middle = self.total / max(self.count, 1)
        found: npt.NDArray[Any] = self.outer / max(self.count, 1)
        return found - np.outer(middle, middle)

    def mean_and_spread(
        self, directions: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Mean and standard deviation of the products with a direction.

        Args:
            directions: `[n, dim]`.

        Returns:
            float64 `[n]` each; no spread where all products are equal but for
            rounding.
        """
        directions = np.asarray(directions, np.float64)
        means = directions @ self.total / max(self.count, 1)
        square = np.einsum("nd,nd->n", directions @ self.covariance, directions)
        spread = np.sqrt(np.maximum(square, 0))
        # Of unit vectors in float32, and sums of squares in float64.
        lengths = np.linalg.norm(directions, axis=1)
        return means, np.where(spread <= 1e-6 * lengths, 0.0, spread)


def of(vectors: joined_vectors.Vectors) -> Moments:
    """Sums over vectors.

    Args:
        vectors: `[rows, dim]`.
    """
    dim = vectors.shape[1]
    total, outer = np.zeros(dim), np.zeros((dim, dim))
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = np.asarray(vectors[start : start + _BLOCK_ROWS], np.float64)
        total += block.sum(axis=0)
        outer += block.T @ block
    return Moments(len(vectors), total, outer)
