"""An index in a bucket, copied here to be asked: what is new of it alone.

Segments are written once under names of their own, so that one that lies here
is fetched no second time. A copy is compared with its check sum before it
counts, and what says which segments belong together is replaced last.
"""

import hashlib
import pathlib
import secrets

from tftag.search.index import contents
from tftag.search.index.segments import segment
from tftag.storage.remote import address as addresses
from tftag.storage.remote import local_copy, transfers


def copied(index: addresses.Address, cache: pathlib.Path) -> pathlib.Path:
    """Brings a copy of an index up to date.

    Args:
        index: What `tftag index` made, in a bucket.
        cache: Where copies lie, each in a folder of its own.

    Returns:
        The folder of the copy.

    Raises:
        FileNotFoundError: There is no index.
        ValueError: It is damaged, or its address has secrets in it.
        OSError: It cannot be read, or the disk is full.
    """
    name = hashlib.blake2b(str(index).encode(), digest_size=8).hexdigest()
    folder = cache / name
    try:
        with local_copy.folder_copy(index, [contents.FILE_NAME]) as read:
            held = contents.read(read)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error} An index in a bucket is made by `tftag index {index} "
            "--out my.index`, and copied there as a folder."
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    for part in held.parts:
        if not segment.is_whole(folder / part.name, part.shape, part.crc):
            _fetch(index, folder, part)
    contents.write(folder, held)
    segment.remove_others(folder, [part.name for part in held.parts])
    return folder


def _fetch(
    index: addresses.Address, folder: pathlib.Path, part: contents.Part
) -> None:
    beside = folder / f"{part.name}.{secrets.token_hex(4)}.fetched"
    try:
        transfers.fetch_to_file(index / part.name, beside)
        if not segment.is_whole(beside, part.shape, part.crc, is_new=True):
            raise contents.damaged(index, ValueError(f"{part.name} is another"))
        beside.rename(folder / part.name)
    finally:
        beside.unlink(missing_ok=True)
