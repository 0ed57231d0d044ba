"""The tags of many recordings, stored as one array of numbers."""

import array
import functools
import itertools
import re
from collections.abc import Iterable, Sequence

import numpy as np

from pipelines.manifest import texts


class TagLists:
    """A list of tags for each row, as one array of numbers.

    Attributes:
        names: Every tag that occurs, once.
        codes: Position in `names` of each tag of each row, int32 `[entries]`.
        bounds: Start and end of each row in `codes`, int64 `[rows + 1]`.

    Example:
        >>> lists = TagLists.of([("rock", "loud"), (), ("loud",)])
        >>> lists[0], lists.codes.tolist(), lists.bounds.tolist()
        (('rock', 'loud'), [0, 1, 1], [0, 2, 2, 3])
    """

    def __init__(
        self, names: Sequence[str], codes: np.ndarray, bounds: np.ndarray
    ):
        """Takes the parts as they are."""
        self.names = tuple(names)
        self.codes = codes
        self.bounds = bounds

    @classmethod
    def of(cls, lists: Iterable[Sequence[str]]) -> "TagLists":
        """The lists of all rows."""
        grown = Growing()
        for names in lists:
            grown.add(names, [len(names)])
        return grown.whole()

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.bounds) - 1

    def __getitem__(self, row: int) -> tuple[str, ...]:
        """The tags of a row."""
        first, end = self.bounds[row], self.bounds[row + 1]
        return tuple(self.names[code] for code in self.codes[first:end])

    def of_rows(self, rows: np.ndarray) -> list[tuple[str, ...]]:
        """The tags of some rows, in their order."""
        picked = self.take(rows)
        names = list(map(self.names.__getitem__, picked.codes.tolist()))
        bounds = itertools.pairwise(picked.bounds.tolist())
        return [tuple(names[first:end]) for first, end in bounds]

    def take(self, rows: np.ndarray) -> "TagLists":
        """The lists of some rows, in their order."""
        counts = np.diff(self.bounds)[rows]
        bounds = np.concatenate([[0], np.cumsum(counts)])
        shift = np.repeat(self.bounds[rows] - bounds[:-1], counts)
        codes = self.codes[shift + np.arange(bounds[-1])]
        return TagLists(self.names, codes, bounds)

    def rows_with(self, name: str) -> np.ndarray:
        """The rows that have a tag, ascending."""
        if name not in self.names:
            return np.zeros(0, np.int64)
        entries = np.flatnonzero(self.codes == self.names.index(name))
        return np.searchsorted(self.bounds, entries, side="right") - 1

    def multi_hot(
        self, vocabulary: Sequence[str], dtype: type[np.generic]
    ) -> np.ndarray:
        """One column per tag of a vocabulary; others are left out.

        Returns:
            0 or 1 `[rows, tags]`.
        """
        columns = {name: i for i, name in enumerate(vocabulary)}
        column_of = np.array([columns.get(n, -1) for n in self.names], np.int64)
        table = np.zeros((len(self), len(columns)), dtype)
        if len(self.codes):
            at = column_of[self.codes]
            rows = np.repeat(np.arange(len(self)), np.diff(self.bounds))
            table[rows[at >= 0], at[at >= 0]] = 1
        return table


class Growing:
    """Collects rows into `TagLists`."""

    def __init__(self) -> None:
        """Begins without a row."""
        self._places: dict[str, int] = {}
        self._codes = array.array("i")
        self._counts = array.array("q", [0])

    def add(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Adds rows.

        Args:
            names: Tags of all of them, one row after the other.
            counts: How many of these each row has.
        """
        try:
            self._codes.extend(list(map(self._places.__getitem__, names)))
        except KeyError:
            for name in dict.fromkeys(names):
                self._places.setdefault(name, len(self._places))
            self._codes.extend(list(map(self._places.__getitem__, names)))
        self._counts.extend(counts)

    def whole(self) -> TagLists:
        """What was added."""
        return TagLists(
            tuple(self._places),
            np.array(self._codes, np.int32),
            np.cumsum(np.array(self._counts, np.int64)),
        )


class TagCells:
    """The tags of many recordings, in cells that are read on demand."""

    def __init__(self, cells: texts.Texts):
        """Takes cells that `join_tags` made."""
        self._cells = cells

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._cells)

    def __getitem__(self, row: int) -> tuple[str, ...]:
        """The tags of a row."""
        return split_tags(self._cells[row])

    def of_rows(self, rows: np.ndarray) -> list[tuple[str, ...]]:
        """The tags of some rows, in their order."""
        return list(map(split_tags, self._cells.of_rows(rows)))

    def take(self, rows: np.ndarray) -> TagLists:
        """The lists of some rows, in their order."""
        return self._lists.take(rows)

    @functools.cached_property
    def _lists(self) -> TagLists:
        grown = Growing()
        for block in self._cells.blocks():
            joined = "|".join(filter(None, block))
            if "\\" in joined:
                lists = list(map(split_tags, block))
                names = list(itertools.chain(*lists))
                grown.add(names, list(map(len, lists)))
            else:
                counts = [cell.count("|") + 1 if cell else 0 for cell in block]
                grown.add(joined.split("|") if joined else [], counts)
        return grown.whole()


def join_tags(names: Iterable[str]) -> str:
    """Joins tags by `|` into one cell; a `|` in a tag gets a backslash."""
    joined = "|".join(names := tuple(names))
    if "\\" not in joined and joined.count("|") < max(len(names), 1):
        return joined
    return "|".join(re.sub(r"([\\|])", r"\\\1", name) for name in names)


def split_tags(cell: str) -> tuple[str, ...]:
    """Splits a cell that `join_tags` made."""
    if "\\" not in cell:
        return tuple(cell.split("|")) if cell else ()
    names = re.findall(r"(?:[^\\|]|\\.)+", cell, re.DOTALL)
    return tuple(re.sub(r"\\(.)", r"\1", n, flags=re.DOTALL) for n in names)
