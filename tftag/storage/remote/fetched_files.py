"""Remote files as local files, from a cache of limited size.

Where a second of compressed audio lies in a file, only the file itself can
tell, and who tags or embeds a recording reads all of it. So a file is fetched
whole, once, and kept for whoever wants it next: another command, another epoch,
a service that plays it.

What finds no room takes that of the files that were used longest ago, but of
none that was used since this process began. For whoever goes through a library
that is larger than the cache reads every file once, so that the file that was
used longest ago is the one that is wanted next.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import pathlib
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

from tftag.storage import atomic_write, cache
from tftag.storage.remote import address as addresses
from tftag.storage.remote import local_copy, retries, transfers

# Environment variable with the limit in GB; 0 keeps nothing.
LIMIT_VARIABLE = "TFTAG_AUDIO_CACHE_GB"
_DEFAULT_GB = 20.0
# Left free on the disk.
_SPARED_BYTES = 1 << 30
# Has the mark of who was the last to change something.
_LOCK = ".lock"
_MARK_BYTES = 16
# Room that is promised to a file that is being fetched; it has no bytes itself.
_PROMISE = re.compile(r"(\d+)-[0-9a-f]{16}\.promise")

_log = logging.getLogger(__name__)


class FetchedFiles:
    """The files of a cache, safe in many threads and processes.

    Args:
        folder: The cache; None is `recordings` in the user's cache.
        tell: Gets the line that says where files are kept, and the one that
            there is no more room.

    Raises:
        ValueError: The limit is not a number.
    """

    def __init__(
        self,
        folder: pathlib.Path | None = None,
        tell: Callable[[str], object] = _log.warning,
    ):
        """Reads the limit, and nothing else yet."""
        self._folder = folder or cache.folder() / "recordings"
        self._limit_bytes = _limit_bytes()
        self._began_ns = time.time_ns()
        self._tell = tell
        self._told: set[str] = set()
        # Bytes and last use of what is there, as of our last change.
        self._held: dict[str, tuple[int, int]] = {}
        self._mark: bytes | None = None

    @contextlib.contextmanager
    def here(
        self,
        place: pathlib.Path | addresses.Address,
        file_bytes: int | None,
        known_as: str,
    ) -> Iterator[pathlib.Path]:
        """Gives a local file to read within the block.

        Args:
            place: The file; a local one is given as it is.
            file_bytes: Its size; None where nobody knows.
            known_as: Identifies its audio; differs if the audio does. "" where
                nobody knows: then it is not kept.

        Raises:
            OSError: It cannot be fetched, or its size has changed.
        """
        if not isinstance(place, addresses.Address):
            yield place
            return
        file = None
        if file_bytes is not None and known_as:
            file = self.opened(place, file_bytes, known_as)
            if file is None:
                file = self._fetched(place, file_bytes, known_as)
        if file is not None:
            with file:
                yield pathlib.Path(file.name)
            return
        with local_copy.file_copy(place) as copy:
            yield copy

    def opened(
        self, place: addresses.Address, file_bytes: int, known_as: str
    ) -> BinaryIO | None:
        """Opens a file that is kept; it stays until it is closed.

        Args:
            place: The file.
            file_bytes: Its size.
            known_as: As of `here`.

        Returns:
            The file, unbuffered; None where it is not kept.
        """
        path = self._folder / _name(place, file_bytes, known_as)
        try:
            file = open(path, "rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with contextlib.suppress(OSError):  # not every file system has locks
            fcntl.flock(file, fcntl.LOCK_SH)
        state = os.fstat(file.fileno())
        if state.st_size != file_bytes or not state.st_nlink:
            file.close()
            return None
        now_ns = time.time_ns()
        with contextlib.suppress(PermissionError):  # somebody else's
            os.utime(file.fileno(), ns=(now_ns, now_ns))
        return file

    def _fetched(
        self, place: addresses.Address, file_bytes: int, known_as: str
    ) -> BinaryIO | None:
        """Fetches a file to keep it; None where there is no room."""
        path = self._folder / _name(place, file_bytes, known_as)
        try:
            with self._room(path.name, file_bytes) as is_there:
                if not is_there:
                    return None
                with atomic_write.replacing(path, is_text=False) as file:
                    transfers.fetch_to_file(place, file.name)
                    found_bytes = os.path.getsize(file.name)
                    if found_bytes != file_bytes:
                        raise retries.RemoteError(
                            place,
                            f"{found_bytes} bytes where {file_bytes} were",
                        )
        except retries.RemoteError:
            raise
        except OSError as error:
            self._tell_once(f"What is fetched cannot be kept: {error}")
            return None
        return self.opened(place, file_bytes, known_as)

    @contextlib.contextmanager
    def _room(self, name: str, file_bytes: int) -> Iterator[bool]:
        """Keeps room for a file while it is fetched; says whether there is."""
        promise = self._promised(file_bytes)
        if promise is None:
            yield False
            return
        try:
            yield True
        finally:
            with self._alone(), promise:
                # The folder may be deleted at any time.
                pathlib.Path(promise.name).unlink(missing_ok=True)
                self._held.pop(os.path.basename(promise.name), None)
                if os.path.exists(self._folder / name):
                    self._held[name] = file_bytes, time.time_ns()

    def _promised(self, file_bytes: int) -> BinaryIO | None:
        limit = f"{LIMIT_VARIABLE}={self._limit_bytes / 1e9:g}"
        promise = None
        if file_bytes <= self._limit_bytes:
            with self._alone():
                promise = self._promise(file_bytes)
        self._tell_once(
            f"There is no more room in {self._folder} ({limit}, and 1 GB of "
            "the disk stays free): what is not in it is fetched each time"
            if promise is None
            else f"What is fetched is kept in {self._folder} ({limit})"
        )
        return promise

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds the cache for this thread, which knows what is in it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        lock = os.open(self._folder / _LOCK, flags, 0o666)
        try:
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            if os.pread(lock, _MARK_BYTES, 0) != self._mark:
                self._held = dict(self._found())
            self._mark = secrets.token_bytes(_MARK_BYTES)
            os.pwrite(lock, self._mark, 0)
            yield
        finally:
            os.close(lock)

    def _found(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yields name, and bytes and last use, of what is in the folder."""
        for entry in os.scandir(self._folder):
            name = entry.name
            if name == _LOCK or atomic_write.is_temporary(name):
                continue
            # One that somebody removes may be gone by now.
            with contextlib.suppress(FileNotFoundError):
                if not entry.is_file():
                    continue
                promised = _PROMISE.fullmatch(name)
                if promised is None:
                    state = entry.stat()
                    yield name, (state.st_size, state.st_mtime_ns)
                elif not _removed_unless_used(entry.path):
                    yield name, (int(promised[1]), time.time_ns())

    def _promise(self, file_bytes: int) -> BinaryIO | None:
        """Makes room for so many bytes; None where that cannot be."""
        while not self._fits(file_bytes):
            oldest = min(self._held, key=self._last_use, default=None)
            if oldest is None or self._last_use(oldest) >= self._began_ns:
                return None
            self._evict(oldest)
        name = f"{file_bytes}-{secrets.token_hex(8)}.promise"
        promise = open(self._folder / name, "xb", buffering=0)
        with contextlib.suppress(OSError):
            fcntl.flock(promise, fcntl.LOCK_EX)
        self._held[name] = file_bytes, time.time_ns()
        return promise

    def _fits(self, file_bytes: int) -> bool:
        held = sum(held_bytes for held_bytes, _ in self._held.values())
        free_bytes = shutil.disk_usage(self._folder).free - _SPARED_BYTES
        return file_bytes <= min(self._limit_bytes - held, free_bytes)

    def _last_use(self, name: str) -> int:
        return self._held[name][1]

    def _evict(self, name: str) -> None:
        """Removes a file, unless it was used meanwhile, or is being used."""
        path = self._folder / name
        held_bytes, used_ns = self._held.pop(name)
        with contextlib.suppress(FileNotFoundError):
            since_ns = path.stat().st_mtime_ns
            if since_ns > used_ns:
                self._held[name] = held_bytes, since_ns
            elif not _removed_unless_used(path):
                self._held[name] = held_bytes, time.time_ns()

    def _tell_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._tell(text)


def _removed_unless_used(path: str | os.PathLike[str]) -> bool:
    """Removes a file that nobody has locked; returns whether it did."""
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        os.unlink(path)
        return True


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
    # With its query, which may be the name of the file.
    text = f"{place.text} {file_bytes} {known_as}"
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return digest + pathlib.PurePath(place.name).suffix[:16]
