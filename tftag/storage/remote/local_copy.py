"""Remote files as files of this machine, for as long as they are needed."""

import contextlib
import pathlib
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from tftag.storage.remote import address as addresses
from tftag.storage.remote import retries, transfers

# Of a name: each is up to 4 bytes, of which file systems take 255.
_LETTERS = 60


@contextlib.contextmanager
def file_copy(
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
        name = place.name[-_LETTERS:]  # the ending stays
        path = pathlib.Path(folder, name if name.strip(".") else "file")
        try:
            transfers.fetch_to_file(place, path)
        except retries.RemoteError as error:
            if error.is_missing:
                raise FileNotFoundError(str(error)) from None
            raise
        with named_as(path, place):
            yield path


@contextlib.contextmanager
def folder_copy(
    folder: pathlib.Path | addresses.Address, names: Iterable[str]
) -> Iterator[pathlib.Path]:
    """A folder on this machine that has these files: itself, or copies.

    Files that are not there are left out. Errors of the block name the
    folder.

    Raises:
        RemoteError: One of them cannot be read.
        ValueError: The address of the folder has secrets in it.
    """
    if not isinstance(folder, addresses.Address):
        yield folder
        return
    addresses.refuse_secrets(folder)
    with tempfile.TemporaryDirectory(prefix="tftag-") as made:
        path = pathlib.Path(made)
        for name in names:
            with transfers.nothing_where_missing():
                transfers.fetch_to_file(folder / name, path / name)
                continue
            (path / name).unlink()
        with named_as(path, folder):
            yield path


@contextlib.contextmanager
def named_as(path: pathlib.Path, address: addresses.Address) -> Iterator[None]:
    """Lets errors of the block name the address where they name its copy."""

    def named(said: Any) -> Any:
        is_text = isinstance(said, str)
        return said.replace(str(path), str(address)) if is_text else said

    try:
        yield
    except (ValueError, OSError) as error:
        # In place: not every kind can be made of a text alone.
        error.args = tuple(map(named, error.args))
        if isinstance(error, OSError) and error.filename:
            error.filename = named(error.filename)
        raise
