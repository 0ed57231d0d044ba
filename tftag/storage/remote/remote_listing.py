"""What remote folders hold, and how large it is, in few requests."""

import dataclasses
import hashlib
import logging
import os
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tftag.storage.remote import address as addresses
from tftag.storage.remote import file_systems, retries, transfers

# From here on, listing a folder takes less than asking for each of its files.
_LISTED_FROM = 4

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """What a server says of a file.

    Attributes:
        file_bytes: Its size; None where the server does not tell.
        version: Another one where its bytes are others, as far as the server
            tells: ETag, hash or time of the last change.
    """

    file_bytes: int | None
    version: str

    @property
    def version_number(self) -> int:
        """Of 56 bits: another one where the version is another."""
        digest = hashlib.blake2b(self.version.encode(), digest_size=7)
        return int.from_bytes(digest.digest(), "little")


_NO_VERSION = RemoteFile(None, "")


@dataclasses.dataclass(frozen=True, order=True)
class ListedFile(addresses.Address):
    """A file of a listing, with what that says of it.

    Attributes:
        facts: Not compared.
    """

    facts: RemoteFile = dataclasses.field(default=_NO_VERSION, compare=False)

    # As of addresses: a dataclass makes another one.
    __repr__ = addresses.Address.__repr__


@dataclasses.dataclass(frozen=True, order=True)
class NotedFile(addresses.Address):
    """A file of which size and version were noted when it was listed.

    Attributes:
        file_bytes: Its size; not compared, as is the next.
        version_number: Of its `RemoteFile`.
    """

    file_bytes: int = dataclasses.field(default=0, compare=False)
    version_number: int = dataclasses.field(default=0, compare=False)

    __repr__ = addresses.Address.__repr__


def version_mark(file: RemoteFile | NotedFile) -> str:
    """A text for `version_number`; "" where no version is known."""
    number = file.version_number
    return "" if number == _NO_VERSION.version_number else f"{number:x}"


def list_files(
    folder: addresses.Address,
) -> dict[addresses.Address, RemoteFile]:
    """Lists all files below a folder; none where there is no such folder.

    Args:
        folder: In a bucket; a web server cannot list.

    Raises:
        RemoteError: It cannot be listed.
    """
    files, found = file_systems.of(folder), {}
    with transfers.nothing_where_missing():
        found = retries.retried(
            folder, lambda: files.find(folder.text, detail=True)
        )
    return _files(folder, found.values())


def list_folders(folder: addresses.Address) -> list[str]:
    """Names of the folders in a folder; none where there is no such folder.

    Raises:
        RemoteError: It cannot be listed.
    """
    return sorted(each.name for each in _folders(folder, _contents(folder)))


def walk(folder: addresses.Address) -> Iterator[ListedFile]:
    """Yields all files below a folder, with one folder in memory at a time.

    Args:
        folder: In a bucket; a web server cannot list.

    Raises:
        RemoteError: A folder cannot be listed.
    """
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        found = _contents(here)
        for file, facts in sorted(_files(here, found).items()):
            yield ListedFile(file.text, facts)
        waiting += sorted(_folders(here, found), reverse=True)


def look_up(
    files: Iterable[addresses.Address],
) -> dict[addresses.Address, RemoteFile | retries.RemoteError]:
    """Finds size and version of files, by listing where that is quicker.

    Args:
        files: Their addresses.

    Returns:
        For each address its facts, or why there are none.
    """
    by_folder: dict[addresses.Address, list[addresses.Address]] = {}
    alone: list[addresses.Address] = []
    for file in files:
        # A web server cannot list, and no listing has a key with `//`.
        if not file.is_web and (file.parent / file.name).text == file.text:
            by_folder.setdefault(file.parent, []).append(file)
        else:
            alone.append(file)
    threads = file_systems.threads()
    listings = threads.map(_listing, by_folder, by_folder.values())
    found: dict[addresses.Address, RemoteFile | retries.RemoteError] = {}
    for inside, listing in zip(by_folder.values(), listings, strict=True):
        if listing is None:
            alone += inside
        else:
            found |= {
                file: listing.get(file, _missing(file)) for file in inside
            }
    return found | dict(zip(alone, threads.map(_ask, alone), strict=True))


def sizes(
    folder: pathlib.Path | addresses.Address, names: Sequence[str]
) -> list[int | None]:
    """Sizes of files in bytes, None for those that are not there.

    Args:
        folder: What the names are relative to.
        names: The files, with `/`; or their addresses.

    Raises:
        RemoteError: A server does not say.
    """
    there: dict[str, addresses.Address] = {}
    for name in names:
        if "://" in name and addresses.is_remote(name):
            there[name] = addresses.Address(name)
        elif isinstance(folder, addresses.Address):
            there[name] = folder / name
    facts = look_up(there.values()) if there else {}
    # As `os.path.join` does, which takes twice the time of asking.
    above = os.path.join(str(folder), "")
    return [
        _bytes_of(there[name], facts[there[name]])
        if name in there
        else _local_bytes(name if name[:1] == os.sep else above + name)
        for name in names
    ]


def _local_bytes(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


def _bytes_of(
    file: addresses.Address, facts: RemoteFile | retries.RemoteError
) -> int | None:
    if isinstance(facts, RemoteFile):
        if facts.file_bytes is None:
            raise retries.RemoteError(file, "the server does not tell its size")
        return facts.file_bytes
    if facts.is_missing:
        return None
    raise facts


def _missing(file: addresses.Address) -> retries.RemoteError:
    return retries.RemoteError(file, retries.MISSING, is_missing=True)


def _contents(folder: addresses.Address) -> list[dict[str, Any]]:
    files = file_systems.of(folder)
    found: list[dict[str, Any]] = []
    with transfers.nothing_where_missing():
        found = retries.retried(
            folder, lambda: files.ls(folder.text, detail=True)
        )
    return found


def _files(
    folder: addresses.Address, contents: Iterable[dict[str, Any]]
) -> dict[addresses.Address, RemoteFile]:
    return {
        addresses.Address(f"{folder.scheme}://{info['name']}"): facts_of(info)
        for info in contents
        # A key that ends with a slash stands for a folder.
        if info["type"] == "file" and not info["name"].endswith("/")
    }


def _folders(
    folder: addresses.Address, contents: Iterable[dict[str, Any]]
) -> Iterator[addresses.Address]:
    """The folders in one, without itself, which gcsfs lists where it is a key.

    Nor one without a name, of a key with `//`: a server that is asked for it
    tells of the folder around it.
    """
    around = folder.text.rstrip("/")
    for info in contents:
        if info["type"] == "directory":
            found = f"{folder.scheme}://{info['name']}"
            if found.rstrip("/") != around:
                yield addresses.Address(found)
            elif found.endswith("/"):  # of gcsfs, nobody can tell
                _log.warning("Passed over %s/: a folder without a name", found)


def _listing(
    folder: addresses.Address, inside: Sequence[addresses.Address]
) -> dict[addresses.Address, RemoteFile] | None:
    """Facts of a folder's files, or None where each is to be asked for."""
    if len(inside) < _LISTED_FROM:
        return None
    try:
        return _files(folder, _contents(folder))
    except retries.RemoteError:
        return None  # it may be allowed to read and not to list


def _ask(
    file: addresses.Address,
) -> RemoteFile | retries.RemoteError:
    files = file_systems.of(file)
    try:
        info = retries.retried(file, lambda: files.info(file.text))
    except retries.RemoteError as error:
        return error
    return facts_of(info) if info["type"] == "file" else _missing(file)


def facts_of(info: dict[str, Any]) -> RemoteFile:
    """What fsspec says of a file, by itself or in a listing."""
    names = ("ETag", "md5Hash", "etag", "Last-Modified", "LastModified")
    version = next((str(info[name]) for name in names if info.get(name)), "")
    return RemoteFile(info["size"], version.strip('"'))
