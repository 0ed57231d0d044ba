"""Vectors of several segments as one table that is never in memory whole."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


class JoinedVectors:
    """Rows of several arrays, one after the other, read when asked for.

    What is written of them is written a block at a time: of a large library
    they would fill the memory.

    Attributes:
        shape: `(rows, dim)`, as of an array.

    Example:
        >>> one, two = np.zeros((2, 3)), np.ones((2, 3))
        >>> joined = JoinedVectors([(one, np.array([1])), (two, np.arange(2))])
        >>> joined.shape, joined[0:2].sum(axis=1)
        ((3, 3), array([0., 3.], dtype=float32))
    """

    def __init__(
        self,
        parts: Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]],
    ):
        """Takes arrays as they are.

        Args:
            parts: At least one: an array `[rows, dim]`, and which of its
                rows, int64.
        """
        self._parts = parts
        self._ends = np.cumsum([len(rows) for _, rows in parts]).tolist()
        self.shape = (self._ends[-1], parts[0][0].shape[1])

    def __len__(self) -> int:
        """Number of rows."""
        return self.shape[0]

    def __getitem__(
        self, rows: slice | npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """Reads rows, float32 `[rows, dim]`."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        found = np.empty((len(rows), self.shape[1]), np.float32)
        # A block lies in few of many parts: only those are looked into.
        numbers = np.searchsorted(self._ends, rows, side="right")
        for number in np.unique(numbers).tolist():
            vectors, held = self._parts[number]
            at = np.flatnonzero(numbers == number)
            first = self._ends[number] - len(held)
            found[at] = vectors[held[rows[at] - first]]
        return found


Vectors = npt.NDArray[np.floating[Any]] | JoinedVectors
