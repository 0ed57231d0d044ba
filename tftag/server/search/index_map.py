"""The library on a plane, made beside the requests that wait."""

import concurrent.futures
import importlib.util
import logging
import threading
from typing import TypeAlias

import numpy as np

from tftag.audio import audio_files
from tftag.search import library_index
from tftag.search.map import page
from tftag.server.search import served_index
from tftag.storage import plain_json

_log = logging.getLogger(__name__)

_Map: TypeAlias = "concurrent.futures.Future[bytes]"
_DIGITS = 4


def is_possible() -> bool:
    """Whether what places recordings is installed: tftag[map]."""
    return importlib.util.find_spec("sklearn") is not None


class LibraryMap:
    """The map of the index, one made at a time; any thread may ask."""

    def __init__(self) -> None:
        """Makes nothing yet."""
        self._lock = threading.Lock()
        self._made: tuple[library_index.LibraryIndex, _Map] | None = None
        self._making: _Map | None = None

    def of(self, index: library_index.LibraryIndex) -> _Map:
        """Begins to make the map, unless one is made or that has been done.

        Args:
            index: The library.

        Returns:
            What will hold JSON in columns: `id`, `x`, `y`, `path`, `title`,
            `artist`, `tag`; and `recordings`, the size of the library. That
            of the library as it was before while the new one is made.
        """
        with self._lock:
            if self._made is not None and self._made[0] is index:
                return self._made[1]
            if self._making is None:
                self._making = concurrent.futures.Future()
                threading.Thread(
                    target=self._make, args=(index, self._making), daemon=True
                ).start()
            return self._making if self._made is None else self._made[1]

    def _make(self, index: library_index.LibraryIndex, made: _Map) -> None:
        try:
            made.set_result(_as_json(index))
        except Exception as error:
            _log.exception("the map cannot be made")
            made.set_exception(error)  # whoever waits is told
        with self._lock:
            if made.exception() is None:
                self._made = index, made
            self._making = None  # after a failure, who asks next tries again


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
