"""What files say of themselves: title, artist, album, year; by mutagen."""

import importlib.util
import pathlib
import re
from collections.abc import Sequence
from typing import Any, BinaryIO

from tftag.search.index import recordings
from tftag.storage.remote import ranged_file, remote_listing

_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
# The easy names of mutagen, which has none for the ID3 of WAV and AIFF, nor for
# WMA: theirs stand behind.
_NAMES = {
    "title": ("title", "TIT2", "Title"),
    "artist": (
        *("artist", "TPE1", "Author"),
        *("albumartist", "TPE2", "WM/AlbumArtist"),
    ),
    "album": ("album", "TALB", "WM/AlbumTitle"),
    "date": ("date", "year", "TDRC", "WM/Year"),
}


def is_installed() -> bool:
    """Whether mutagen is there."""
    return importlib.util.find_spec("mutagen") is not None


def read(source: pathlib.Path | BinaryIO) -> recordings.FileTags:
    """Reads title, artist, album and year, the first of each.

    A file whose tags cannot be read says nothing: its audio was.

    Args:
        source: An audio file, or what it holds.

    Returns:
        What it says.
    """
    import mutagen

    try:
        found = mutagen.File(source, easy=True)
        tags = None if found is None else found.tags
        texts = {
            fact: "" if tags is None else _first(tags, names)
            for fact, names in _NAMES.items()
        }
    # mutagen raises nearly everything over damaged files.
    except Exception:
        return recordings.FileTags()
    year = _YEAR.search(texts["date"])
    return recordings.FileTags(
        texts["title"],
        texts["artist"],
        texts["album"],
        int(year[0]) if year else 0,
    )


def read_remote(place: remote_listing.NotedFile) -> recordings.FileTags:
    """As `read`, of a file of which only that part is fetched.

    Args:
        place: The file, with its size.

    Returns:
        What it says.

    Raises:
        RemoteError: The server does not give it.
    """
    with ranged_file.opened(place, place.file_bytes) as file:
        return read(file)


def _first(tags: Any, names: Sequence[str]) -> str:
    """The first text of the first of these names that has any."""
    for name in names:
        value = tags.get(name)
        first = next(iter(value), "") if isinstance(value, list) else value
        # Several of APE or ID3 are one text.
        if text := str("" if first is None else first).split("\0")[0]:
            return text
    return ""
