"""The files of a catalogue, and the shards that they are worked on in."""

import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator

from tftag.audio import audio_files, contents
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing

_EVERYTHING = "/**"


@dataclasses.dataclass(frozen=True)
class File:
    """A file of a catalogue.

    Attributes:
        name: Relative to the folder, with `/`.
        version: Another one where the file has changed.
    """

    name: str
    version: str


@dataclasses.dataclass(frozen=True)
class Shard:
    """Files that one worker describes together, and writes as one.

    Attributes:
        root: The folder of the files, or its address with all it needs.
        names: The files, relative to it, with `/`.
        key: Equal for files that have not changed, under one model, which it
            begins with.
    """

    root: str
    names: tuple[str, ...]
    key: str


def files(
    place: str, fail: Callable[[str, Exception], None]
) -> tuple[str, Iterator[File]]:
    """Finds the audio of a folder, or of an address, to the bottom.

    Args:
        place: The folder; `/**` at its end changes nothing.
        fail: Gets name and error of what cannot be listed.

    Returns:
        The folder, and its files, in the order of their names.

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
    root: str, found: Iterable[File], files_per_shard: int, model: str
) -> Iterator[Shard]:
    """Cuts the files into shards.

    Where a shard ends depends on its last file alone, but for those that have
    grown to `files_per_shard`: one file more or less makes another shard of
    its neighbours, and the others stay what they are (Muthitacharoen, Chen and
    Mazieres, A low-bandwidth network file system, 2001).

    Args:
        root: Of the files.
        found: In their order.
        files_per_shard: At most; on average half as many.
        model: What the model is; another one makes other shards.
    """
    part: list[File] = []
    for file in found:
        part.append(file)
        if len(part) == files_per_shard or _is_last(file, files_per_shard):
            yield _shard(root, part, model)
            part = []
    if part:
        yield _shard(root, part, model)


def _is_last(file: File, files_per_shard: int) -> bool:
    digest = hashlib.sha256(os.fsencode(file.name)).digest()
    number = int.from_bytes(digest[:8], "little")
    return number % max(files_per_shard // 2, 1) == 0


def _shard(root: str, part: Iterable[File], model: str) -> Shard:
    digest = hashlib.sha256()
    for file in part:
        for text in (file.name, file.version):
            digest.update(os.fsencode(text) + b"\0")
    names = tuple(file.name for file in part)
    return Shard(root, names, f"{model}-{digest.hexdigest()[:20]}")


def _local(folder: pathlib.Path, fail) -> Iterator[File]:
    def cannot_list(path, error):
        fail(os.fspath(path), error)

    for path in audio_files.find([folder], cannot_list):
        try:
            state = path.stat()
        except OSError as error:
            cannot_list(path, error)
            continue
        name = path.relative_to(folder).as_posix()
        yield File(name, f"{state.st_size} {state.st_mtime_ns}")


def _remote(folder: addresses.Address) -> Iterator[File]:
    """Names by their endings: nothing is read to look inside."""
    if folder.is_web:
        raise ValueError(
            "Only buckets can be listed: --input takes a folder, s3:// or "
            f"gs://. Received: {folder}"
        )
    for file in remote_listing.walk(folder):
        name = file.relative_to(folder)
        if name and contents.is_audio_name(name):
            yield File(name, file.facts.version)
