"""An index that changes: what is new goes into a segment of its own.

Small segments are merged as they come to be of like sizes, large ones are
made anew when much of them is gone: so a change costs about as much as it is
large, and a search meets few segments. Every change is there as a whole or
not at all (`contents`).
"""

import contextlib
import dataclasses
import math
import pathlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search.index import contents, opened_parts, recordings
from tftag.search.index.segments import joined_vectors, segment
from tftag.storage import atomic_write, no_links
from tftag.storage.remote import address as addresses

_LOCK = ".lock"
# A segment is merged with what comes after it where that is no smaller than
# this share of it.
_MERGED_FROM_SHARE = 0.25
# Gone rows cost memory and time until a segment is made anew.
_MADE_ANEW_FROM_SHARE = 0.2
# A key's highest bits tell most of those apart that are not the same.
_MARKED_BITS = 20
_UNMARKED_BITS = np.uint64(64 - _MARKED_BITS)


class Locked(ValueError):
    """Another process changes the index now."""


Added = Sequence[tuple[recordings.Recording, npt.NDArray[Any]]]


class Writer:
    """The one that may change an index; made by `opened`.

    Attributes:
        folder: The index.
        parts: What it holds now.
    """

    def __init__(self, folder: pathlib.Path, parts: opened_parts.OpenedParts):
        """Takes an index that is locked; `opened` does."""
        self.folder = folder
        self.parts = parts
        self._changing = threading.RLock()

    def keys(self) -> npt.NDArray[Any]:
        """`Recording.key` of all recordings, in the order of the index."""
        parts = self.parts.parts
        found = [part.segment.arrays["key"][part.rows] for part in parts]
        return np.concatenate([np.zeros(0, np.uint64), *found])

    def change(
        self,
        added: Added,
        gone: Collection[int] = (),
        unusable: Mapping[int, tuple[int, str, str]] | None = None,
    ) -> None:
        """Changes the index at once.

        May be called again with the same, by another thread too, whatever
        became of the first call: Ctrl-C can come between any two steps.

        Args:
            added: Recordings and their vectors, float32 `[dim]`, of unit
                length. One whose key is there takes its place.
            gone: Keys of recordings that are not kept.
            unusable: Of `contents`; as it is where None.

        Raises:
            ValueError: A vector has another shape or length: the index is as
                it was.
            OSError: The disk is full, or may not be written to: likewise.
        """
        _check_vectors(added, self.parts.contents.dim)
        new = {one.key: (one, vector) for one, vector in added}
        # In order, once for all segments: there may be many of both.
        keys = np.array(sorted(new.keys() | set(gone)), "<u8")
        marks = np.zeros(2**_MARKED_BITS, bool)
        marks[keys >> _UNMARKED_BITS] = True
        with self._changing:
            kept = [_without(one, keys, marks) for one in self.parts.parts]
            kept = [part for part in kept if len(part)]
            if new:
                facts, vectors = zip(*new.values(), strict=True)
                tag_names = self.parts.contents.tag_names
                columns = recordings.columns(facts, tag_names)
                kept.append(self._written(np.stack(vectors), columns))
            held = self.parts.contents
            if unusable is not None:
                held = dataclasses.replace(held, unusable=dict(unusable))
            most = segment.LISTS_FROM_ROWS - 1
            self._replace(held, self._merged(kept, most))

    def settle(self) -> bool:
        """Merges what is large, too, and makes anew what is mostly gone.

        This can take minutes where there are a million recordings. A kill
        leaves the index as it was.

        Returns:
            Whether there was anything to do.
        """
        parts = [
            self._anew([part]) if _is_worn(part) else part
            for part in self.parts.parts
        ]
        merged = self._merged(parts, math.inf)
        if list(self.parts.parts) == merged:
            return False
        self._replace(self.parts.contents, merged)
        return True

    def set_roots(self, folders: Sequence[addresses.Place]) -> None:
        """Says which folders are indexed.

        One that was keeps its number; the recordings of one that no longer is
        are dropped.
        """
        held = self.parts.contents
        wanted = [opened_parts.stored_root(self.folder, one) for one in folders]
        roots = [one if one in wanted else None for one in held.roots]
        roots += [one for one in wanted if one not in roots]
        if roots == list(held.roots):
            return
        dropped = [at for at, one in enumerate(roots) if one is None]
        parts = [
            part.narrowed(~np.isin(part.segment.arrays["root"], dropped))
            for part in self.parts.parts
        ]
        held = dataclasses.replace(
            held,
            roots=tuple(roots),
            unusable={
                key: one
                for key, one in held.unusable.items()
                if one[0] not in dropped
            },
        )
        self._replace(held, [part for part in parts if len(part)])

    def set_readers(self, decoders: str, reads_file_tags: bool) -> None:
        """Says what reads the files from now on.

        Args:
            decoders: Others may read more: what was unusable is tried again.
            reads_file_tags: Whether artist, album and year will be known.
        """
        held = self.parts.contents
        is_same = held.decoders == decoders
        now = dataclasses.replace(
            held,
            decoders=decoders,
            unusable=held.unusable if is_same else {},
            has_file_tags=held.has_file_tags and reads_file_tags,
        )
        if now != held:
            self._replace(now, self.parts.parts)

    def _merged(
        self, parts: list[opened_parts.OpenedPart], most_rows: float
    ) -> list[opened_parts.OpenedPart]:
        """Makes one of the last segments where they are of like sizes."""
        first = _first_to_merge(parts, most_rows)
        if len(parts) - first < 2:
            return parts
        return [*parts[:first], self._anew(parts[first:])]

    def _anew(
        self, parts: list[opened_parts.OpenedPart]
    ) -> opened_parts.OpenedPart:
        """Writes what is there of some segments into one."""
        columns = {
            name: np.concatenate(
                [part.segment.arrays[name][part.rows] for part in parts]
            )
            for name in _COLUMNS
        }
        lengths = [_text_lengths(part)[part.rows] for part in parts]
        columns["texts"] = np.concatenate([_texts(part) for part in parts])
        columns["text_start"] = np.cumsum(
            np.concatenate([[0], *lengths]), dtype="<i8"
        )
        vectors = joined_vectors.JoinedVectors(
            [(part.segment.arrays["vectors"], part.rows) for part in parts]
        )
        return self._written(vectors, columns)

    def _written(
        self,
        vectors: joined_vectors.Vectors,
        columns: Mapping[str, npt.NDArray[Any]],
    ) -> opened_parts.OpenedPart:
        tags = len(self.parts.contents.tag_names)
        made = segment.write(self.folder, vectors, columns, tags)
        return opened_parts.OpenedPart(made, np.ones(len(made), bool))

    def _replace(
        self,
        held: contents.Contents,
        parts: Sequence[opened_parts.OpenedPart],
    ) -> None:
        named = tuple(
            contents.Part(
                part.segment.name,
                part.segment.shape,
                part.segment.crc,
                tuple(np.flatnonzero(~part.is_there).tolist()),
            )
            for part in parts
        )
        held = dataclasses.replace(held, parts=named)
        contents.write(self.folder, held)
        self.parts = opened_parts.OpenedParts(held, parts)
        segment.remove_others(self.folder, [part.name for part in named])


@contextlib.contextmanager
def opened(
    folder: pathlib.Path,
    new: contents.Contents,
    start_over: Callable[[ValueError], None] | None = None,
) -> Iterator[Writer]:
    """Opens an index to change it; makes one where there is none.

    Args:
        folder: The index.
        new: What a new one begins with; says which model is asked for.
        start_over: Gets the reason where the index is damaged or of another
            model; then it begins anew. For an index that nobody named.

    Raises:
        Locked: Another process changes it.
        OtherFormat: It is of another version of tftag.
        ValueError: The index is damaged or of another model, or the folder
            holds something else.
        OSError: It cannot be written.
    """
    no_links.refuse(folder)
    folder.mkdir(exist_ok=True)
    check_place(folder)
    with no_links.append(folder / _LOCK) as file:
        try:
            no_links.take(file, f"Another process changes {folder} now.")
        except ValueError as error:
            raise Locked(str(error)) from error
        if not contents.is_index(folder):
            contents.write(folder, new)
        try:
            parts = _opened_parts(folder, new)
        except ValueError as error:
            if start_over is None or isinstance(error, contents.OtherFormat):
                raise
            start_over(error)
            contents.write(folder, new)
            segment.remove_others(folder, ())
            parts = _opened_parts(folder, new)
        yield Writer(folder, parts)


def check_place(folder: pathlib.Path) -> None:
    """Raises ValueError where a folder holds something else than an index."""
    others = [
        path.name
        for path in folder.iterdir()
        # What a kill left of the first write, or another process begins.
        if path.name != _LOCK and not atomic_write.is_temporary(path.name)
    ]
    if others and not contents.is_index(folder):
        raise ValueError(
            "An index goes into a folder of its own. Received: "
            f"{folder}, which holds {others[0]!r}."
        )


def check_model(
    folder: pathlib.Path, held: contents.Contents, model: str, dim: int
) -> None:
    """Refuses a model that the index is not of.

    Raises:
        ValueError: It is of another.
    """
    if (held.model, held.dim) != (model, dim):
        raise ValueError(
            f"The index must be of the model that is asked, {model!r}; ask "
            f"with its own, {held.model_name}, or make another index. "
            f"Received: an index of {held.model!r}, {folder}."
        )


def _opened_parts(
    folder: pathlib.Path, new: contents.Contents
) -> opened_parts.OpenedParts:
    parts = opened_parts.OpenedParts.open(folder)
    check_model(folder, parts.contents, new.model, new.dim)
    return parts


def _check_vectors(added: Added, dim: int) -> None:
    """Refuses what an index could be written with, and not be read again."""
    wrong = [one.name for one, vector in added if np.shape(vector) != (dim,)]
    if added and not wrong:
        lengths = np.linalg.norm([vector for _, vector in added], axis=1)
        # Not `>=`: of what is no number neither holds.
        is_unit = np.abs(lengths - 1) < segment.UNIT_TOLERANCE
        wrong = [added[at][0].name for at in np.flatnonzero(~is_unit)]
    if wrong:
        raise ValueError(
            f"The vectors of an index must be of shape [{dim}] and of length "
            f"1. Received: {len(wrong)} others, the first of {wrong[0]!r:.200}."
        )


_COLUMNS = (
    *("key", "size_bytes", "modified_ns", "artist", "album", "seconds"),
    *("year", "root", "given"),
)


def _without(
    part: opened_parts.OpenedPart,
    keys: npt.NDArray[Any],
    marks: npt.NDArray[Any],
) -> opened_parts.OpenedPart:
    """What is there of a segment but these keys, which are in order."""
    held = part.segment.arrays["key"]
    # Few pass: each change asks all segments, and of those there are many.
    rows = np.flatnonzero(marks[held >> _UNMARKED_BITS])
    places = np.searchsorted(keys, held[rows])
    rows = rows[keys[places.clip(max=len(keys) - 1)] == held[rows]]
    if not len(rows):
        return part
    kept = np.ones(len(held), bool)
    kept[rows] = False
    return part.narrowed(kept)


def _is_worn(part: opened_parts.OpenedPart) -> bool:
    gone = len(part.segment) - len(part)
    return gone > _MADE_ANEW_FROM_SHARE * len(part.segment)


def _first_to_merge(
    parts: Sequence[opened_parts.OpenedPart], most_rows: float
) -> int:
    """Number of the segment from which on all become one."""
    first, rows = len(parts) - 1, len(parts[-1]) if parts else 0
    while first > 0:
        before = len(parts[first - 1])
        is_alike = rows >= _MERGED_FROM_SHARE * before
        if not is_alike or rows + before > most_rows:
            break
        first, rows = first - 1, rows + before
    return first


def _text_lengths(part: opened_parts.OpenedPart) -> npt.NDArray[Any]:
    return np.diff(part.segment.arrays["text_start"])


def _texts(part: opened_parts.OpenedPart) -> npt.NDArray[Any]:
    texts = part.segment.arrays["texts"]
    return texts[np.repeat(part.is_there, _text_lengths(part))]
