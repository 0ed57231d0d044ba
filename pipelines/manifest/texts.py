"""A column of texts: one block of bytes, and the bounds of each text."""

from collections.abc import Iterable, Iterator
from typing import cast

import numpy as np

# Lone surrogates too, which are refused where they are written.
_ODD = "surrogatepass"
_BLOCK_ROWS = 8_192


class Texts:
    """Texts in one block of memory; each becomes a `str` on demand.

    Example:
        >>> some = Texts.of(["rock", "", "ü"])
        >>> len(some), some[2], some.of_rows([2, 0])
        (3, 'ü', ['ü', 'rock'])
    """

    def __init__(
        self, content: bytes | bytearray, starts: np.ndarray, ends: np.ndarray
    ):
        """Takes the parts as they are.

        Args:
            content: The bytes of all texts, UTF-8.
            starts: First byte of each.
            ends: The byte behind each.
        """
        self._content = content
        self._starts = starts
        self._ends = ends

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        """The column of texts that are there already."""
        encoded = [text.encode("utf-8", _ODD) for text in texts]
        bounds = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=bounds[1:])
        return cls(b"".join(encoded), bounds[:-1], bounds[1:])

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self._starts)

    def __getitem__(self, row: int) -> str:
        """The text of a row."""
        return self._content[self._starts[row] : self._ends[row]].decode(
            "utf-8", _ODD
        )

    def blocks(self) -> Iterator[list[str]]:
        """Yields all texts, some rows after the other."""
        for first in range(0, len(self), _BLOCK_ROWS):
            yield self.of_rows(
                np.arange(first, min(first + _BLOCK_ROWS, len(self)))
            )

    def shorten(self, row: int, text: str) -> None:
        """Overwrites a text with one no longer, in a `bytearray`."""
        encoded = text.encode("utf-8", _ODD)
        start = int(self._starts[row])
        content = cast(bytearray, self._content)
        content[start : start + len(encoded)] = encoded
        self._ends[row] = start + len(encoded)

    def take(self, rows: np.ndarray) -> "Texts":
        """The texts of some rows, in their order; no text is copied."""
        return Texts(self._content, self._starts[rows], self._ends[rows])

    def of_rows(self, rows: Iterable[int] | np.ndarray) -> list[str]:
        """The texts of some rows, in their order."""
        content, rows = self._content, np.asarray(rows, np.int64)
        places = zip(
            self._starts[rows].tolist(), self._ends[rows].tolist(), strict=True
        )
        return [content[a:b].decode("utf-8", _ODD) for a, b in places]

    def rows_with(self, text: str, is_start: bool = False) -> np.ndarray:
        """Which rows are equal to a text, or begin with it; ascending."""
        wanted = np.frombuffer(text.encode("utf-8", _ODD), np.uint8)
        content = np.frombuffer(self._content, np.uint8)
        longer = self._ends - self._starts >= len(wanted)
        equal = self._ends - self._starts == len(wanted)
        rows = np.flatnonzero(longer if is_start else equal)
        for place, byte in enumerate(wanted):
            rows = rows[content[self._starts[rows] + place] == byte]
        return rows


class Decimals:
    """Decimal numbers that are parsed on demand, as that takes a second."""

    def __init__(self, cells: Texts):
        """Takes texts that are numbers, all of them."""
        self._cells = cells

    def __len__(self) -> int:
        """How many there are."""
        return len(self._cells)

    def __getitem__(self, row: int) -> float:
        """The number of a row."""
        return float(self._cells[row])

    def take(self, rows: np.ndarray) -> np.ndarray:
        """The numbers of some rows, float64 `[rows]`."""
        return np.array(list(map(float, self._cells.of_rows(rows))), float)
