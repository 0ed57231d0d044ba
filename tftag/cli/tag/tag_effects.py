"""What `tftag tag` does with tags besides listing them, when asked to.

Genre and mood into the files, a playlist per tag, and the way back.
"""

import argparse
import collections
import contextlib
import os
import pathlib
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from tftag.audio import audio_files
from tftag.cli import arguments as arguments_lib
from tftag.cli import failures
from tftag.cli.tag import playlists
from tftag.cli.tag.embedded_tags import (
    field_table,
    file_tags,
    second_tags,
    undo,
)
from tftag.console import counts_in_words
from tftag.storage import escaping
from tftag.storage.remote import address as addresses

# Gets a recording and the tags it has; returns whether it changed the file.
Effect = Callable[[pathlib.Path, list[str]], bool]
Fail = Callable[[pathlib.Path, Exception], None]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags."""
    parser.add_argument(
        "--write-tags",
        type=arguments_lib.local_path,
        metavar="UNDO_FILE",
        help="put the listed tags that reach their own threshold into the "
        "files, as genre and mood; what was there is noted in UNDO_FILE first",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="with --write-tags: only say what would be written",
    )
    parser.add_argument(
        "--overwrite-tags",
        action="store_true",
        help="with --write-tags: replace a genre or mood that is there",
    )
    parser.add_argument(
        "--fields",
        type=arguments_lib.local_path,
        metavar="CSV",
        default=field_table.SHIPPED,
        help="with --write-tags: which tag goes where, columns tag, field and "
        "value (default: %(default)s)",
    )
    parser.add_argument(
        "--undo",
        type=arguments_lib.local_path,
        metavar="UNDO_FILE",
        help="put back what was in the files before, and do nothing else",
    )
    parser.add_argument(
        "--m3u",
        type=arguments_lib.local_path,
        metavar="DIR",
        help="a playlist per tag, of the files whose listed tags reach their "
        "own threshold; those of an earlier call are replaced or removed",
    )


def check(arguments: argparse.Namespace) -> None:
    """Refuses flags that do not go together.

    Raises:
        ValueError: They do not, mutagen is not installed, or a file that is
            named is not what it must be.
        OSError: It cannot be read, or there is no folder for it.
    """
    if not arguments.write_tags and (
        arguments.dry_run
        or arguments.overwrite_tags
        or arguments.fields is not field_table.SHIPPED
    ):
        raise ValueError(
            "--dry-run, --overwrite-tags and --fields go with --write-tags."
        )
    if arguments.dry_run and arguments.m3u:
        raise ValueError(
            "--dry-run writes nothing, and --m3u playlists: leave out one."
        )
    if not (arguments.write_tags or arguments.m3u):
        return
    if arguments.tags is not None or arguments.timeline:
        raise ValueError(
            "--write-tags and --m3u take the tags of whole recordings that "
            "have thresholds: leave out --tags and --timeline."
        )
    for path in arguments.paths:
        if addresses.is_remote(path):
            raise ValueError(
                "--write-tags and --m3u are for files of this machine: copy "
                f"them here first. Received: {path}."
            )
    if arguments.write_tags:
        file_tags.check_installed()
        field_table.read(arguments.fields)
        if not arguments.dry_run:
            undo.check_place(arguments.write_tags)
    if arguments.m3u:
        playlists.check_place(arguments.m3u)


@contextlib.contextmanager
def opened(arguments: argparse.Namespace, fail: Fail) -> Iterator[list[Effect]]:
    """What is to be done with each recording and its tags.

    Args:
        arguments: What the parser of `add_flags` made.
        fail: Gets path and error where it cannot be done.

    Raises:
        ValueError: A file that is named is not what it must be.
        OSError: It cannot be read or written.
    """
    with contextlib.ExitStack() as files:
        effects: list[Effect] = []
        if arguments.write_tags:
            table = field_table.read(arguments.fields)
            notes = None
            if not arguments.dry_run:
                notes = files.enter_context(undo.opened(arguments.write_tags))
            changed: collections.Counter[str] = collections.Counter()
            effects.append(
                _writer(table, notes, arguments.overwrite_tags, fail, changed)
            )
        if arguments.m3u:
            lists = files.enter_context(
                playlists.opened(arguments.m3u, arguments.shard)
            )
            effects.append(_lister(lists, fail))
        yield effects
    if arguments.write_tags and arguments.dry_run:
        sys.stderr.write(
            "no file was changed; without --dry-run, "
            f"{counts_in_words.count(changed['files'], 'file')} would be "
            "changed\n"
        )
    elif arguments.write_tags:
        sys.stderr.write(
            f"written into {counts_in_words.count(changed['files'], 'file')}; "
            "to put back what was there: "
            f"tftag tag --undo {shlex.quote(arguments.write_tags)}\n"
        )


def run_undo(path: str | os.PathLike[str]) -> int:
    """Puts back what was in the files before.

    Args:
        path: The undo file.

    Returns:
        0, or 1 where some files stay as they are.
    """
    file_tags.check_installed()
    fail = failures.Failures("not restored")
    count = sum(1 for _ in undo.restore(path, fail))
    sys.stderr.write(f"restored: {counts_in_words.count(count, 'file')}\n")
    return 1 if fail.count else 0


def _writer(
    table: dict[str, tuple[str, str]],
    notes: IO[str] | None,
    is_overwriting: bool,
    fail: Fail,
    changed: collections.Counter[str],
) -> Effect:
    def write(path: pathlib.Path, tags: Iterable[str]) -> bool:
        try:
            wanted = field_table.fields(table, tags)
            now = file_tags.read(path) if wanted else {}
            there = second_tags.read(path) if wanted else {}
            after = {
                field: texts
                for field, texts in wanted.items()
                if texts != now[field]
                and (is_overwriting or not (now[field] or there[field]))
            }
            if not after:
                return False
            if notes is None:
                _say(path, now, after)
                changed["files"] += 1
                return False
            undo.change(notes, path, after, now)
        except (file_tags.UntaggableFile, OSError) as error:
            fail(path, error)
            return False
        changed["files"] += 1
        return True

    return write


def _say(
    path: pathlib.Path, now: file_tags.Fields, after: file_tags.Fields
) -> None:
    """Says what would be written into a file."""
    changes = []
    for field, texts in after.items():
        was = f" (now {_joined(now[field])})" if now[field] else ""
        changes.append(f"{field} {_joined(texts)}{was}")
    name = escaping.one_line(audio_files.shown(path))
    sys.stderr.write(f"would write {', '.join(changes)}: {name}\n")


def _joined(texts: Iterable[str]) -> str:
    return escaping.one_line("; ".join(texts))


def _lister(lists: playlists.Playlists, fail: Fail) -> Effect:
    def add(path: pathlib.Path, tags: Iterable[str]) -> bool:
        try:
            lists.add(path, tags)
        except ValueError as error:
            fail(path, error)
        return False

    return add
