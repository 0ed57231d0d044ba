"""Some recordings of an index in one file, written once and never changed.

Arrays one after the other, at places that follow from a few counts: nothing
in the file says where to read, or how much. Lists for faiss come first.
"""

import contextlib
import dataclasses
import functools
import os
import pathlib
import secrets
import weakref
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search.index.segments import inverted_lists, joined_vectors, moments
from tftag.storage import atomic_write

SUFFIX = ".segment"
# From so many recordings on there are lists.
LISTS_FROM_ROWS = 25_000
# Of which percentiles are measured, where there are more.
SAMPLE_ROWS = 4_096
# Read as a whole when it is opened, to compare with its sum; what is larger,
# row by row as they are found.
_CHECKED_BYTES = 2**27
_ALIGNED_BYTES = 64
# By how much the length of a vector may differ from 1.
UNIT_TOLERANCE = 1e-3
_LONGEST = 2**40


@dataclasses.dataclass(frozen=True)
class Shape:
    """The counts that a segment's file follows from.

    Attributes:
        rows: Recordings.
        dim: Length of a vector.
        tags: Tags of the model.
        text_bytes: Of names, titles, artists and albums.
        lists: For faiss; 0 where there are none.
        axes: Of the vectors in the lists.
    """

    rows: int
    dim: int
    tags: int
    text_bytes: int
    lists: int = 0
    axes: int = 0

    def __post_init__(self) -> None:
        """Refuses what no segment can be."""
        counts = dataclasses.astuple(self)
        if not all(type(n) is int and 0 <= n < _LONGEST for n in counts):
            raise ValueError(f"Counts must be whole numbers: {counts}")
        is_out = self.lists > self.rows or self.axes > self.dim
        is_half = bool(self.lists) != bool(self.axes)
        if not self.rows or not self.dim or is_out or is_half:
            raise ValueError(f"No segment has such counts: {counts}")

    @property
    def arrays(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Type and shape of each array, in the order of the file."""
        rows, dim = self.rows, self.dim
        listed = rows * bool(self.lists)
        sample = SAMPLE_ROWS if rows > SAMPLE_ROWS else 0
        return {
            "codes": ("u1", (inverted_lists.file_bytes(listed, self.axes),)),
            "vectors": ("<f4", (rows, dim)),
            "sample": ("<f4", (sample, dim)),
            "total": ("<f8", (dim,)),
            "outer": ("<f8", (dim, dim)),
            "key": ("<u8", (rows,)),
            "size_bytes": ("<i8", (rows,)),
            "modified_ns": ("<i8", (rows,)),
            "artist": ("<u8", (rows,)),
            "album": ("<u8", (rows,)),
            "seconds": ("<f4", (rows,)),
            "year": ("<i2", (rows,)),
            "root": ("<i2", (rows,)),
            "given": ("u1", (rows, -(-self.tags // 8))),
            "text_start": ("<i8", (rows + 1,)),
            "texts": ("u1", (self.text_bytes,)),
            "axes": ("<f4", (self.axes, dim)),
            "cells": ("<f4", (self.lists, self.axes)),
            "code_range": ("<f4", (2 * self.axes,)),
            "list_size": ("<i8", (self.lists,)),
        }

    @functools.cached_property
    def places(self) -> dict[str, tuple[int, int]]:
        """First byte and the one behind the last, of each array."""
        found, at = {}, 0
        for name, (dtype, shape) in self.arrays.items():
            stop = at + int(np.prod(shape)) * np.dtype(dtype).itemsize
            found[name] = at, stop
            at = -(-stop // _ALIGNED_BYTES) * _ALIGNED_BYTES
        return found

    @property
    def file_bytes(self) -> int:
        """Length of the file."""
        return max(stop for _, stop in self.places.values())


@dataclasses.dataclass(frozen=True, eq=False)
class Segment:
    """An open segment.

    Attributes:
        name: Of its file.
        shape: Its counts.
        crc: Of the whole file.
        arrays: Read-only, mapped into the memory.
        descriptor: Of the open file; closed with the segment.
        lists: Of `inverted_lists`; None where there are none, or no faiss.
        moments: Of all its vectors.
    """

    name: str
    shape: Shape
    crc: int
    arrays: Mapping[str, npt.NDArray[Any]]
    descriptor: int
    lists: inverted_lists.Lists | None
    moments: moments.Moments

    def __post_init__(self) -> None:
        """Closes the file when nobody asks any more."""
        weakref.finalize(self, os.close, self.descriptor)

    def __len__(self) -> int:
        """Number of recordings."""
        return self.shape.rows

    def vectors_at(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Reads a few vectors: through the map, each brings its neighbours.

        Args:
            rows: int64 `[rows]`.

        Returns:
            float32 `[rows, dim]`.
        """
        length = 4 * self.shape.dim
        start, _ = self.shape.places["vectors"]
        read = b"".join(
            os.pread(self.descriptor, length, start + row * length)
            for row in rows.tolist()
        )
        return np.frombuffer(read, "<f4").reshape(len(rows), self.shape.dim)


def sample_rows(rows: int) -> npt.NDArray[Any]:
    """Which rows of a segment are in its sample: evenly over all."""
    places = np.linspace(0, rows - 1, min(rows, SAMPLE_ROWS))
    return np.rint(places).astype(np.int64)


def write(
    folder: pathlib.Path,
    vectors: joined_vectors.Vectors,
    columns: Mapping[str, npt.NDArray[Any]],
    tags: int,
) -> Segment:
    """Writes a segment under a new name and opens it.

    Args:
        folder: The index.
        vectors: float32 `[rows, dim]`, of unit length.
        columns: Of `recordings.columns`.
        tags: How many tags the model has.

    Raises:
        OSError: The disk is full, or may not be written to.
    """
    rows, dim = vectors.shape
    sums = moments.of(vectors)
    axes = np.zeros((0, dim), np.float32)
    if rows >= LISTS_FROM_ROWS and inverted_lists.is_installed():
        axes = inverted_lists.main_axes(sums.covariance)
    lists = inverted_lists.list_count(rows) if len(axes) else 0
    text_bytes = columns["texts"].size
    shape = Shape(rows, dim, tags, text_bytes, lists, len(axes))
    arrays: dict[str, Any] = {
        **columns,
        "vectors": vectors,
        "total": sums.total,
        "outer": sums.outer,
        "sample": vectors[sample_rows(rows)],
        "axes": axes,
    }
    name = f"{secrets.token_hex(8)}{SUFFIX}"
    with atomic_write.replacing(folder / name, is_text=False) as file:
        if lists:
            centre = (sums.total / rows).astype(np.float32)
            arrays |= inverted_lists.write(vectors, centre, axes, file, lists)
        for at, (dtype, _) in shape.arrays.items():
            start, stop = shape.places[at]
            if at != "codes" and stop > start:
                file.seek(start)
                _write(file, arrays[at], dtype)
        file.truncate(shape.file_bytes)
        file.flush()
        crc = _crc(file.name)
    return opened(folder, name, shape, crc)


def opened(folder: pathlib.Path, name: str, shape: Shape, crc: int) -> Segment:
    """Opens a segment.

    Args:
        folder: The index.
        name: Of the file.
        shape: Its counts.
        crc: Of the file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not what its counts say.
    """
    path = folder / name
    size = path.stat().st_size
    if size != shape.file_bytes:
        raise ValueError(f"{name} has {size} bytes, not {shape.file_bytes}")
    if not is_whole(path, shape, crc):
        raise ValueError(f"{name} has another sum")
    with open(path, "rb") as file:
        mapped = np.asarray(np.memmap(file, np.uint8, "r"))
        arrays = {
            at: mapped[slice(*shape.places[at])].view(dtype).reshape(counts)
            for at, (dtype, counts) in shape.arrays.items()
        }
        starts = arrays["text_start"]
        is_covered = (starts[0], starts[-1]) == (0, shape.text_bytes)
        if not is_covered or (np.diff(starts) < 0).any():
            raise ValueError(f"{name} has names that begin nowhere")
        total, outer = np.array(arrays["total"]), np.array(arrays["outer"])
        if not (np.isfinite(total).all() and np.isfinite(outer).all()):
            raise ValueError(f"{name} has sums that are not finite")
        sums = moments.Moments(shape.rows, total, outer)
        lists = _lists(path, shape, arrays)
        # Last, as nobody else would close it.
        descriptor = os.dup(file.fileno())
        return Segment(name, shape, crc, arrays, descriptor, lists, sums)


def is_whole(
    path: pathlib.Path, shape: Shape, crc: int, is_new: bool = False
) -> bool:
    """Whether a file is there, and is what its counts say.

    Args:
        path: The file.
        shape: Its counts.
        crc: Of the file.
        is_new: Whether a large one is compared with its sum, too.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return False
    is_compared = is_new or size <= _CHECKED_BYTES
    return size == shape.file_bytes and (not is_compared or _crc(path) == crc)


def _lists(
    path: pathlib.Path, shape: Shape, arrays: Mapping[str, npt.NDArray[Any]]
) -> inverted_lists.Lists | None:
    if not shape.lists or not inverted_lists.is_installed():
        return None
    sizes = arrays["list_size"]
    if (sizes < 0).any() or sizes.sum() != shape.rows:
        raise ValueError(f"{path.name} has lists of other lengths")
    return inverted_lists.Lists(
        path, arrays["axes"], arrays["cells"], arrays["code_range"], sizes
    )


def _write(file: Any, array: joined_vectors.Vectors, dtype: str) -> None:
    """A block at a time: a large library does not fit into the memory."""
    block = max(1, 2**24 // max(1, array[:1].nbytes))
    for start in range(0, len(array), block):
        part = np.ascontiguousarray(array[start : start + block], dtype)
        file.write(part.data)


def _crc(path: str | os.PathLike[str]) -> int:
    crc = 0
    with open(path, "rb") as file:
        while block := file.read(2**20):
            crc = zlib.crc32(block, crc)
    return crc


def remove_others(folder: pathlib.Path, names: Sequence[str]) -> None:
    """Removes the segments of a folder but these: nobody asks for them."""
    for path in folder.glob(f"*{SUFFIX}"):
        if path.name not in names:
            with contextlib.suppress(OSError):
                path.unlink()
