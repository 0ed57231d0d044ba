"""A folder of audio and a table: CSV or JSON lines."""

import collections
import dataclasses
import logging
import os
import pathlib
import re
from collections.abc import Iterable

from pipelines.sources import data_set, listings
from pipelines.sources.own_table import (
    file_search,
    odd_tags,
    remote_audio,
    table_rows,
)
from tftag.console import counts_in_words
from tftag.storage.remote import address as addresses
from tftag.storage.remote import local_copy
from tftag.words import artist_names

_DRIVE = re.compile(r"[a-z]:[\\/]|\\\\", re.IGNORECASE)
# What tags are joined by elsewhere; ID3 has NULs, and programs for tags \\\\.
_IN_NO_TAG = ("\n", "\0", "\\\\")
_OTHER_SEPARATORS = (*";,|\t/+、，；｜／¦•·・", " #", " - ", *_IN_NO_TAG)
_OF_WINDOWS = (
    " The table has whole paths of Windows: write them relative to that folder."
)

# A row, and the file that it means.
_Found = tuple[table_rows.TableRow, str | addresses.Address]
_log = logging.getLogger(__name__)


def read_table(
    csv_path: str | os.PathLike[str] | addresses.Address,
    audio_folder: str | os.PathLike[str] | addresses.Address | None = None,
    tag_separator: str = listings.TAG_SEPARATOR,
    skip: Iterable[str | os.PathLike[str]] = (),
) -> listings.Listing:
    """Reads the recordings that a table names.

    Args:
        csv_path: CSV with the columns `path,tags[,artist[,split]]`, or JSON
            lines with these keys; a path or an address.
        audio_folder: What relative paths start from, and where audio is
            looked for that no row names; None is the table's folder.
        tag_separator: What joins the tags of a cell.
        skip: Folders in it not to look into, as the one that is written.

    Returns:
        The recordings; the problems name missing files and files without a
        row.

    Raises:
        FileNotFoundError: There is no table, no folder or none of the files.
        ValueError: The table cannot be read as it is; names the line.
    """
    csv_path = addresses.place(csv_path)
    if isinstance(csv_path, addresses.Address):
        start = csv_path.parent if audio_folder is None else audio_folder
        with local_copy.file_copy(csv_path) as copy:
            return read_table(copy, start, tag_separator, skip)
    if csv_path.exists() and not csv_path.is_file():
        raise ValueError(
            "The table must be a file, as it is read twice, and neither a "
            f"folder nor a pipe. Received: {csv_path}"
        )
    if not csv_path.is_file():
        raise FileNotFoundError(f"There is no table {csv_path}")
    if not tag_separator:
        raise ValueError("`tag_separator` must not be empty.")
    folder = addresses.place(
        csv_path.parent if audio_folder is None else audio_folder
    )
    if isinstance(folder, pathlib.Path):
        folder = pathlib.Path(os.path.abspath(folder))
    files = remote_audio.audio_files(folder, skip)
    rows = table_rows.read_rows(csv_path, tag_separator)
    if not rows:
        raise ValueError(f"{csv_path} lists no recording.")
    _check_splits(csv_path, rows)
    search = file_search.FileSearch(folder, files)
    found = _joined(csv_path, [(row, search.find(row.path)) for row in rows])
    search.tell(csv_path)
    recordings, problems = [], []
    paths = [path for _, path in found]
    ids = listings.track_ids(
        [
            # So that the folder and files beside it can move together.
            listings.relative_name(path, folder, os.path.isabs(row.path))
            for row, path in found
        ]
    )
    for (row, path), track_id, problem in zip(
        found, ids, remote_audio.problems(paths), strict=True
    ):
        problem = search.problems.get(path, problem)
        if problem == listings.MISSING:
            problem += search.nearest(row.path)
        if problem is not None:
            problems.append((addresses.without_secrets(row.path), problem))
            continue
        recordings.append(
            listings.SourceRecording(
                track_id=track_id,
                path=addresses.place(path),
                tags=listings.clean_tags(row.tags),
                artist=listings.clean_artist(row.artist),
                split=listings.SPLIT_NAMES.get(row.split.casefold(), ""),
            )
        )
    if not recordings:
        of_windows = _DRIVE.match(found[0][0].path.strip())
        raise FileNotFoundError(
            f"None of {counts_in_words.count(len(found), 'file')} that "
            f"{csv_path} lists can be read; the first, {paths[0]}, is "
            f"{problems[0][1]}. Name the folder that the paths start from as "
            f"the audio folder (--audio).{_OF_WINDOWS if of_windows else ''}"
        )
    unlisted = sorted(search.files - set(paths))
    problems += [
        (listings.relative_name(path, folder), listings.NOT_LISTED)
        for path in unlisted
    ]
    _warn_of_separator(csv_path, [row for row, _ in found], tag_separator)
    listings.warn_of_untagged(recordings, csv_path)
    odd_tags.warn(recordings, csv_path)
    odd_tags.warn_of_encoding(
        (name for row, _ in found for name in row.tags), csv_path
    )
    source = {
        "name": csv_path.stem,
        "made_from": listings.file_facts([csv_path]),
    }
    return listings.Listing(tuple(recordings), tuple(problems), source)


def _check_splits(csv_path: pathlib.Path, rows: list[table_rows.TableRow]):
    given = any(row.split for row in rows)
    for row in rows:
        if given and row.split.casefold() not in listings.SPLIT_NAMES:
            raise ValueError(
                f"{csv_path}, line {row.line}: the split must be one of "
                f"{', '.join(listings.SPLIT_NAMES)} in every row, or be left "
                f"out of all. Received: {row.split!r}"
            )


def _joined(csv_path: pathlib.Path, found: list[_Found]) -> list[_Found]:
    """One row of each file, with the tags of all that name it."""
    lines = collections.defaultdict(list)
    for row, path in found:
        lines[str(path)].append((row, path))
    joined, more = [], []
    for same in lines.values():
        row, path = same[0]
        if len(same) > 1:
            more.append(same)
            _check_same(csv_path, same)
            names = tuple(name for other, _ in same for name in other.tags)
            row = dataclasses.replace(row, tags=names)
        joined.append((row, path))
    if more:
        numbers = ", ".join(str(row.line) for row, _ in more[0])
        _log.warning(
            "%s has several rows for %s, as for %s on the lines %s: their tags "
            "are taken together.",
            csv_path,
            counts_in_words.count(len(more), "file"),
            addresses.without_secrets(repr(more[0][0][0].path)),
            numbers,
        )
    return joined


def _check_same(csv_path: pathlib.Path, same: list[_Found]):
    """Refuses rows of a file that are about something else than its tags."""
    facts = {
        (
            artist_names.artist_key(row.artist),
            listings.SPLIT_NAMES.get(row.split.casefold()),
            path,
        )
        for row, path in same
    }
    if len(facts) == 1:
        return
    first = addresses.without_secrets(same[0][0].path)
    numbers = ", ".join(str(row.line) for row, _ in same)
    hint = "must have one artist and one split"
    if len({path for _, path in same}) > 1:
        hint = "must have one address: what only differs after a ? is one file"
    raise ValueError(
        f"{csv_path}: the rows of a file {hint}. Received: {first!r} on the "
        f"lines {numbers}"
    )


def _warn_of_separator(
    csv_path: pathlib.Path, rows: list[table_rows.TableRow], tag_separator: str
):
    counts = collections.Counter(name for row in rows for name in row.tags)
    known = set(listings.clean_tags(counts))
    is_used = any(len(row.tags) > 1 for row in rows)
    for other in _OTHER_SEPARATORS:
        held = [name for name in counts if other in name]
        # "rock; pop", where others have rock and pop.
        joined = [n for n in held if known.issuperset(_split(n, other))]
        is_likely = not is_used and 2 * sum(counts[n] for n in held) > len(rows)
        if other in _IN_NO_TAG:
            is_likely |= any(len(_split(name, other)) > 1 for name in held)
        told = joined or held * is_likely
        if told:
            number = sum(counts[name] for name in told)
            _log.warning(
                "%s of %s %s %r, as %.80r: %s",
                counts_in_words.count(number, "tag"),
                csv_path,
                "holds" if number == 1 else "hold",
                other,
                told[0],
                f"is that the tag separator, rather than {tag_separator!r}?"
                if other != tag_separator
                else "the texts of a list are not split at it.",
            )


def _split(name, separator):
    return listings.clean_tags(name.split(separator))


DATA_SET = data_set.DataSet(
    name="your own list",
    flag=data_set.Flag(
        "--table",
        "your own list: CSV with the columns path,tags[,artist[,split]], or "
        "JSON lines; it and its audio may be at s3://, gs:// or https:// "
        "addresses",
        "FILE",
    ),
    read=lambda asked, audio_folder, skip: read_table(
        asked.table,
        audio_folder,
        asked.tag_separator or listings.TAG_SEPARATOR,
        skip=skip,
    ),
    options=(data_set.TAG_SEPARATOR,),
    audio_folder=lambda asked: addresses.place(asked.table).parent,
    is_local=False,
    keeps_splits=False,
)
