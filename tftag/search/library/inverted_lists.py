"""The lists of many recordings that are near each other, by faiss.

k-means cuts the space into cells; a query looks into those nearest to it,
where every vector has 8 bits per dimension (Jegou, Douze and Schmid, Product
quantization for nearest neighbor search, 2011, of which this is the inverted
file with the plainest code). faiss trains, encodes and scans. What it reads
is plain arrays whose sizes were checked, not its own file format: an index
may come from a stranger.
"""

import os
import pathlib
from typing import IO, Any

import numpy as np

# Cells that a query looks into, of those that `list_count` makes.
PROBES = 64
_ID_BYTES = 8
_TRAINING_ROWS_PER_LIST = 40


def list_count(rows: int) -> int:
    """How many cells serve so many recordings."""
    return int(max(1, 4 * rows**0.5))


def is_installed() -> bool:
    """Whether faiss can be imported."""
    try:
        _faiss()
    except ImportError:
        return False
    return True


def file_bytes(rows: int, dim: int) -> int:
    """How long the lists of so many rows are."""
    return rows * (dim + _ID_BYTES)


def write(
    vectors: np.ndarray, centre: np.ndarray, file: IO[bytes], lists: int
) -> dict[str, np.ndarray]:
    """Makes lists and writes them.

    Args:
        vectors: float32 `[rows, dim]`.
        centre: float32 `[dim]`: what is taken off before, as rankings do not
            depend on it and cells do: real vectors fill a narrow cone.
        file: Where the lists begin.
        lists: How many cells.

    Returns:
        What `Lists` needs besides: "cells", "code_range" and "list_size".
    """
    faiss = _faiss()
    rows, dim = vectors.shape
    # What is drawn is the same for the same library.
    draw = np.random.default_rng(0)
    count = min(rows, _TRAINING_ROWS_PER_LIST * lists)
    chosen = np.sort(draw.choice(rows, count, replace=False))
    index = _index(dim, lists)
    index.cp.seed = 1
    index.cp.spherical = False
    index.cp.max_points_per_centroid = _TRAINING_ROWS_PER_LIST
    index.cp.min_points_per_centroid = 1
    index.train(vectors[chosen] - centre)
    block = 65_536
    for start in range(0, rows, block):
        index.add(vectors[start : start + block] - centre)
    made = index.invlists
    sizes = np.array([made.list_size(at) for at in range(lists)], "<i8")
    for at, size in enumerate(sizes.tolist()):
        if size:
            codes = faiss.rev_swig_ptr(made.get_codes(at), size * dim)
            ids = faiss.rev_swig_ptr(made.get_ids(at), size)
            file.write(codes.tobytes())
            file.write(ids.astype("<i8").tobytes())
    return {
        "cells": index.quantizer.reconstruct_n(0, lists).astype("<f4"),
        "code_range": faiss.vector_to_array(index.sq.trained).astype("<f4"),
        "list_size": sizes,
    }


class Lists:
    """Lists on disk, mapped into the memory and never written."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        cells: np.ndarray,
        code_range: np.ndarray,
        list_size: np.ndarray,
    ):
        """Opens lists; they are at the beginning of a file.

        Args:
            path: The file, long enough for them.
            cells: float32 `[lists, dim]`.
            code_range: float32 `[2 * dim]`.
            list_size: int64 `[lists]`.

        Raises:
            ImportError: There is no faiss.
        """
        faiss = _faiss()
        lists, dim = cells.shape
        self._rows = int(list_size.sum())
        # The two below are held by no one else.
        self._quantizer = faiss.IndexFlatIP(dim)
        self._quantizer.add(np.ascontiguousarray(cells, np.float32))
        self._index = _index(dim, lists, self._quantizer)
        faiss.copy_array_to_vector(
            np.ascontiguousarray(code_range, np.float32), self._index.sq.trained
        )
        self._index.is_trained = True
        self._index.ntotal = self._rows
        mapped = faiss.OnDiskInvertedLists()
        mapped.nlist, mapped.code_size = lists, dim
        mapped.filename = os.fspath(pathlib.Path(path))
        mapped.read_only = True
        mapped.totsize = file_bytes(self._rows, dim)
        mapped.lists.resize(lists)
        sizes = np.ascontiguousarray(list_size, np.uint64)
        mapped.set_all_lists_sizes(faiss.swig_ptr(sizes))
        mapped.do_mmap()
        self._mapped = mapped
        self._index.replace_invlists(mapped, False)

    def search(
        self,
        direction: np.ndarray,
        count: int,
        mask: np.ndarray | None = None,
        share: float = 1.0,
    ) -> np.ndarray:
        """Rows whose products with a direction are about the highest.

        Args:
            direction: `[dim]`.
            count: How many.
            mask: bool `[rows]`: those that come into question; all without.
            share: Part of the rows that does: the smaller, the more cells.

        Returns:
            int64, at most `count`.
        """
        faiss = _faiss()
        probes = min(self._index.nlist, round(PROBES / max(share, 1e-3)))
        wanted: dict[str, Any] = {"nprobe": probes}
        if mask is not None:
            bits = np.packbits(mask, bitorder="little")
            wanted["sel"] = faiss.IDSelectorBitmap(bits)
        query = np.ascontiguousarray(direction, np.float32)[np.newaxis]
        _, found = self._index.search(
            query, count, params=faiss.SearchParametersIVF(**wanted)
        )
        rows = found[0]
        # The numbers are as the file has them.
        rows = np.unique(rows[(rows >= 0) & (rows < self._rows)])
        return rows if mask is None else rows[mask[rows]]


def _index(dim: int, lists: int, quantizer: Any = None) -> Any:
    faiss = _faiss()
    if quantizer is None:
        quantizer = faiss.IndexFlatIP(dim)
        quantizer.this.disown()
    index = faiss.IndexIVFScalarQuantizer(
        quantizer,
        dim,
        lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
        False,  # codes of the vectors, not of what is left of a cell
    )
    return index


def _faiss() -> Any:
    import faiss

    return faiss
