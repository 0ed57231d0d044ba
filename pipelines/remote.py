"""Reads, lists and writes remote files, and tries again where that helps."""

import contextlib
import dataclasses
import os
import pathlib
import tempfile
from collections.abc import Iterable, Iterator
from concurrent import futures

from pipelines import address as addresses
from pipelines import file_systems, retries

# From here on, listing a folder takes less than asking for each of its files.
_LISTED_FROM = 4


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a server says of a file.

    Attributes:
        file_bytes: Its size; None where the server does not tell.
        version: Another one where its bytes are others, as far as the server
            tells: ETag, hash or time of the last change.
    """

    file_bytes: int | None
    version: str


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

    def read() -> bytes:
        part = file_systems.of(address).cat_file(
            address.text, start=first, end=first + count
        )
        if len(part) > count:
            raise retries.Lasting("the server cannot read parts of files")
        if len(part) < count:
            raise retries.Lasting(f"it ends {count - len(part)} bytes early")
        return part

    return retries.retried(address, read)


def fetch_to_file(address: addresses.Address, path: str | os.PathLike) -> None:
    """Reads a whole file into a local one.

    Args:
        address: The file.
        path: Where to; replaced where it is there, unfinished after an error.

    Raises:
        RemoteError: It cannot be read.
        OSError: The local file cannot be written.
    """
    open(path, "wb").close()  # an error here is not the server's

    def fetch() -> None:
        file_systems.of(address).get_file(address.text, os.fspath(path))

    retries.retried(address, fetch)


def put_file(path: str | os.PathLike, address: addresses.Address) -> None:
    """Writes a remote file, whole or not at all.

    Args:
        path: The local file.
        address: Where to; replaced where it is there.

    Raises:
        RemoteError: It cannot be written.
        FileNotFoundError: There is no local file.
    """
    os.stat(path)

    def put() -> None:
        file_systems.of(address).put_file(os.fspath(path), address.text)

    retries.retried(address, put)


def remove(address: addresses.Address) -> None:
    """Removes a remote file, if it is there.

    Raises:
        RemoteError: It cannot be removed.
    """
    with _nothing_where_missing():
        retries.retried(
            address, lambda: file_systems.of(address).rm_file(address.text)
        )


def list_files(folder: addresses.Address) -> dict[addresses.Address, Facts]:
    """Lists all files below a folder; none where there is no such folder.

    Args:
        folder: In a bucket; a web server cannot list.

    Raises:
        RemoteError: It cannot be listed.
    """
    found = {}
    with _nothing_where_missing():
        found = retries.retried(
            folder,
            lambda: file_systems.of(folder).find(folder.text, detail=True),
        )
    return _files(folder, found.values())


def list_folders(folder: addresses.Address) -> list[str]:
    """Names of the folders in a folder; none where there is no such folder.

    Raises:
        RemoteError: It cannot be listed.
    """
    found = _contents(folder)
    names = [info["name"] for info in found if info["type"] == "directory"]
    return sorted(name.rstrip("/").rpartition("/")[2] for name in names)


def look_up(
    files: Iterable[addresses.Address],
) -> dict[addresses.Address, Facts | retries.RemoteError]:
    """Finds size and version of files, by listing where that is quicker.

    Args:
        files: Their addresses.

    Returns:
        For each address its facts, or why there are none.
    """
    by_folder = {}
    for file in files:
        by_folder.setdefault(file.parent, []).append(file)
    with futures.ThreadPoolExecutor(file_systems.AT_ONCE) as pool:
        listings = list(pool.map(_listing, *_columns(by_folder.items())))
        found, alone = {}, []
        for inside, listing in zip(by_folder.values(), listings, strict=True):
            if listing is None:
                alone += inside
            else:
                found |= {
                    file: listing.get(file, _missing(file)) for file in inside
                }
        return found | dict(zip(alone, pool.map(_ask, alone), strict=True))


@contextlib.contextmanager
def local_copy(
    place: pathlib.Path | addresses.Address,
) -> Iterator[pathlib.Path]:
    """A file on this machine: the file itself, or a copy for as long.

    Errors of the block that name the copy name the address instead.

    Raises:
        RemoteError: It cannot be read.
        FileNotFoundError: It is not there.
    """
    if not isinstance(place, addresses.Address):
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="tftag-") as folder:
        path = pathlib.Path(folder, place.name or "file")
        try:
            fetch_to_file(place, path)
        except retries.RemoteError as error:
            if error.is_missing:
                raise FileNotFoundError(str(error)) from None
            raise
        with named_as(path, place):
            yield path


@contextlib.contextmanager
def named_as(path: pathlib.Path, address: addresses.Address) -> Iterator[None]:
    """Lets errors of the block name the address where they name its copy."""
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        named = str(error).replace(str(path), str(address))
        raise type(error)(named) from error


@contextlib.contextmanager
def _nothing_where_missing():
    try:
        yield
    except retries.RemoteError as error:
        if not error.is_missing:
            raise


def _missing(file):
    return retries.RemoteError(file, retries.MISSING, is_missing=True)


def _columns(rows):
    return zip(*rows, strict=True) if rows else ((), ())


def _contents(folder):
    found = []
    with _nothing_where_missing():
        found = retries.retried(
            folder,
            lambda: file_systems.of(folder).ls(folder.text, detail=True),
        )
    return found


def _files(folder, contents):
    return {
        addresses.Address(f"{folder.scheme}://{info['name']}"): _facts(info)
        for info in contents
        if info["type"] == "file"
    }


def _listing(folder, inside):
    """Facts of a folder's files, or None where each is to be asked for."""
    if folder.is_web or len(inside) < _LISTED_FROM:
        return None
    try:
        return _files(folder, _contents(folder))
    except retries.RemoteError:
        return None  # it may be allowed to read and not to list


def _ask(file):
    try:
        info = retries.retried(
            file, lambda: file_systems.of(file).info(file.text)
        )
    except retries.RemoteError as error:
        return error
    return _facts(info)


def _facts(info):
    names = ("ETag", "md5Hash", "etag", "Last-Modified", "LastModified")
    version = next((str(info[name]) for name in names if info.get(name)), "")
    return Facts(info["size"], version.strip('"'))
