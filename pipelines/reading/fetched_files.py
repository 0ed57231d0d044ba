"""Remote recordings as local files, from a cache of limited size.

Where a second of compressed audio lies in a file, only the file itself can
tell: an MP3 is followed from its start, an Ogg file is counted page by page.
So a file is fetched whole, once, and kept while there is room. Files that find
no room are fetched again for every clip, and nothing is evicted for them: an
epoch reads every file once, so the least recently used file, which caches
evict, is the one that is wanted next.
"""

import contextlib
import hashlib
import logging
import os
import pathlib
import shutil
import threading
from collections.abc import Iterator

from tftag.files import atomic_write, cache
from tftag.files.remote import address as addresses
from tftag.files.remote import local_copy, remote

# Environment variable with the limit in GB; 0 keeps nothing.
LIMIT_VARIABLE = "TFTAG_AUDIO_CACHE_GB"
_DEFAULT_GB = 20.0
# Left free on the disk.
_SPARED_BYTES = 1 << 30

_log = logging.getLogger(__name__)


class FetchedFiles:
    """The files of a cache, safe in many threads.

    Several processes may share a folder. What each of them keeps counts towards
    the limit of those that start later.
    """

    def __init__(self, folder: pathlib.Path | None = None):
        """Reads the limit, and nothing else yet.

        Args:
            folder: The cache; None is `recordings` in the user's cache.

        Raises:
            ValueError: The limit is not a number.
        """
        self._folder = folder or cache.folder() / "recordings"
        self._limit_bytes = _limit_bytes()
        self._lock = threading.Lock()
        self._held: dict[str, int] | None = None
        self._is_full = False

    @contextlib.contextmanager
    def here(
        self,
        place: pathlib.Path | addresses.Address,
        file_bytes: int,
        known_as: str,
    ) -> Iterator[pathlib.Path]:
        """Gives a local file to read within the block.

        Args:
            place: The file; a local one is given as it is.
            file_bytes: Its size when it was prepared.
            known_as: Identifies its audio; differs if the audio does.

        Raises:
            OSError: It cannot be fetched, or its size has changed.
        """
        if not isinstance(place, addresses.Address):
            yield place
            return
        path = self._folder / _name(place, file_bytes, known_as)
        if _size(path) == file_bytes:
            yield path
        elif self._has_room(path.name, file_bytes):
            self._fetch(place, path, file_bytes)
            yield path
        else:
            with local_copy.file_copy(place) as copy:
                yield copy

    def _has_room(self, name: str, file_bytes: int) -> bool:
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._held is None:
                # One that another process gives its name may be gone by now.
                self._held = {
                    path.name: _size(path) or 0
                    for path in self._folder.iterdir()
                }
            self._held.pop(name, None)
            free_bytes = min(
                self._limit_bytes - sum(self._held.values()),
                shutil.disk_usage(self._folder).free - _SPARED_BYTES,
            )
            if file_bytes <= free_bytes:
                self._held[name] = file_bytes
                return True
            if not self._is_full:
                self._is_full = True
                _log.warning(
                    "There is no more room in %s (%s=%g, and 1 GB of the disk "
                    "stays free): what is not in it is fetched for every clip",
                    self._folder,
                    LIMIT_VARIABLE,
                    self._limit_bytes / 1e9,
                )
            return False

    def _fetch(
        self, place: addresses.Address, path: pathlib.Path, file_bytes: int
    ) -> None:
        with atomic_write.replacing(path, is_text=False) as file:
            remote.fetch_to_file(place, file.name)
            found_bytes = os.path.getsize(file.name)
            if found_bytes != file_bytes:
                raise OSError(
                    f"{found_bytes} bytes where the manifest says {file_bytes}"
                )


def _limit_bytes() -> int:
    text = os.environ.get(LIMIT_VARIABLE) or str(_DEFAULT_GB)
    with contextlib.suppress(ValueError):
        if 0 <= float(text) < float("inf"):
            return int(1e9 * float(text))
    raise ValueError(
        f"{LIMIT_VARIABLE} must be a number of gigabytes, 0 or more. "
        f"Received: {text}"
    )


def _name(place: addresses.Address, file_bytes: int, known_as: str) -> str:
    """Names a file; the ending stays, as some decoders go by it."""
    text = f"{place} {file_bytes} {known_as}"
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return digest + pathlib.PurePath(place.name).suffix[:16]


def _size(path: pathlib.Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
