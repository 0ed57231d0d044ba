"""What every source gives: the recordings that a data set names."""

import collections
import dataclasses
import hashlib
import logging
import os
import pathlib
import re
from collections.abc import Iterable, Sequence

from pipelines.reading.slices import arrays
from tftag import tags
from tftag.audio import contents
from tftag.storage import folders
from tftag.storage.remote import address as addresses

AUDIO_SUFFIXES = contents.SUFFIXES | {arrays.SUFFIX}
# In a folder that was prepared; its WAVs are no source.
PREPARED_MARK = "manifest.json"
MAX_ID_LETTERS = 100
# What people call the splits.
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
TAG_SEPARATOR = "|"  # unless a person says otherwise
# Why something is not among the recordings; a detail may follow after ": ".
MISSING = "missing"
NOT_LISTED = "not listed"
IN_NO_SPLIT = "in no split"
# Likewise, where a published data set lacks it on purpose.
NOT_HELD = "not in this copy"
KNOWN_FAULT = "known fault"
NOT_IN_VERSION = "not in this version"

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class SourceRecording:
    """One recording named by a data set.

    Attributes:
        track_id: Unique, the same at every reading, safe as a file name.
        path: The source audio, absolute or an address.
        tags: Clean tags; may be none.
        artist: "" where unknown.
        split: `train`, `validation` or `test`; "" where none is given.
    """

    track_id: str
    path: pathlib.Path | addresses.Address
    tags: tuple[str, ...]
    artist: str = ""
    split: str = ""


@dataclasses.dataclass(frozen=True)
class Listing:
    """All recordings that a data set names.

    Attributes:
        recordings: Those whose file is there.
        problems: Name and reason of each that cannot be used, and of each
            audio file that is not named.
        source: Name of the data set and what it was read from.
        vocabulary: The tags in order, where the data set fixes them.
    """

    recordings: tuple[SourceRecording, ...]
    problems: tuple[tuple[str, str], ...]
    source: dict
    vocabulary: tuple[str, ...] | None = None


def audio_files(
    folder: pathlib.Path, skip: Iterable[str | os.PathLike[str]] = ()
) -> list[pathlib.Path]:
    """Every audio file below a folder, by its name's ending or its contents.

    Links to folders are followed, each folder once (`folders.walk`). What
    systems make and prepared data sets are passed over; a folder that cannot
    be read is named in the log.

    Args:
        folder: Where to look.
        skip: Folders not to look into, as the one that is being written.

    Returns:
        Absolute paths, sorted.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    top = os.path.abspath(folder)
    if not os.path.isdir(top):
        raise FileNotFoundError(f"There is no folder {top}")
    # One that is around all of this is not meant.
    skipped = [name for name in skip if not _is_inside(top, [name])]
    found = []
    for parent, inside, files in folders.walk(top, _tell):
        if parent != top and PREPARED_MARK in files:
            inside.clear()
            continue
        inside[:] = [
            name
            for name in inside
            if not _is_inside(os.path.join(parent, name), skipped)
        ]
        found += [
            pathlib.Path(parent, name)
            for name in files
            if arrays.is_array(name)
            or contents.is_audio(os.path.join(parent, name))
        ]
    return sorted(found)


def _is_inside(path, others):
    real = pathlib.Path(os.path.realpath(path))
    return any(real.is_relative_to(os.path.realpath(one)) for one in others)


def _tell(error: OSError):
    _log.warning("Not looked into: %s: %s", error.filename, error.strerror)


def relative_name(
    path: object, folder: object, is_whole_outside: bool = True
) -> str:
    """What to call a file, with `/`: its name in a folder.

    Args:
        path: Of the file, absolute, or its address.
        folder: Likewise.
        is_whole_outside: Whether all of its path is its name where it lies
            elsewhere, rather than the way there.
    """
    remote_name = addresses.relative_name(path, folder)
    if remote_name is not None:
        return remote_name
    name = os.path.relpath(str(path), str(folder))
    if is_whole_outside and name.startswith(os.pardir + os.sep):
        name = str(path)
    return name.replace(os.sep, "/")


def without_audio_suffix(name: str) -> str:
    """`x.mp3` without `.mp3`; `track.01` as it is."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in AUDIO_SUFFIXES else name


def clean_tags(texts: Iterable[str]) -> tuple[str, ...]:
    """Clean tags in their order, each once, without empty ones."""
    cleaned = (tags.clean_tag(text) for text in texts)
    return tuple(dict.fromkeys(name for name in cleaned if name))


def clean_artist(text: str) -> str:
    """An artist's name as it is seen, with single spaces."""
    return tags.visible(text.encode("utf-8", "backslashreplace").decode())


def track_ids(names: Sequence[str]) -> list[str]:
    """Names of recordings that are safe as file names.

    `a/b.mp3` becomes `a__b`. Eight hex digits of the whole name are added
    where letters are lost, and where two would be the same, also on a file
    system that knows no case.

    Args:
        names: A unique name for each recording, with `/` between folders.

    Returns:
        A unique name for each, of ASCII letters, digits and `._-`.
    """
    plain = [without_audio_suffix(name).lstrip("./") for name in names]
    plain = [text.replace("/", "__") for text in plain]
    safe = [re.sub(r"[^A-Za-z0-9._-]+", "_", text) for text in plain]
    safe = [text.lstrip(".-") for text in safe]
    counts = collections.Counter(text.casefold() for text in safe)
    ids = []
    for name, text, kept in zip(names, plain, safe, strict=True):
        alone = counts[kept.casefold()] == 1
        if not (alone and kept == text and 0 < len(kept) <= MAX_ID_LETTERS):
            known = hashlib.sha256(name.encode("utf-8", "surrogateescape"))
            kept = f"{kept[:MAX_ID_LETTERS]}-{known.hexdigest()[:8]}"
            kept = kept.lstrip("-")
        ids.append(kept)
    return ids


def read_names(path: str | os.PathLike[str]) -> list[str]:
    """Names in a text file, one per line; empty lines are left out.

    Raises:
        ValueError: It is no text in UTF-8, or has no name.
        OSError: It cannot be read.
    """
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            "A list of tags must be a text file in UTF-8, one tag per line. "
            f"Received: {os.fspath(path)}"
        ) from error
    names = [line for line in text.splitlines() if line.strip()]
    if not names:
        raise ValueError(
            "A list of tags must have one tag per line. Received: "
            f"{os.fspath(path)}, which has none"
        )
    return names


def file_facts(paths: Iterable[str | os.PathLike[str]]) -> dict[str, str]:
    """What a data set was read from.

    Args:
        paths: The files that list it.

    Returns:
        For each file name, 16 hex digits of its contents.
    """
    facts = {}
    for path in map(pathlib.Path, paths):
        known = hashlib.sha256(path.read_bytes())
        facts[path.name] = known.hexdigest()[:16]
    return facts


def warn_of_untagged(
    recordings: Sequence[SourceRecording], path: str | os.PathLike[str]
) -> None:
    """Counts in the log the recordings that no tag was given.

    Args:
        recordings: What a source has read.
        path: From where.
    """
    untagged = sum(not recording.tags for recording in recordings)
    if untagged:
        _log.warning(
            "%d of the %d recordings of %s have no tag; they stay, as "
            "examples of none.",
            untagged,
            len(recordings),
            path,
        )
