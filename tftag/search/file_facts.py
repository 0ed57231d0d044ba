"""What files say of themselves: title, artist, album, year; by mutagen."""

import importlib.util
import pathlib
import re
from typing import Any, BinaryIO

from tftag.search.index import recordings
from tftag.storage.remote import ranged_file, remote_listing

_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")


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
        texts: dict[str, str] = {} if found is None else _texts(found)
    # mutagen raises nearly everything over damaged files.
    except Exception:
        texts = {}
    year = _YEAR.search(texts.get("date", ""))
    return recordings.FileTags(
        texts.get("title", ""),
        texts.get("artist", "") or texts.get("albumartist", ""),
        texts.get("album", ""),
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


def _texts(found: Any) -> dict[str, str]:
    tags = found.tags
    if tags is None:
        return {}
    if any(name in tags for name in ("TPE1", "TIT2", "TALB", "TDRC")):
        return _of_id3(tags)
    texts: dict[str, str] = {}
    for name in ("title", "artist", "albumartist", "album", "date", "year"):
        values = tags.get(name) or []
        values = values if isinstance(values, list) else [values]
        if values:
            key = "date" if name == "year" else name
            texts.setdefault(key, str(values[0]))
    return texts


def _of_id3(tags: Any) -> dict[str, str]:
    """Of WAV and AIFF, for which mutagen has no easy names."""
    names = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "date": "TDRC"}
    return {
        name: str(tags[frame]).split("\0")[0]
        for name, frame in names.items()
        if frame in tags
    }
