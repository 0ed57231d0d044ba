"""What was tagged so far, kept through a kill: a JSON line per file.

The rows of a command are composed from it at the end, in the order of the
files. So a command that is killed and called again loses nothing and writes
nothing twice, and files that have not changed are not read again.
"""

import array
import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import time
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from tftag.storage import atomic_write, no_links, plain_json
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing

_FORMAT = 1
_HEADER_BYTES = 1 << 20
_SYNC_SECONDS = 5.0
# Stale lines that are not worth another copy.
_SPARE_LINES = 1_000


@dataclasses.dataclass(frozen=True)
class Entry:
    """What a model says of a recording, or of one of its clips.

    Attributes:
        start_seconds: Start of the clip; None where it is the whole.
        tags: What stands in the columns of each tag.
    """

    start_seconds: float | None
    tags: list[list[Any]]


class Journal:
    """The finished files of one output; made by `opened`.

    Attributes:
        path: Where it is.
        lines: How many files were finished, stale ones among them.
    """

    def __init__(
        self, path: pathlib.Path, file: IO[bytes], header: dict[str, Any]
    ):
        """Takes an open file; `opened` does."""
        self.path = path
        self._file = file
        self._header = header
        self._synced = time.monotonic()
        self._load()

    def find(self, key: str) -> list[Entry] | None:
        """Returns what was noted for a file with this key, or None.

        What `add` has noted is found after `refresh`.
        """
        number = np.uint64(_number(key))
        place = np.searchsorted(self._numbers, number)
        while place < len(self._numbers) and self._numbers[place] == number:
            known = _read(_line_at(self._file, int(self._starts[place])))
            if known is not None and known[0] == key:
                return known[1]
            place += 1
        return None

    def add(self, key: str, entries: list[Entry]) -> None:
        """Notes a finished file; a kill cannot take it when this returns.

        Raises:
            OSError: The disk is full.
        """
        with _named(self.path):
            self._file.write(_line(key, entries))
            self._file.flush()
            if time.monotonic() - self._synced > _SYNC_SECONDS:
                os.fsync(self._file.fileno())
                self._synced = time.monotonic()

    def refresh(self) -> None:
        """Lets `find` know what was added."""
        os.fsync(self._file.fileno())
        self._load()

    def forget_all_but(self, keys: Iterator[str], count: int) -> None:
        """Drops stale lines, once they are more than the others.

        Args:
            keys: Those to keep; taken only where something is dropped.
            count: How many there are.
        """
        if self.lines <= 2 * count + _SPARE_LINES:
            return
        with atomic_write.replacing(self.path, is_text=False) as file:
            file.write(_header_line(self._header))
            for key in keys:
                entries = self.find(key)
                if entries is not None:
                    file.write(_line(key, entries))

    def _load(self) -> None:
        """Finds the lines, and cuts off a last one that is not whole."""
        numbers, starts = array.array("Q"), array.array("q")
        end = self._file.seek(0)
        for line in self._file:
            start, end = end, end + len(line)
            if not line.endswith(b"\n"):
                end = start
                break
            known = _read(line) if start else None
            if known is not None:
                numbers.append(_number(known[0]))
                starts.append(start)
        self._file.truncate(end)
        self.lines = len(numbers)
        order = np.argsort(numbers, kind="stable")
        self._numbers = np.asarray(numbers)[order]
        self._starts = np.asarray(starts)[order]


def has_begun(path: pathlib.Path, made_by: str, shard: str) -> bool:
    """Whether `opened` would go on with what is there."""
    try:
        with open(path, "rb") as file:
            first = file.readline(_HEADER_BYTES)
    except OSError:  # `opened` says what is wrong with it
        return False
    return first == _header_line(_header_of(made_by, shard))


@contextlib.contextmanager
def opened(
    path: str | os.PathLike[str], made_by: str, shard: str = "1/1"
) -> Iterator[Journal]:
    """Opens a journal, or begins it; locked for other processes.

    Args:
        path: Where it is.
        made_by: What decides the entries besides the files. Where that was
            another, the journal begins anew.
        shard: Which part of the files the output holds.

    Raises:
        ValueError: Another process has it; it is a link, of another shard or
            version of tftag, or no journal.
        OSError: It cannot be written.
    """
    path = pathlib.Path(path)
    header = _header_of(made_by, shard)
    with _closed(path) as file:
        no_links.take(
            file,
            f"Another process is writing {path}. Wait for its end, or name "
            "another --out.",
        )
        file.seek(0)
        first = file.readline(_HEADER_BYTES)
        before = _header(first, path)
        if before is not None and before["tftag_journal"] != _FORMAT:
            raise ValueError(
                "What was tagged so far must be noted by this version of "
                "tftag: go on with the one that noted it, or name another "
                f"--out. Received: {path}, of format "
                f"{before['tftag_journal']!r}."
            )
        # A shard's rows would take the place of another's.
        if before is not None and before.get("shard") != shard:
            raise ValueError(
                "--out must be a file of its own for each shard: name another."
                f" Received: {shard}, and {path} of shard "
                f"{before.get('shard')}."
            )
        if before != header:
            with _named(path):
                file.truncate(0)
                file.write(_header_line(header))
                file.flush()
        yield Journal(path, file, header)
        os.fsync(file.fileno())


def key(path: str | os.PathLike[str] | addresses.Address) -> str:
    """What tells a file from what it was: its path, size and time of change.

    Of a file in a listing of a bucket, its address, size and version.

    Raises:
        OSError: It is not there.
    """
    if isinstance(path, remote_listing.ListedFile):
        said = (path, path.facts.file_bytes, path.facts.version)
        return _digest("\0".join(map(str, said)).encode())
    if isinstance(path, addresses.Address):
        raise FileNotFoundError(f"{path}: It was not listed.")
    facts = os.stat(path)
    text = b"%s\0%d\0%d" % (
        os.fsencode(os.path.abspath(path)),
        facts.st_size,
        facts.st_mtime_ns,
    )
    return _digest(text)


def _digest(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=16).hexdigest()


@contextlib.contextmanager
def _closed(path: pathlib.Path) -> Iterator[IO[bytes]]:
    """Opens a journal for a block."""
    no_links.refuse(path)
    # What was put there meanwhile is not followed, nor waited for.
    more = os.O_NOFOLLOW | os.O_NONBLOCK
    file = open(
        path, "a+b", opener=lambda at, flags: os.open(at, flags | more, 0o666)
    )
    try:
        yield file
    finally:
        with _named(path):  # what could not be written is tried again
            file.close()


@contextlib.contextmanager
def _named(path: pathlib.Path) -> Iterator[None]:
    """A full disk has no name of its own."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _header(line: bytes, path: pathlib.Path) -> dict[str, Any] | None:
    """Returns the header that a file begins with; None where it is empty."""
    # Cut short, by a kill in the first moment.
    begins = b'{"tftag_journal"'
    if not line.endswith(b"\n") and line[: len(begins)] == begins[: len(line)]:
        return None
    with contextlib.suppress(*plain_json.DAMAGE):
        header = json.loads(line)
        if isinstance(header, dict) and "tftag_journal" in header:
            return header
    raise ValueError(
        "What was tagged so far is kept beside --out, where another file is: "
        f"move that, or name another --out. Received: {path}."
    )


def _header_of(made_by: str, shard: str) -> dict[str, Any]:
    return {"tftag_journal": _FORMAT, "made_by": made_by, "shard": shard}


def _header_line(header: dict[str, Any]) -> bytes:
    return plain_json.line(header, "ascii").encode("ascii")


def _line(key: str, entries: list[Entry]) -> bytes:
    noted = [[entry.start_seconds, entry.tags] for entry in entries]
    return plain_json.line({"key": key, "entries": noted}, "ascii").encode()


def _read(line: bytes) -> tuple[str, list[Entry]] | None:
    """Returns key and entries of a line, or None where it is damaged."""
    try:
        fields = json.loads(line)
        entries = [
            Entry(start, [list(tag) for tag in tags])
            for start, tags in fields["entries"]
        ]
        _number(fields["key"])
        return fields["key"], entries
    except (*plain_json.DAMAGE, KeyError, TypeError):
        return None  # that file is tagged again


def _number(key: str) -> int:
    return int.from_bytes(bytes.fromhex(key[:16]))


def _line_at(file: IO[bytes], start: int) -> bytes:
    file.seek(start)
    return file.readline()
