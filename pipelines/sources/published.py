"""Compares a copy of a published data set with what is published of it."""

import collections
import contextlib
import csv
import dataclasses
import logging
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from pipelines.manifest import checks
from pipelines.sources import data_set, listings, name_match
from tftag.storage import escaping

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class IndexRow:
    """One recording as the index files have it.

    Attributes:
        names: File names that it can have, the published one first.
        tags: Clean tags.
        artist: "" where unknown.
        split: "" where none is published.
    """

    names: tuple[str, ...]
    tags: tuple[str, ...]
    artist: str = ""
    split: str = ""


def index_file(
    publication: data_set.Publication,
    folder: str | os.PathLike[str],
    *places: str,
) -> pathlib.Path:
    """The index file that lies at the first of some places.

    Args:
        publication: The data set.
        folder: Where it was unpacked.
        places: Where the file can be, relative to the folder.

    Returns:
        Its path.

    Raises:
        FileNotFoundError: It is nowhere; says who publishes it.
    """
    for place in places:
        path = pathlib.Path(folder, place)
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"{publication.name} needs {places[0]}, which is not in {folder}. "
        f"{publication.homepage} publishes it."
    )


@contextlib.contextmanager
def open_index(
    path: str | os.PathLike[str], errors: str = "strict"
) -> Iterator[TextIO]:
    """An index file as text; what is wrong with it names it.

    Args:
        path: The file, UTF-8; a mark of it at its head is left out.
        errors: What becomes of bytes that are not.

    Raises:
        ValueError: In the block it was found to be no such text, or no CSV.
    """
    try:
        # Biographies of artists are cells too; a quote that is not closed
        # would make one of all that follows.
        with (
            escaping.long_cells(16_000_000),
            open(path, encoding="utf-8-sig", errors=errors, newline="") as file,
        ):
            yield file
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def list_copy(
    publication: data_set.Publication,
    version: data_set.Version,
    rows: Sequence[IndexRow],
    audio_folder: str | os.PathLike[str],
    *,
    index_files: Iterable[pathlib.Path] = (),
    faults: Mapping[str, str] | None = None,
    vocabulary: tuple[str, ...] | None = None,
    partial: bool = False,
    skip: Iterable[str | os.PathLike[str]] = (),
) -> listings.Listing:
    """Compares a copy of a data set with what is published of it.

    Args:
        publication: The data set.
        version: The version of it that is wanted.
        rows: Its recordings, as the index files have them.
        audio_folder: Where the audio is, in any depth.
        index_files: What the rows were read from.
        faults: Published name and fault of recordings that cannot be used;
            they need not be among the rows.
        vocabulary: The tags in order, where the data set fixes them.
        partial: Whether the index files and the audio may be a part.
        skip: Folders in the audio folder not to look into.

    Returns:
        The recordings that are there; the problems name the faulty ones,
        those that a partial copy lacks, and audio that no row names.

    Raises:
        FileNotFoundError: Audio is missing and `partial` is False, or all is;
            counts it, names the first and who publishes it.
        ValueError: The index files list another number of recordings than
            is published, and `partial` is False; or list one twice.
    """
    faults = {} if faults is None else faults
    _check_names(publication, rows)
    if not partial:
        _check_counts(publication, version, rows)
    usable = [row for row in rows if row.names[0] not in faults]
    folder = pathlib.Path(audio_folder)
    files = listings.audio_files(folder, skip)
    match = name_match.NameMatch(files, folder)
    paths, problems = name_match.find_all(
        (_held_name(row.names, match) for row in usable), match, folder
    )
    missing = {name for name, reason in problems if reason == listings.MISSING}
    problems = [entry for entry in problems if entry[1] != listings.MISSING]
    if missing and (not partial or not paths):
        raise FileNotFoundError(
            _missing(publication, version, missing, len(usable), folder, paths)
        )
    problems += [(name, listings.NOT_HELD) for name in missing]
    faulty = {file for name in faults for file in match.find(name)}
    problems += [
        (name, f"{listings.KNOWN_FAULT}: {fault}")
        for name, fault in faults.items()
    ]
    known = {file for row in rows for n in row.names for file in match.find(n)}
    problems += [
        (
            file.relative_to(os.path.abspath(folder)).as_posix(),
            listings.NOT_IN_VERSION,
        )
        for file in files
        if file not in known and file not in faulty
    ]
    recordings = _recordings(usable, paths)
    listings.warn_of_untagged(recordings, publication.name)
    if missing:
        _log.warning(
            "%d of the %d recordings of %s are in %s; figures on this part "
            "compare with no published ones.",
            len(recordings),
            len(usable),
            publication.name,
            folder,
        )
    source = {
        "name": publication.name,
        "version": version.name,
        "note": version.note,
        "homepage": publication.homepage,
        "licence": publication.licence,
        "citation": publication.citation,
        "published": list(version.counts),
        "held": f"{len(recordings)} of {len(usable)}",
        "made_from": listings.file_facts(index_files),
    }
    return listings.Listing(recordings, tuple(problems), source, vocabulary)


def _recordings(
    usable: Sequence[IndexRow], paths: Mapping[str, pathlib.Path]
) -> tuple[listings.SourceRecording, ...]:
    # The ids do not depend on which part of the data set is held.
    ids = listings.track_ids([row.names[0] for row in usable])
    recordings = []
    for track_id, row in zip(ids, usable, strict=True):
        found = [paths[name] for name in row.names if name in paths]
        if found:
            recordings.append(
                listings.SourceRecording(
                    track_id, found[0], row.tags, row.artist, row.split
                )
            )
    return tuple(recordings)


def _held_name(names: tuple[str, ...], match: name_match.NameMatch) -> str:
    """The first name that a file has; the published one where none has."""
    return next((name for name in names if match.find(name)), names[0])


def _check_names(publication: data_set.Publication, rows: Sequence[IndexRow]):
    counts = collections.Counter(row.names[0] for row in rows)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(
            f"The index files of {publication.name} must list each recording "
            f"once. Received {len(twice)} more often, the first: {twice[0]!r}"
        )


def _check_counts(
    publication: data_set.Publication,
    version: data_set.Version,
    rows: Sequence[IndexRow],
):
    if not version.counts:
        return
    counts = collections.Counter(row.split for row in rows)
    found = tuple(counts[name] for name in checks.SPLITS)
    if len(version.counts) == 1:
        found = (len(rows),)
    if found != version.counts:
        raise ValueError(
            f"{publication.name} {version.name} has {_slashes(version.counts)} "
            f"recordings, as published. Received: {_slashes(found)} in the "
            f"index files. {publication.homepage} publishes whole ones; "
            "--partial takes a part."
        )


def _missing(publication, version, missing, total, folder, paths):
    partial = ", --partial takes the copy as it is" if paths else ""
    return (
        f"{len(missing):,} of the {total:,} recordings of {publication.name} "
        f"{version.name} are not in {folder}; the first: {min(missing)}. "
        f"{publication.homepage} publishes them. --audio names another folder"
        f"{partial}."
    )


def _slashes(counts: Iterable[int]) -> str:
    return "/".join(f"{count:,}" for count in counts)
