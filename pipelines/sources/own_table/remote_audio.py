"""Audio at an address: which of a table's files are there, and which others."""

import logging
import os
import posixpath
from collections.abc import Iterable

from pipelines.reading.slices import arrays
from pipelines.sources import listings
from tftag.audio import contents
from tftag.storage import folders
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, retries

_log = logging.getLogger(__name__)


def audio_files(
    folder: addresses.Place,
    skip: Iterable[str | os.PathLike[str]] = (),
) -> list[addresses.Place]:
    """As `listings.audio_files`, also for a folder in a bucket.

    A web server cannot list: then there are none, and only files that are
    named can be found. So it is where listing is not allowed, with a warning.
    """
    if not isinstance(folder, addresses.Address):
        return [*listings.audio_files(folder, skip)]
    if folder.is_web:
        return []
    try:
        files = list(remote_listing.list_files(folder))
    except retries.RemoteError as error:
        _log.warning("Audio that no row names cannot be told of: %s", error)
        return []
    names = {file: file.relative_to(folder) or file.name for file in files}
    prepared = {
        posixpath.dirname(name)
        for name in names.values()
        if posixpath.basename(name) == listings.PREPARED_MARK
    }
    return sorted(
        file for file, name in names.items() if _is_audio(name, prepared)
    )


def find(folder: addresses.Place, written: str) -> str | addresses.Address:
    """Where the file of a row is: an address, or an absolute path.

    Args:
        folder: What relative paths start from, absolute.
        written: Path or address in the row.

    Raises:
        ValueError: It is an address of another kind than can be read.
    """
    if addresses.has_scheme(written):
        found = addresses.place(written)
        return (
            found if isinstance(found, addresses.Address) else os.fspath(found)
        )
    if isinstance(folder, addresses.Address) and not os.path.isabs(written):
        return folder / written
    return os.path.normpath(os.path.join(str(folder), written))


def problems(
    paths: Iterable[str | addresses.Address],
) -> list[str | None]:
    """What is wrong with each file, None where it is there."""
    paths = list(paths)
    remote = [path for path in paths if isinstance(path, addresses.Address)]
    facts = remote_listing.look_up(remote)
    return [_problem(path, facts) for path in paths]


def _problem(path, facts):
    if path not in facts:
        return None if os.path.isfile(path) else listings.MISSING
    found = facts[path]
    if isinstance(found, retries.RemoteError):
        if found.is_missing:
            return listings.MISSING
        return f"unreadable: {found.reason}"
    return None


def _is_audio(name, prepared):
    parts = name.split("/")
    if any(map(folders.is_made_by_system, parts[:-1])):
        return False
    above = ["/".join(parts[:i]) for i in range(1, len(parts))]
    if not prepared.isdisjoint(above):
        return False
    return arrays.is_array(name) or contents.is_audio_name(name)
