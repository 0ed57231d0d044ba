"""Which recordings of a library come into question."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag import tags
from tftag.search.index import recordings

_MODEL_TAGS = (
    "The index must hold the model's tags to filter by them: it was made "
    "before there were any; make it anew. Received: {}."
)
# What there is to do; who cannot do that is told something else.
WAY_OUT = (
    ": install tftag[write-tags] (mutagen, GPL-2 or later) and make it anew, "
    "with `tftag index FOLDER --out ANOTHER`"
)
_FILE_TAGS = (
    "The index must hold the tags of the files to filter by them"
    + WAY_OUT
    + ". Received: {}."
)
# No year, nor length in seconds, is as large.
_LARGEST = 1e9


@dataclasses.dataclass(frozen=True)
class Filter:
    """What a recording must be; what is not named does not matter.

    Attributes:
        tags: Tags of the model, all of which it has at their thresholds.
        without_tags: Tags of the model, none of which it has.
        artists: One of these made it, as the file says; case does not count.
        albums: It is on one of these.
        years: First and last year, None for no bound; a file that does not
            say is left out where there is one.
        seconds: Shortest and longest length, likewise.
        folders: It lies in one of these, paths inside a root, or below.
    """

    tags: Sequence[str] = ()
    without_tags: Sequence[str] = ()
    artists: Sequence[str] = ()
    albums: Sequence[str] = ()
    years: tuple[int | None, int | None] = (None, None)
    seconds: tuple[float | None, float | None] = (None, None)
    folders: Sequence[str] = ()

    @property
    def is_open(self) -> bool:
        """Whether every recording passes."""
        return self == Filter()

    def check(
        self,
        tag_names: Sequence[str],
        has_model_tags: bool,
        has_file_tags: bool,
    ) -> None:
        """Refuses what an index cannot answer.

        Args:
            tag_names: All tags of the model.
            has_model_tags: Whether the index holds them for its recordings.
            has_file_tags: Whether it holds artist, album and year.

        Raises:
            ValueError: It asks for what the index does not hold, or no
                recording can have.
        """
        for name in ("tags", "without_tags", "artists", "albums", "folders"):
            if isinstance(getattr(self, name), str):  # it has letters, too
                raise ValueError(
                    f"`{name}` must be a list, also of one. Received: "
                    f"{getattr(self, name)!r}."
                )
        for bound in (*self.years, *self.seconds):
            if bound is not None and not abs(bound) < _LARGEST:
                raise ValueError(
                    "A year or length to filter by must be a number below "
                    f"{_LARGEST:g}. Received: {bound!s:.20}."
                )
        for low, high in (self.years, self.seconds):
            if low is not None and high is not None and low > high:
                raise ValueError(
                    "Years and lengths to filter by must go from less to "
                    f"more. Received: {low} to {high}."
                )
        asked = (*self.tags, *self.without_tags)
        if asked and not has_model_tags:
            raise ValueError(_MODEL_TAGS.format(", ".join(map(repr, asked))))
        for name in asked:
            if name not in tag_names:
                near = tags.nearest_spelling(name, tag_names)
                hint = f" The nearest is {near!r}." if near else ""
                raise ValueError(
                    "A tag to filter by must be one of the model's. "
                    f"Received: {name!r}.{hint} It has "
                    f"{', '.join(tag_names)}."
                )
        years = [year for year in self.years if year is not None]
        check_file_tags((*self.artists, *self.albums, *years), has_file_tags)

    def mask(
        self, arrays: Mapping[str, npt.NDArray[Any]], tag_names: Sequence[str]
    ) -> npt.NDArray[Any]:
        """Which rows pass.

        Args:
            arrays: The columns, as `recordings.columns` makes them.
            tag_names: All tags of the model.

        Returns:
            bool `[rows]`.
        """
        found = np.ones(len(arrays["key"]), bool)
        for name in self.tags:
            found &= _has(arrays["given"], list(tag_names).index(name))
        for name in self.without_tags:
            found &= ~_has(arrays["given"], list(tag_names).index(name))
        for column, texts in (("artist", self.artists), ("album", self.albums)):
            if texts:
                keys = np.array(
                    [recordings.text_key(text) for text in texts], "<u8"
                )
                found &= np.isin(arrays[column], keys[keys != 0])
        year = arrays["year"]
        found &= _between(np.where(year == 0, np.nan, year), self.years)
        found &= _between(arrays["seconds"], self.seconds)
        if self.folders:
            inside = np.zeros_like(found)
            for folder in self.folders:
                inside |= _begins(arrays, folder)
            found &= inside
        return found


def check_file_tags(asked: Sequence[object], has_file_tags: bool) -> None:
    """Refuses what only the tags of the files could answer.

    Raises:
        ValueError: Something is asked, and the index does not hold them.
    """
    if asked and not has_file_tags:
        raise ValueError(_FILE_TAGS.format(", ".join(map(repr, asked))))


def _has(given: npt.NDArray[Any], place: int) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = given[:, place // 8] >> (place % 8) & 1 == 1
    return found


def _between(
    values: npt.NDArray[Any], bounds: tuple[float | None, float | None]
) -> npt.NDArray[Any]:
    low, high = bounds
    found = np.ones(len(values), bool)
    if low is not None:
        found &= values >= low  # of NaN: False
    if high is not None:
        found &= values <= high
    return found


def _begins(
    arrays: Mapping[str, npt.NDArray[Any]], folder: str
) -> npt.NDArray[Any]:
    """Which names begin with a folder, without a loop over the rows."""
    folder = os.path.normpath(folder)
    if folder == ".":
        return np.ones(len(arrays["key"]), bool)
    wanted = np.frombuffer(os.fsencode(folder.rstrip("/") + "/"), np.uint8)
    starts, texts = arrays["text_start"], arrays["texts"]
    rows = np.flatnonzero(np.diff(starts) > len(wanted))
    for offset, letter in enumerate(wanted):
        rows = rows[texts[starts[rows] + offset] == letter]
    found = np.zeros(len(arrays["key"]), bool)
    found[rows] = True
    return found
