"""A library on disk: found by words, by example, with filters, from any size.

    index = library_index.LibraryIndex.open("my.index")
    vectors, _ = encoder.embed_texts(["dreamy", "vocals"])
    index.search([query.Term("dreamy"), query.Term("vocals", -1)], vectors)
    index.similar([index.vector_of("music/a.mp3")], leave_out=["music/a.mp3"])

How words and examples become one ranking is in `combination`.

Up to `EXACT_ROWS` recordings that come into question, every one is compared.
Where there are more, those that lists of 8-bit codes find (`inverted_lists`)
are compared again in float32. Nothing here needs TensorFlow.
"""

import dataclasses
import functools
import math
import os
import pathlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search import combination, query
from tftag.search.index import (
    contents,
    filters,
    opened_parts,
    ranking,
    recordings,
)
from tftag.search.index.segments import moments
from tftag.storage.remote import address as addresses
from tftag.words import unit_vectors

_Array = npt.NDArray[Any]
_File = str | os.PathLike[str]
_Known = tuple[addresses.Place, recordings.Recording]

# Of examples to turn away from, together, against those to be like.
_UNLIKE_WEIGHT = 0.5
_ANY = filters.Filter()


@dataclasses.dataclass(frozen=True)
class Hit:
    """A recording that was found.

    Attributes:
        path: The file, or its address: its root and its name in it.
        name: Its path inside its root, as `Filter.folders` takes it.
        score: By how many standard deviations it lies above the mean of the
            library for this query; what recordings are ranked by. By chance,
            the best of 1,000 has about 3. 0 where all have one score.
        percentile: Share of the library, 0 to 1, that scores lower; of at
            most 4,096 recordings that are spread over it.
        cosines: With each term, or each example. They compare recordings, not
            terms with each other.
        title: As the file's own tags have it, as are the next three; "" where
            they do not, or where they were not read.
        artist: Who made it.
        album: Where it appeared.
        year: When; None where the file does not say.
        seconds: Length of its audio; None where it was not measured.
        tags: The model's tags at or above their thresholds.
        copies: Files that sound the same and were left out for this one.
        key: What `find` finds it by; changes with the file.
    """

    path: addresses.Place
    name: str
    score: float
    percentile: float
    cosines: tuple[float, ...]
    title: str
    artist: str
    album: str
    year: int | None
    seconds: float | None
    tags: tuple[str, ...]
    copies: tuple[addresses.Place, ...] = ()
    key: int = 0


class LibraryIndex:
    """The index of a library, open to be asked; made by `open`.

    It stays what it was when it was opened, also while another process
    changes it; open it again to see the changes (`is_current`). Several
    threads may ask at once.

    Attributes:
        folder: Where it lies.
        model: Fingerprint of the space its vectors are of: that of
            `SavedDualEncoder.space`. Ask with no other.
        model_name: What the model was opened by: a preset's name or a folder.
            An index may come from a stranger: open a preset of that name,
            never a folder that an index names.
        dim: Length of a vector.
        tag_names: Tags of the model.
        roots: The folders that were indexed; every path is below one.
        numbered_roots: They as recordings name them, by number; None for one
            that is no longer indexed.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        parts: opened_parts.OpenedParts,
        shown_root: pathlib.Path | None = None,
    ):
        """Takes opened parts; `open` does."""
        held = parts.contents
        self.folder = folder
        self.model = held.model
        self.model_name = held.model_name
        self.dim = held.dim
        self.tag_names = held.tag_names
        self.numbered_roots = tuple(
            root if root is None else shown_root or root
            for root in opened_parts.absolute_roots(folder, held.roots)
        )
        self.roots = tuple(
            root for root in self.numbered_roots if root is not None
        )
        self.contents = held
        self._parts = parts

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str],
        *,
        shown_root: pathlib.Path | None = None,
    ) -> "LibraryIndex":
        """Opens an index.

        Args:
            folder: What `tftag index` made.
            shown_root: How to write the root of an index that has one, as a
                person typed it; whole, where None.

        Raises:
            FileNotFoundError: There is no index.
            ValueError: It is damaged, or of a later version of tftag.
        """
        folder = pathlib.Path(folder)
        return cls(folder, opened_parts.OpenedParts.open(folder), shown_root)

    def __len__(self) -> int:
        """Number of recordings."""
        return len(self._parts)

    @property
    def is_current(self) -> bool:
        """Whether nobody has changed the index since it was opened."""
        try:
            return contents.read(self.folder) == self.contents
        except (OSError, ValueError):
            return False

    @property
    def paths(self) -> Iterator[addresses.Place]:
        """Yields the file of each recording, in the order of the index."""
        for one in self.each_recording():
            yield self._path(one)

    def each_recording(self) -> Iterator[recordings.Recording]:
        """Yields what is known of each recording, in the order of the index."""
        for part, row in self._parts.rows():
            yield self._recording(part, row)

    @functools.cached_property
    def _moments(self) -> moments.Moments:
        """Count, sum and outer products of all vectors."""
        return self._parts.moments()

    def vectors(self) -> Iterator[_Array]:
        """Yields float32 `[some recordings, dim]`, in the order of `paths`."""
        return self._parts.vectors()

    def vector_of(self, path: str | os.PathLike[str]) -> _Array | None:
        """The vector of a file that is indexed, without decoding it.

        Args:
            path: The file, by any name under which it lies below a root.

        Returns:
            float32 `[dim]` of unit length; None where the index does not hold
            it, or holds what it was before it changed.
        """
        for key in self._keys(path):
            if (found := self.vector_of_key(key)) is not None:
                return found
        return None

    def find(self, key: int) -> _Known | None:
        """A recording by its `Recording.key`: its file, and what is known."""
        if (found := self._parts.find(key)) is None:
            return None
        known = self._recording(*found)
        return self._path(known), known

    def vector_of_key(self, key: int) -> _Array | None:
        """The vector of a recording, float32 `[dim]`, by its key."""
        if (found := self._parts.find(key)) is None:
            return None
        part, row = found
        return np.array(part.segment.arrays["vectors"][row])

    def search(
        self,
        terms: Sequence[query.Term],
        vectors: npt.NDArray[np.floating[Any]],
        top: int = 10,
        *,
        where: filters.Filter = _ANY,
        most_per_artist: int | None = None,
        collapse_copies: bool = True,
        leave_out: Collection[_File | int] = (),
    ) -> list[Hit]:
        """The recordings that fit a query best.

        Args:
            terms: Of `query.parse`.
            vectors: Of the terms in the space of the index, `[terms, dim]`,
                of any length but 0.
            top: How many to return; all where there are fewer.
            where: What they must be.
            most_per_artist: At most so many of one artist, as the files name
                them; recordings without an artist are not counted.
            collapse_copies: Whether of recordings that sound the same the
                best alone is returned, the others in its `copies`.
            leave_out: Files, or keys of recordings, not to return.

        Returns:
            From the best down, equal ones by path.

        Raises:
            ValueError: Shapes or weights do not fit, a vector has no
                direction, or the index does not hold what is filtered by.
        """
        weights = np.array([term.weight for term in terms], np.float64)
        options = self._options(
            top, where, most_per_artist, collapse_copies, leave_out
        )
        return self._found(weights, vectors, options)

    def similar(
        self,
        like: Sequence[_Array],
        unlike: Sequence[_Array] = (),
        top: int = 10,
        *,
        where: filters.Filter = _ANY,
        most_per_artist: int | None = None,
        collapse_copies: bool = True,
        leave_out: Collection[_File | int] = (),
    ) -> list[Hit]:
        """The recordings that sound like some and unlike others.

        Args:
            like: Vectors `[dim]` of recordings, as `vector_of` or
                `SavedDualEncoder.embed_file` gives them; at least one. They
                count equally.
            unlike: Vectors of recordings to turn away from; together they
                count half as much.
            top: As for `search`, and so are the others.
            where: What they must be.
            most_per_artist: At most so many of one artist.
            collapse_copies: Whether copies are returned once.
            leave_out: Such as those that are asked with.

        Returns:
            As `search`; the cosines are with `like`, then `unlike`.

        Raises:
            ValueError: As `search`.
        """
        like, unlike = list(like), list(unlike)
        if not like:
            raise ValueError("`like` must have at least one vector.")
        weights = np.array(
            [1 / len(like)] * len(like)
            + [-_UNLIKE_WEIGHT / max(len(unlike), 1)] * len(unlike)
        )
        options = self._options(
            top, where, most_per_artist, collapse_copies, leave_out
        )
        return self._found(weights, np.stack([*like, *unlike]), options)

    def _options(
        self,
        top: int,
        where: filters.Filter,
        most_per_artist: int | None,
        collapse_copies: bool,
        leave_out: Collection[_File | int],
    ) -> ranking.SearchOptions:
        if isinstance(leave_out, str):  # it has letters, too
            raise ValueError(
                f"`leave_out` must be a list. Received: {leave_out!r}."
            )
        keys = frozenset(key for path in leave_out for key in self._keys(path))
        cosine = ranking.copy_cosine(self._moments) if collapse_copies else None
        return ranking.SearchOptions(top, where, most_per_artist, cosine, keys)

    def _found(
        self, weights: _Array, vectors: _Array, options: ranking.SearchOptions
    ) -> list[Hit]:
        self._check(weights, vectors, options)
        if not len(self):
            return []
        unit = unit_vectors.unit(vectors, "vectors")
        direction = combination.direction(weights, unit, self._moments)
        (mean,), (spread,) = self._moments.mean_and_spread(direction[None])
        chosen = ranking.best(self._parts, direction, options)
        sample = self._parts.sample_products(direction)
        found = []
        for one in chosen:
            facts = self._recording(one.part, one.row)
            found.append(
                Hit(
                    self._path(facts),
                    facts.name,
                    float((one.score - mean) / spread) if spread else 0.0,
                    _share_below(sample, one.score, spread),
                    tuple((unit @ one.vector).tolist()),
                    facts.title,
                    facts.artist,
                    facts.album,
                    facts.year or None,
                    None if math.isnan(facts.seconds) else facts.seconds,
                    facts.tags,
                    tuple(
                        self._path(self._recording(*copy))
                        for copy in one.copies
                    ),
                    facts.key,
                )
            )
        return found

    def _check(
        self, weights: _Array, vectors: _Array, options: ranking.SearchOptions
    ) -> None:
        expected = (len(weights), self.dim)
        if np.shape(vectors) != expected or not len(weights):
            raise ValueError(
                f"`vectors` must be [terms, {self.dim}], of the model "
                f"{self.model!r}, and there must be a term. Received: shape "
                f"{np.shape(vectors)} for {len(weights)} terms."
            )
        held = self.contents
        options.where.check(
            held.tag_names, held.has_model_tags, held.has_file_tags
        )
        if options.most_per_artist is not None:
            filters.check_file_tags(
                [f"{options.most_per_artist} per artist"], held.has_file_tags
            )

    def _recording(
        self, part: opened_parts.OpenedPart, row: int
    ) -> recordings.Recording:
        try:
            found = recordings.row(part.segment.arrays, row, self.tag_names)
            if self.numbered_roots[found.root] is None:
                raise ValueError(f"{found.name!r} is of no root")
        except (ValueError, LookupError) as error:
            raise contents.damaged(self.folder, error) from error
        return found

    def _path(self, one: recordings.Recording) -> addresses.Place:
        return (self.numbered_roots[one.root] or pathlib.Path()) / one.name

    def _keys(self, path: _File | int) -> Iterator[int]:
        """Yields what the file would have for a key, below each root."""
        if isinstance(path, int):
            yield path
            return
        try:
            state = os.stat(path)
        except (OSError, ValueError):  # no file has a name with a NUL
            return
        for number, root in enumerate(self.numbered_roots):
            if not isinstance(root, pathlib.Path):
                continue
            for whole in (os.path.abspath, os.path.realpath):
                name = os.path.relpath(whole(path), whole(root))
                if recordings.is_inside(name):
                    size, changed = state.st_size, state.st_mtime_ns
                    yield recordings.Recording(name, number, size, changed).key


def _share_below(sample: _Array, score: float, spread: float) -> float:
    """Share of a sample that scores lower, but for rounding."""
    return np.count_nonzero(sample < score - 3e-6 * spread) / len(sample)
