"""The segments of an index, open, without what is gone of them."""

import dataclasses
import functools
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search.index import contents
from tftag.search.index.segments import moments, segment
from tftag.storage import stored_arrays
from tftag.storage.remote import address as addresses

# A writer may remove segments between the reading of two files.
_TRIES = 5
_BLOCK_ROWS = 4_096


@dataclasses.dataclass(frozen=True, eq=False)
class OpenedPart:
    """A segment, and which of its rows count.

    Attributes:
        segment: The segment.
        is_there: bool `[rows]`.
    """

    segment: segment.Segment
    is_there: npt.NDArray[Any]

    @property
    def rows(self) -> npt.NDArray[Any]:
        """Numbers of the rows that count."""
        return np.flatnonzero(self.is_there)

    def narrowed(self, kept: npt.NDArray[Any]) -> "OpenedPart":
        """The same segment, of which only these rows count.

        Args:
            kept: bool `[rows]`; of them, those that are there.
        """
        return OpenedPart(self.segment, kept & self.is_there)

    def __len__(self) -> int:
        """Number of rows that count."""
        return int(self.is_there.sum())


class OpenedParts:
    """All segments of an index.

    Attributes:
        contents: What it consists of.
        parts: The segments.
    """

    def __init__(self, held: contents.Contents, parts: Sequence[OpenedPart]):
        """Takes what belongs together."""
        self.contents = held
        self.parts = tuple(parts)

    @classmethod
    def open(cls, folder: pathlib.Path) -> "OpenedParts":
        """Opens the segments of an index.

        Raises:
            FileNotFoundError: There is no index.
            ValueError: It is damaged, or of a later format.
        """
        for attempt in range(_TRIES):
            held = contents.read(folder)
            try:
                return cls(held, [_opened(folder, one) for one in held.parts])
            except FileNotFoundError as error:
                if attempt == _TRIES - 1:
                    raise contents.damaged(folder, error) from error
            except stored_arrays.DAMAGE as error:
                raise contents.damaged(folder, error) from error
        raise AssertionError

    def __len__(self) -> int:
        """Number of recordings."""
        return sum(map(len, self.parts))

    def rows(self) -> Iterator[tuple[OpenedPart, int]]:
        """Yields segment and row of each recording."""
        for part in self.parts:
            for row in part.rows.tolist():
                yield part, row

    def vectors(self) -> Iterator[npt.NDArray[Any]]:
        """Yields float32 `[some recordings, dim]`, in the order of `rows`."""
        for part in self.parts:
            rows = part.rows
            for start in range(0, len(rows), _BLOCK_ROWS):
                block = rows[start : start + _BLOCK_ROWS]
                yield part.segment.arrays["vectors"][block]

    def find(self, key: int) -> tuple[OpenedPart, int] | None:
        """Finds a recording by its key."""
        for part in self.parts:
            same = part.segment.arrays["key"] == np.uint64(key)
            same &= part.is_there
            if same.any():
                return part, int(np.argmax(same))
        return None

    def moments(self) -> moments.Moments:
        """Sums over the vectors of all recordings."""
        dim = self.contents.dim
        found = moments.Moments(0, np.zeros(dim), np.zeros((dim, dim)))
        for part in self.parts:
            gone = part.segment.arrays["vectors"][~part.is_there]
            found += part.segment.moments - moments.of(gone)
        return found

    def sample_products(
        self, direction: npt.NDArray[np.floating[Any]]
    ) -> npt.NDArray[Any]:
        """Products of `sample` with a direction, float32 `[recordings]`.

        Not by the matrix product: of one vector that takes twice the time, and
        as many threads as there are cores.

        Args:
            direction: `[dim]`.
        """
        found: npt.NDArray[Any] = np.einsum(
            "nd,d->n", self.sample, direction.astype(np.float32)
        )
        return found

    @functools.cached_property
    def sample(self) -> npt.NDArray[Any]:
        """Vectors of recordings that are spread over all.

        float32 `[recordings, dim]`: all of them up to `segment.SAMPLE_ROWS`.
        """
        share = min(1.0, segment.SAMPLE_ROWS / max(len(self), 1))
        found = [np.zeros((0, self.contents.dim), np.float32)]
        for part in self.parts:
            vectors = part.segment.arrays["sample"]
            rows = segment.sample_rows(len(part.segment))
            there = np.flatnonzero(part.is_there[rows])
            # Where much of a large segment is gone, most of its sample is too.
            if share == 1 or not len(vectors) or not len(there):
                vectors, there = part.segment.arrays["vectors"], part.rows
            count = min(len(there), round(share * len(part)))
            if count:
                places = np.rint(np.linspace(0, len(there) - 1, count))
                chosen = there[places.astype(np.int64)]
                found.append(vectors[chosen])
        return np.concatenate(found)


def _opened(folder: pathlib.Path, part: contents.Part) -> OpenedPart:
    found = segment.opened(folder, part.name, part.shape, part.crc)
    is_there = np.ones(len(found), bool)
    is_there[list(part.removed)] = False
    return OpenedPart(found, is_there)


def absolute_roots(
    folder: pathlib.Path, roots: Sequence[str | None]
) -> tuple[addresses.Place | None, ...]:
    """Where the roots of an index are; they may be given from it on."""
    return tuple(
        None if root is None else _absolute(folder, root) for root in roots
    )


def _absolute(folder: pathlib.Path, root: str) -> addresses.Place:
    if addresses.is_remote(root):
        return addresses.Address(root)
    return pathlib.Path(os.path.abspath(folder / root))


def stored_root(folder: pathlib.Path, root: addresses.Place) -> str:
    """How a root is written: from the index on where that lies inside it.

    So a folder that holds its own index can be moved.
    """
    if isinstance(root, addresses.Address):
        return root.text.rstrip("/")
    inside, outside = os.path.abspath(folder), os.path.abspath(root)
    if os.path.commonpath([inside, outside]) == outside:
        return os.path.relpath(outside, inside)
    return outside
