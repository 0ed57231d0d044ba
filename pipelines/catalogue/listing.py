"""The files of a catalogue, and the shards that they are worked on in."""

import dataclasses
import hashlib
import itertools
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator

from tftag.audio import audio_files, contents
from tftag.storage import address as addresses
from tftag.storage import remote_listing

_EVERYTHING = "/**"


@dataclasses.dataclass(frozen=True)
class Shard:
    """Files that one worker describes together, and writes as one.

    Attributes:
        root: The folder of the files, or its address with all it needs.
        names: The files, relative to it, with `/`.
        key: Equal for equal files under one model, which it begins with.
    """

    root: str
    names: tuple[str, ...]
    key: str


def files(
    place: str, fail: Callable[[str, Exception], None]
) -> tuple[str, Iterator[str]]:
    """Finds the audio of a folder, or of an address, to the bottom.

    Args:
        place: The folder; `/**` at its end changes nothing.
        fail: Gets name and error of what cannot be listed.

    Returns:
        The folder, and the names of its files relative to it, in their order.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: The place is no folder or bucket that can be listed.
    """
    place = place.removesuffix(_EVERYTHING)
    found = addresses.place(place)
    if isinstance(found, addresses.Address):
        return place, _remote(found)
    if not found.is_dir():
        raise FileNotFoundError(
            "--input must be a folder of music, or its address. "
            f"Received: {place}"
        )
    return os.fspath(found), _local(found, fail)


def shards(
    root: str, names: Iterable[str], files_per_shard: int, model: str
) -> Iterator[Shard]:
    """Cuts the files into shards, `files_per_shard` in each.

    Args:
        root: Of the files.
        names: In their order.
        files_per_shard: At most.
        model: What the model is; another one makes other shards.
    """
    left = iter(names)
    while part := tuple(itertools.islice(left, files_per_shard)):
        digest = hashlib.sha256()
        for text in part:
            digest.update(os.fsencode(text) + b"\0")
        yield Shard(root, part, f"{model}-{digest.hexdigest()[:20]}")


def _local(folder: pathlib.Path, fail) -> Iterator[str]:
    def cannot_list(path, error):
        fail(os.fspath(path), error)

    for path in audio_files.find([folder], cannot_list):
        yield path.relative_to(folder).as_posix()


def _remote(folder: addresses.Address) -> Iterator[str]:
    """Names by their endings: nothing is read to look inside."""
    if folder.is_web:
        raise ValueError(
            "Only buckets can be listed: --input takes a folder, s3:// or "
            f"gs://. Received: {folder}"
        )
    for file in remote_listing.walk(folder):
        name = file.relative_to(folder)
        if name and contents.is_audio_name(name):
            yield name
