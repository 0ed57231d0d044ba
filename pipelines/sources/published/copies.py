"""Compares a copy of a published data set with what is published of it."""

import argparse
import collections
import itertools
import logging
import os
import pathlib
from collections.abc import Callable, Iterable

from pipelines.manifest import checks
from pipelines.sources import data_set, listings, name_match
from pipelines.sources.published import index_files

_log = logging.getLogger(__name__)


def reader(
    read_index: Callable[[argparse.Namespace], index_files.Index],
) -> data_set.Read:
    """How `prepare` reads a copy of a data set.

    Args:
        read_index: Reads the index files that the flags name.
    """
    return lambda asked, audio_folder, skip: list_copy(
        read_index(asked), audio_folder, partial=asked.partial, skip=skip
    )


def list_copy(
    index: index_files.Index,
    audio_folder: str | os.PathLike[str],
    *,
    partial: bool = False,
    skip: Iterable[str | os.PathLike[str]] = (),
) -> listings.Listing:
    """Compares a copy of a data set with what is published of it.

    Args:
        index: What its index files say.
        audio_folder: Where the audio is, in any depth.
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
    publication, version = index.publication, index.version
    _check_names(index)
    if not partial:
        _check_counts(index)
    usable = [row for row in index.rows if row.names[0] not in index.faults]
    folder = pathlib.Path(audio_folder)
    match = name_match.NameMatch(listings.audio_files(folder, skip), folder)
    # Of the names of each, the first that a file has.
    held = [next(filter(match.find, row.names), row.names[0]) for row in usable]
    paths, problems = match.find_all(held)
    missing = {name for name, reason in problems if reason == listings.MISSING}
    if missing and (not partial or not paths):
        way_out = ", --partial takes the copy as it is" if paths else ""
        raise FileNotFoundError(
            f"{len(missing):,} of the {len(usable):,} recordings of "
            f"{publication.name} {version.name} are not in {folder}; the "
            f"first: {min(missing)}. {publication.homepage} publishes them. "
            f"--audio names another folder{way_out}."
        )
    problems = [entry for entry in problems if entry[1] != listings.MISSING]
    problems += [(name, listings.NOT_HELD) for name in missing]
    problems += [
        (name, f"{listings.KNOWN_FAULT}: {fault}")
        for name, fault in index.faults.items()
    ]
    known = itertools.chain(index.faults, *(row.names for row in index.rows))
    problems += [(n, listings.NOT_IN_VERSION) for n in match.unmeant(known)]
    # The ids do not depend on which part of the data set is held.
    ids = listings.track_ids([row.names[0] for row in usable])
    recordings = tuple(
        listings.SourceRecording(
            track_id, paths[name], row.tags, row.artist, row.split
        )
        for track_id, name, row in zip(ids, held, usable, strict=True)
        if name in paths
    )
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
        "made_from": listings.file_facts(index.files),
    }
    return listings.Listing(
        recordings, tuple(problems), source, index.vocabulary
    )


def _check_names(index: index_files.Index) -> None:
    counts = collections.Counter(row.names[0] for row in index.rows)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(
            f"The index files of {index.publication.name} must list each "
            f"recording once. Received {len(twice)} more often, the first: "
            f"{twice[0]!r}"
        )


def _check_counts(index: index_files.Index) -> None:
    wanted = index.version.counts
    found: tuple[int, ...] = (len(index.rows),)
    if len(wanted) > 1:
        counts = collections.Counter(row.split for row in index.rows)
        found = tuple(counts[name] for name in checks.SPLITS)
    if wanted and found != wanted:
        raise ValueError(
            f"{index.publication.name} {index.version.name} has "
            f"{_slashes(wanted)} recordings, as published. Received: "
            f"{_slashes(found)} in the index files. "
            f"{index.publication.homepage} publishes whole ones; --partial "
            "takes a part."
        )


def _slashes(counts: Iterable[int]) -> str:
    return "/".join(f"{count:,}" for count in counts)
