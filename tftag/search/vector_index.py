"""The search of a library: embeddings of its recordings, all in memory.

A cosine between a text and a recording says little by itself: the two come
from different towers, and the best of a library may lie at 0.2. So a hit has
its z-score too: by how many standard deviations it lies above the mean of the
whole library for the same query. Among 1,000 recordings that have nothing to
do with the query, the best still has about 3, so a search that finds nothing
above that has found nothing.
"""

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search import top_scores
from tftag.words import unit_vectors

# A block of rows and its products stay in the processor's cache.
_BLOCK_ROWS = 4096
# Rounding to float32 moves a length by less.
_UNIT_TOLERANCE = 1e-4


@dataclasses.dataclass(frozen=True)
class Hit:
    """A recording that was found.

    Attributes:
        id: of the recording.
        score: its cosine with the query, or what was ranked by.
        z_score: standard deviations above the mean of the library for this
            query; 0 where all recordings have one score.
    """

    id: str
    score: float
    z_score: float


@dataclasses.dataclass(frozen=True, eq=False)
class Index:
    """Recordings and where they lie in the space of a model.

    It does not change: `add` and `remove` return another one.

    Attributes:
        ids: of the recordings, such as their paths; unique.
        embeddings: float32 `[recordings, dim]`, each of length 1; read-only.
        model: fingerprint of the model that made them. Another model has
            another space, and cosines across two are noise.
    """

    ids: tuple[str, ...]
    embeddings: npt.NDArray[np.floating[Any]]
    model: str

    def __post_init__(self) -> None:
        """Refuses what could not be searched."""
        object.__setattr__(self, "ids", _checked_ids(self.ids))
        if not self.model or not isinstance(self.model, str):
            raise ValueError(
                "`model` must be the fingerprint of the model. "
                f"Received: {self.model!r}."
            )
        rows = np.asarray(self.embeddings, np.float32)
        if rows.ndim != 2 or len(rows) != len(self.ids) or not rows.shape[1]:
            raise ValueError(
                f"`embeddings` must be [{len(self.ids)} recordings, dim]. "
                f"Received: shape {rows.shape}."
            )
        square = np.einsum("nd,nd->n", rows, rows)
        off = np.flatnonzero(~(np.abs(square - 1) < _UNIT_TOLERANCE))
        if off.size:
            raise ValueError(
                "`embeddings` must have length 1: make the index with `build`. "
                f"Received: {off.size} that have not, as that of "
                f"{self.ids[off[0]]!r}."
            )
        rows = rows.view()
        rows.flags.writeable = False
        object.__setattr__(self, "embeddings", rows)

    def __len__(self) -> int:
        """Number of recordings."""
        return len(self.ids)

    def add(
        self,
        ids: Sequence[str],
        embeddings: npt.NDArray[np.floating[Any]],
        model: str,
    ) -> "Index":
        """Adds recordings; one that is there is replaced at its place.

        Args:
            ids: of the recordings, each once.
            embeddings: `[recordings, dim]`, of any length but 0.
            model: fingerprint of the model that made them.

        Returns:
            The index with them.

        Raises:
            ValueError: another model or dim, an id twice, or an embedding
                without direction.
        """
        if model != self.model:
            raise ValueError(
                "An index holds the embeddings of one model, "
                f"{self.model!r}; build another index for another model. "
                f"Received: embeddings of {model!r}."
            )
        new = build(ids, embeddings, model)
        dim = self.embeddings.shape[1]
        if new.embeddings.shape[1] != dim:
            raise ValueError(
                f"`embeddings` must be [recordings, {dim}]. "
                f"Received: shape {new.embeddings.shape}."
            )
        place = {name: at for at, name in enumerate(self.ids)}
        for name in new.ids:
            place.setdefault(name, len(place))
        joined = np.empty((len(place), dim), np.float32)
        joined[: len(self)] = self.embeddings
        joined[[place[name] for name in new.ids]] = new.embeddings
        return Index(tuple(place), joined, self.model)

    def remove(self, ids: Collection[str]) -> "Index":
        """Removes recordings.

        Args:
            ids: of the recordings.

        Returns:
            The index without them, the others in their order.

        Raises:
            ValueError: one of them is not there.
        """
        gone = _known(ids, self.ids)
        rows = [at for at, name in enumerate(self.ids) if name not in gone]
        kept = tuple(self.ids[row] for row in rows)
        return Index(kept, self.embeddings[rows], self.model)

    def cosines(
        self, vector: npt.NDArray[np.floating[Any]]
    ) -> npt.NDArray[np.floating[Any]]:
        """Cosines of all recordings with a query.

        Args:
            vector: `[dim]`, of any length but 0.

        Returns:
            float32 `[recordings]`; equal embeddings have equal cosines.

        Raises:
            ValueError: another shape, or no direction.
        """
        vector = np.asarray(vector)
        dim = self.embeddings.shape[1]
        if vector.shape != (dim,):
            raise ValueError(
                f"`vector` must be [{dim}], of the model {self.model!r}. "
                f"Received: shape {vector.shape}."
            )
        vector = unit_vectors.unit(vector[np.newaxis], "vector")[0]
        vector = vector.astype(np.float32)
        found = np.empty(len(self), np.float32)
        # Not the matrix product: its rounding depends on a row's place, and
        # ties between copies of a recording would fall at random.
        for start in range(0, len(self), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            found[block] = np.einsum(
                "nd,d->n", self.embeddings[block], vector, optimize=False
            )
        return found

    def search(
        self,
        vector: npt.NDArray[np.floating[Any]],
        top: int = 10,
        *,
        leave_out: Collection[str] = (),
    ) -> list[Hit]:
        """The recordings nearest to a query.

        Args:
            vector: `[dim]`: an embedding of text or of audio, or what
                `combination.query_vector` made of several.
            top: how many to return; all where there are fewer.
            leave_out: ids not to return, such as the recording that is asked
                with.

        Returns:
            The hits from the best down, equal ones in the order of the index.

        Raises:
            ValueError: another shape, no direction, or an unknown id.
        """
        return self.best(self.cosines(vector), top, leave_out=leave_out)

    def best(
        self,
        scores: npt.NDArray[np.floating[Any]],
        top: int = 10,
        *,
        leave_out: Collection[str] = (),
    ) -> list[Hit]:
        """The recordings with the highest scores, however made.

        Args:
            scores: `[recordings]`, in the order of `ids`: cosines, or what
                `combination.combined_scores` or `hubness.corrected` made of
                them.
            top: how many to return; all where there are fewer.
            leave_out: ids not to return.

        Returns:
            As `search`.

        Raises:
            ValueError: another shape, not finite, an unknown id, or `top` is
                below 1.
        """
        scores = np.asarray(scores)
        if scores.shape != (len(self),) or not np.isfinite(scores).all():
            raise ValueError(
                f"`scores` must be [{len(self)}] and finite. Received: shape "
                f"{scores.shape}, {(~np.isfinite(scores)).sum()} not finite."
            )
        if top < 1:
            raise ValueError(f"`top` must be at least 1. Received: {top}.")
        left_out = _known(leave_out, self.ids)
        z_scores = top_scores.standardized(scores)
        rows = top_scores.best_rows(scores, top + len(left_out))
        return [
            Hit(self.ids[row], float(scores[row]), float(z_scores[row]))
            for row in rows
            if self.ids[row] not in left_out
        ][:top]


def build(
    ids: Sequence[str], embeddings: npt.NDArray[np.floating[Any]], model: str
) -> Index:
    """Makes an index.

    Args:
        ids: of the recordings, such as their paths; each once.
        embeddings: `[recordings, dim]`, of any length but 0.
        model: fingerprint of the model that made them.

    Returns:
        The index, in the order of `ids`.

    Raises:
        ValueError: shapes do not fit, an id is there twice, or an embedding
            has no direction.
    """
    rows = unit_vectors.unit(embeddings, "embeddings")
    return Index(tuple(ids), rows.astype(np.float32), model)


def _known(ids: Iterable[str], known: Any) -> set[str]:
    if isinstance(ids, str):
        raise TypeError(f"Ids must be several, as in a list. Received: {ids!r}")
    wanted = set(ids)
    if missing := wanted.difference(known):
        raise ValueError(
            f"The index must hold the ids. Received: {len(missing)} that it "
            f"does not hold, as {min(missing)!r}."
        )
    return wanted


def _checked_ids(ids: Sequence[str]) -> tuple[str, ...]:
    if isinstance(ids, str) or not all(isinstance(n, str) and n for n in ids):
        raise TypeError(f"Ids must be strings. Received: {ids!r:.200}")
    if len(set(ids)) < len(ids):
        twice = next(n for n in ids if ids.count(n) > 1)
        raise ValueError(f"An id must stand once. Received twice: {twice!r}.")
    return tuple(ids)
