"""Millions of recordings in columns; a `Track` is one row."""

import dataclasses
import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from pipelines.manifest import tag_lists, texts

# The codec of a recording that was converted; all others are read in place.
PREPARED = "prepared"
_BLOCK_ROWS = 8_192


@dataclasses.dataclass(frozen=True)
class Track:
    """One prepared recording.

    Attributes:
        track_id: Unique name.
        path: Its file, relative to the manifest's folder, with `/`; absolute or
            an address if it was not converted and lies elsewhere.
        split: One of `SPLITS`, or "" for none.
        artist: Its artist, "" if unknown.
        tags: All clean tags, also those outside the vocabulary.
        samples: Length of the recording at the manifest's rate.
        peak: Loudest absolute sample before scaling to full scale.
        data_offset: Byte of a prepared WAV at which the samples start.
        file_bytes: Size of the file.
        audio_hash: Equal for equal samples.
        codec: `PREPARED`, or the codec of a file that was not converted, such
            as `flac/pcm_16`.
        source_rate_hz: Sample rate of a file that was not converted, else 0.
        source_frames: Its length at that rate, else 0.
    """

    track_id: str
    path: str
    split: str
    artist: str
    tags: tuple[str, ...]
    samples: int
    peak: float
    data_offset: int
    file_bytes: int
    audio_hash: str
    codec: str = PREPARED
    source_rate_hz: int = 0
    source_frames: int = 0


COLUMNS = tuple(field.name for field in dataclasses.fields(Track))
TYPES: dict[str, Any] = {
    field.name: field.type for field in dataclasses.fields(Track)
}
NUMBERS = tuple(n for n, kind in TYPES.items() if kind in (int, float))
TEXTS = tuple(n for n, kind in TYPES.items() if kind is str)
_values = operator.attrgetter(*COLUMNS)
Column = (
    texts.Texts
    | texts.Decimals
    | np.ndarray
    | tag_lists.TagLists
    | tag_lists.TagCells
)


class Tracks(Sequence[Track]):
    """Recordings in columns; a `Track` is made on demand.

    A selection (`take`, a slice) shares the columns.

    Example:
        >>> made = Tracks.of([])
        >>> len(made), made.numbers("samples").dtype, made.texts("path")
        (0, dtype('int64'), [])
    """

    def __init__(
        self, columns: Mapping[str, Column], rows: np.ndarray | None = None
    ):
        """Takes columns as they are.

        Args:
            columns: Those of `COLUMNS`, of one length.
            rows: Which rows of them, in which order; None for all.

        Raises:
            ValueError: The columns are of several lengths.
        """
        self._columns: Any = {name: columns[name] for name in COLUMNS}
        held, *others = {len(column) for column in self._columns.values()}
        if others:
            lengths = {name: len(each) for name, each in columns.items()}
            raise ValueError(
                "All columns must be of one length, a value for each "
                f"recording. Received: {lengths}."
            )
        self._rows = np.arange(held) if rows is None else rows

    @classmethod
    def of(cls, tracks: Iterable[Track]) -> "Tracks":
        """The columns of recordings that are there already."""
        if isinstance(tracks, Tracks):
            return tracks
        return cls.of_rows(map(_values, tracks))

    @classmethod
    def of_rows(cls, rows: Iterable[tuple]) -> "Tracks":
        """The columns of rows of values in the order of `COLUMNS`.

        Raises:
            TypeError: A number of samples, bytes or frames is not whole.
        """
        parts: dict[str, list] = {name: [] for name in COLUMNS}
        rows = iter(rows)
        while block := list(itertools.islice(rows, _BLOCK_ROWS)):
            for name, values in zip(
                COLUMNS, zip(*block, strict=True), strict=True
            ):
                if name in NUMBERS:
                    parts[name].append(_numbers(name, values))
                else:
                    parts[name] += values
        return cls({name: _column(name, parts[name]) for name in COLUMNS})

    def __len__(self) -> int:
        """How many recordings there are."""
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Track: ...
    @overload
    def __getitem__(self, at: slice) -> "Tracks": ...
    def __getitem__(self, at: int | slice) -> "Track | Tracks":
        """The recording at a position, or those of a slice."""
        if isinstance(at, slice):
            return Tracks(self._columns, self._rows[at])
        row = int(self._rows[at])
        return Track(
            *[
                column.item(row)
                if isinstance(column, np.ndarray)
                else column[row]
                for column in self._columns.values()
            ]
        )

    def __iter__(self) -> Iterator[Track]:
        """Makes one after the other."""
        for values in self.blocks():
            yield from map(Track, *values)

    def __eq__(self, other: object) -> bool:
        """Whether the others are the same recordings in the same order."""
        if self is other:
            return True
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # like a list

    def take(self, rows: Iterable[int] | np.ndarray) -> "Tracks":
        """The recordings at these positions, in this order."""
        if not isinstance(rows, np.ndarray):
            rows = np.array(list(rows), np.int64)
        return Tracks(self._columns, self._rows[rows])

    def numbers(self, name: str) -> np.ndarray:
        """A number of every recording, int64 or float64.

        Args:
            name: One of `NUMBERS`.
        """
        return self._columns[name].take(self._rows)

    def texts(self, name: str) -> list[str]:
        """A text of every recording.

        Args:
            name: One of `TEXTS`.
        """
        return self._columns[name].of_rows(self._rows)

    def where(self, name: str, text: str, is_start: bool = False) -> np.ndarray:
        """Whether each recording has this text, bool `[tracks]`.

        Args:
            name: One of `TEXTS`.
            text: What to look for.
            is_start: Whether more may follow.
        """
        held = np.zeros(len(self._columns[name]), bool)
        held[self._columns[name].rows_with(text, is_start)] = True
        return held[self._rows]

    @property
    def tags(self) -> tag_lists.TagLists:
        """The tags of every recording."""
        return self._columns["tags"].take(self._rows)

    def blocks(
        self, names: Sequence[str] = COLUMNS
    ) -> Iterator[list[list[Any]]]:
        """Yields Python's values of some rows after the other.

        Args:
            names: The columns that are wanted.
        """
        for first in range(0, len(self), _BLOCK_ROWS):
            rows = self._rows[first : first + _BLOCK_ROWS]
            yield [
                self._columns[name].take(rows).tolist()
                if name in NUMBERS
                else self._columns[name].of_rows(rows)
                for name in names
            ]

    def with_texts(self, name: str, values: Iterable[str]) -> "Tracks":
        """The same recordings with others of a text.

        Args:
            name: One of `TEXTS`.
            values: One for each recording.

        Raises:
            ValueError: There are more, or fewer.
        """
        columns = {
            each: column.take(self._rows)
            for each, column in self._columns.items()
        }
        return Tracks({**columns, name: texts.Texts.of(values)})


def _column(name: str, values: list) -> Column:
    """The column of texts, tags, or parts of numbers."""
    if name in TEXTS:
        return texts.Texts.of(values)
    if name == "tags":
        return tag_lists.TagLists.of(values)
    return np.concatenate([_numbers(name, ()), *values])


def _numbers(name: str, values: Sequence[Any]) -> np.ndarray:
    if TYPES[name] is float:
        return np.fromiter(map(float, values), np.float64, len(values))
    # Not rounded in silence.
    return np.fromiter(map(operator.index, values), np.int64, len(values))
