"""Reads and writes remote files, and tries again where that helps."""

import contextlib
import os
from collections.abc import Callable, Iterator

from tftag.console import counts_in_words
from tftag.storage.remote import address as addresses
from tftag.storage.remote import file_systems, retries


def read_range(address: addresses.Address, first: int, count: int) -> bytes:
    """Reads a part of a file, and only that.

    Args:
        address: The file.
        first: Its first byte, from 0.
        count: Number of bytes, at least 1.

    Returns:
        Exactly that many bytes.

    Raises:
        RemoteError: It cannot be read, or is not long enough.
    """
    files = file_systems.of(address)

    def read() -> bytes:
        part = files.cat_file(address.text, start=first, end=first + count)
        return checked_part(part, count)

    return retries.retried(address, read)


def checked_part(part: bytes, count: int) -> bytes:
    """A part of a file, which has as many bytes as were asked for.

    Raises:
        PermanentError: It has more, or fewer.
    """
    if len(part) > count:
        raise retries.PermanentError("the server cannot read parts of files")
    if len(part) < count:
        lacking = counts_in_words.count(count - len(part), "byte")
        raise retries.PermanentError(f"it ends {lacking} early")
    return part


def at_once(call: Callable[[int], None], count: int) -> None:
    """Calls `call(0)` to `call(count - 1)`, as many at once as is polite.

    Raises:
        Exception: What the first of them to fail raises.
    """
    for _ in file_systems.threads().map(call, range(count)):
        pass


def fetch_to_file(
    address: addresses.Address, path: str | os.PathLike[str]
) -> None:
    """Reads a whole file into a local one.

    Args:
        address: The file.
        path: Where to; replaced where it is there, unfinished after an error.

    Raises:
        RemoteError: It cannot be read.
        OSError: The local file cannot be written.
    """
    open(path, "wb").close()  # an error here is not the server's
    files = file_systems.of(address)
    retries.retried(
        address, lambda: files.get_file(address.text, os.fspath(path))
    )


def put_file(path: str | os.PathLike[str], address: addresses.Address) -> None:
    """Writes a remote file, whole or not at all.

    Args:
        path: The local file.
        address: Where to; replaced where it is there.

    Raises:
        RemoteError: It cannot be written.
        FileNotFoundError: There is no local file.
    """
    os.stat(path)
    files = file_systems.of(address)
    retries.retried(
        address, lambda: files.put_file(os.fspath(path), address.text)
    )


def remove(address: addresses.Address) -> None:
    """Removes a remote file, if it is there.

    Raises:
        RemoteError: It cannot be removed.
    """
    files = file_systems.of(address)
    with nothing_where_missing():
        retries.retried(address, lambda: files.rm_file(address.text))


@contextlib.contextmanager
def nothing_where_missing() -> Iterator[None]:
    """Ends the block where a remote file is not there."""
    try:
        yield
    except retries.RemoteError as error:
        if not error.is_missing:
            raise
