"""The lists of many recordings that are near each other, by faiss.

Vectors are turned to their principal axes, and of these the few are kept that
hold all but a thousandth of the variance: real embeddings lie near a plane of
few dimensions. k-means cuts that into cells; a query looks into those that
reach farthest its way, where every vector has 8 bits per axis (Jegou, Douze
and Schmid, Product quantization for nearest neighbor search, 2011, of which
this is the inverted file with the plainest code). faiss trains, encodes and
scans. What it reads is plain arrays whose sizes were checked, not its own
file format: an index may come from a stranger.
"""

import math
import os
import pathlib
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from tftag.search.index.segments import joined_vectors

# Cells that a query looks into: this share of all, and no fewer.
PROBED_SHARE = 1 / 32
LEAST_PROBES = 128
_ID_BYTES = 8
_TRAINING_ROWS_PER_LIST = 40
_KEPT_VARIANCE = 0.999
# faiss compares so many numbers at once, by AVX-512; half as many by AVX2; and
# one by one, in five times the time, where their count is no multiple.
_AXES_AT_ONCE = 16
_BLOCK_ROWS = 65_536


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


def file_bytes(rows: int, axes: int) -> int:
    """How long the lists of so many rows are."""
    return rows * (axes + _ID_BYTES)


def main_axes(covariance: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The principal axes that hold nearly all of the variance.

    Args:
        covariance: `[dim, dim]`.

    Returns:
        float32 `[axes, dim]`: a multiple of 16, or `dim`.
    """
    variances, axes = np.linalg.eigh(covariance)
    variances = np.maximum(variances[::-1], 0)
    held = np.cumsum(variances) >= _KEPT_VARIANCE * variances.sum()
    count = int(np.argmax(held)) + 1
    count = min(len(axes), math.ceil(count / _AXES_AT_ONCE) * _AXES_AT_ONCE)
    found: npt.NDArray[Any] = axes[:, ::-1][:, :count].T.astype(np.float32)
    return found


def write(
    vectors: joined_vectors.Vectors,
    centre: npt.NDArray[Any],
    axes: npt.NDArray[Any],
    file: IO[bytes],
    lists: int,
) -> dict[str, npt.NDArray[Any]]:
    """Makes lists and writes them.

    Args:
        vectors: float32 `[rows, dim]`.
        centre: float32 `[dim]`: what is taken off before, as rankings do not
            depend on it and cells do: real vectors fill a narrow cone.
        axes: Of `main_axes`, `[axes, dim]`.
        file: Where the lists begin.
        lists: How many cells.

    Returns:
        What `Lists` needs besides: "cells", "code_range" and "list_size".
    """
    faiss = _faiss()
    rows, width = len(vectors), len(axes)
    # What is drawn is the same for the same library.
    draw = np.random.default_rng(0)
    count = min(rows, _TRAINING_ROWS_PER_LIST * lists)
    chosen = np.sort(draw.choice(rows, count, replace=False))
    # A vector belongs to the cell whose middle is nearest, not to that of the
    # highest product: most would be in the outermost cells.
    quantizer = faiss.IndexFlatL2(width)
    index = _index(quantizer, lists)
    index.cp.seed = 1
    index.cp.spherical = False
    index.cp.max_points_per_centroid = _TRAINING_ROWS_PER_LIST
    index.cp.min_points_per_centroid = 1
    index.train((vectors[chosen] - centre) @ axes.T)
    for start in range(0, rows, _BLOCK_ROWS):
        index.add((vectors[start : start + _BLOCK_ROWS] - centre) @ axes.T)
    made = index.invlists
    sizes = np.array([made.list_size(at) for at in range(lists)], "<i8")
    for at, size in enumerate(sizes.tolist()):
        if size:
            codes = faiss.rev_swig_ptr(made.get_codes(at), size * width)
            ids = faiss.rev_swig_ptr(made.get_ids(at), size)
            file.write(codes.tobytes())
            file.write(ids.astype("<i8").tobytes())
    return {
        "cells": quantizer.reconstruct_n(0, lists).astype("<f4"),
        "code_range": faiss.vector_to_array(index.sq.trained).astype("<f4"),
        "list_size": sizes,
    }


class Lists:
    """Lists on disk, mapped into the memory and never written."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        axes: npt.NDArray[Any],
        cells: npt.NDArray[Any],
        code_range: npt.NDArray[Any],
        list_size: npt.NDArray[Any],
    ):
        """Opens lists; they are at the beginning of a file.

        Args:
            path: The file, long enough for them.
            axes: float32 `[axes, dim]`.
            cells: float32 `[lists, axes]`.
            code_range: float32 `[2 * axes]`.
            list_size: int64 `[lists]`.

        Raises:
            ImportError: There is no faiss.
        """
        faiss = _faiss()
        lists, width = cells.shape
        self._axes = axes
        self._rows = int(list_size.sum())
        # The two below are held by no one else.
        self._quantizer = faiss.IndexFlatIP(width)
        self._quantizer.add(np.ascontiguousarray(cells, np.float32))
        self._index = _index(self._quantizer, lists)
        faiss.copy_array_to_vector(
            np.ascontiguousarray(code_range, np.float32), self._index.sq.trained
        )
        self._index.is_trained = True
        self._index.ntotal = self._rows
        mapped = faiss.OnDiskInvertedLists()
        mapped.nlist, mapped.code_size = lists, width
        mapped.filename = os.fspath(pathlib.Path(path))
        mapped.read_only = True
        # It starts so many threads for every query.
        mapped.prefetch_nthread = 0
        mapped.totsize = file_bytes(self._rows, width)
        mapped.lists.resize(lists)
        sizes = np.ascontiguousarray(list_size, np.uint64)
        mapped.set_all_lists_sizes(faiss.swig_ptr(sizes))
        mapped.do_mmap()
        self._mapped = mapped
        self._index.replace_invlists(mapped, False)

    def search(
        self,
        direction: npt.NDArray[np.floating[Any]],
        count: int,
        mask: npt.NDArray[Any] | None = None,
        share: float = 1.0,
    ) -> npt.NDArray[Any]:
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
        lists = self._index.nlist
        probes = max(LEAST_PROBES, PROBED_SHARE * lists) / max(share, 1e-3)
        probes = min(lists, math.ceil(probes))
        wanted: dict[str, Any] = {"nprobe": probes}
        if mask is not None:
            bits = np.packbits(mask, bitorder="little")
            wanted["sel"] = faiss.IDSelectorBitmap(bits)
        # Lengths do not change the order, and float32 has its limits.
        turned = self._axes @ direction
        turned /= np.linalg.norm(turned) or 1.0
        query = np.ascontiguousarray(turned, np.float32)[np.newaxis]
        _, found = self._index.search(
            query, count, params=faiss.SearchParametersIVF(**wanted)
        )
        rows = found[0]
        # The numbers are as the file has them.
        rows = np.unique(rows[(rows >= 0) & (rows < self._rows)])
        return rows if mask is None else rows[mask[rows]]


def _index(quantizer: Any, lists: int) -> Any:
    faiss = _faiss()
    return faiss.IndexIVFScalarQuantizer(
        quantizer,
        quantizer.d,
        lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
        False,  # codes of the vectors, not of what is left of a cell
    )


def _faiss() -> Any:
    import faiss

    return faiss
