"""The library on a plane, made once and beside the requests that wait."""

import concurrent.futures
import importlib.util
import threading

import numpy as np

from tftag.audio import audio_files
from tftag.files import plain_json
from tftag.search import library_index
from tftag.search.map import page
from tftag.server.library import served_index

_DIGITS = 4


def is_possible() -> bool:
    """Whether what places recordings is installed: tftag[map]."""
    return importlib.util.find_spec("sklearn") is not None


class LibraryMap:
    """The map of the index as it is now; any thread may ask."""

    def __init__(self) -> None:
        """Makes nothing yet."""
        self._lock = threading.Lock()
        self._index: library_index.LibraryIndex | None = None
        self._made: concurrent.futures.Future[bytes] | None = None

    def of(
        self, index: library_index.LibraryIndex
    ) -> "concurrent.futures.Future[bytes]":
        """Begins to make the map, unless that has been done.

        Args:
            index: The library.

        Returns:
            What will hold JSON in columns: `id`, `x`, `y`, `path`, `title`,
            `artist`, `tag`; and `recordings`, the size of the library.
        """
        with self._lock:
            if self._made is None or self._index is not index:
                made: concurrent.futures.Future[bytes]
                made = concurrent.futures.Future()
                self._index, self._made = index, made
                threading.Thread(
                    target=_make, args=(index, made), daemon=True
                ).start()
            return self._made


def _make(
    index: library_index.LibraryIndex,
    made: "concurrent.futures.Future[bytes]",
) -> None:
    try:
        made.set_result(_as_json(index))
    except Exception as error:  # whoever waits is told
        made.set_exception(error)


def _as_json(index: library_index.LibraryIndex) -> bytes:
    places, known = np.zeros((0, 2)), []
    if len(index):
        points = page.points(index)
        places, known = points.places, list(points.recordings)
    columns = {
        "recordings": len(index),
        "id": [served_index.name_of(one.key) for one in known],
        "x": places[:, 0].round(_DIGITS),
        "y": places[:, 1].round(_DIGITS),
        "path": [audio_files.shown(one.name) for one in known],
        "title": [one.title or None for one in known],
        "artist": [one.artist or None for one in known],
        "tag": [one.tags[0] if one.tags else None for one in known],
    }
    text = plain_json.text(columns, indent=None)
    return text.encode("utf-8", "replace")
