"""What a preparation writes must be nothing that it reads."""

import os
import pathlib
from collections.abc import Iterable

from pipelines import manifest
from pipelines.prepare import rejected
from pipelines.prepare.wav_conversion import convert, journal
from tftag.storage.remote import address as addresses

# In a prepared folder; each is replaced by a preparation, or removed.
OWN_NAMES = (
    manifest.TABLE_NAME,
    manifest.FACTS_NAME,
    rejected.TABLE_NAME,
    journal.NAME,
    convert.WAV_FOLDER,
)


def refuse_own_files(
    out: str | os.PathLike[str],
    sources: Iterable[str | os.PathLike[str] | addresses.Address],
) -> None:
    """Refuses to read what would be written over.

    Args:
        out: Folder of the prepared data set, there or not.
        sources: Audio, tables and lists that are to be read.

    Raises:
        ValueError: Some of them are files of that data set, by whatever name
            or link.
    """
    folder = os.path.realpath(out)
    own = tuple(os.path.join(folder, name) for name in OWN_NAMES)
    inside = tuple(f"{path}{os.sep}" for path in own)
    found = [
        source
        for source in sources
        if not isinstance(source, addresses.Address)
        and not addresses.is_remote(source)
        and f"{os.path.realpath(source)}{os.sep}".startswith(inside)
    ]
    if found:
        name = pathlib.Path(os.path.realpath(found[0])).relative_to(folder)
        raise ValueError(
            f"A preparation into {os.fspath(out)} writes its own "
            f"{name.parts[0]} there, over what is to be read: name another "
            f"--out. Received: {len(found)} such files; the first is "
            f"{os.fspath(found[0])}"
        )
