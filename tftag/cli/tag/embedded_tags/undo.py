"""What was in files before tags were written into them, and back again."""

import contextlib
import errno
import itertools
import json
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import IO

from tftag.cli.tag.embedded_tags import byte_patch, file_tags
from tftag.storage import no_links, plain_json

_HEADER = {"tftag_undo": 1}
_WAY_OUT = "name a new file, or one that --write-tags has written"


def check_place(path: str | os.PathLike[str]) -> None:
    """Refuses what `opened` will, before the files are tagged.

    Raises:
        ValueError: It is another file, or a link.
        FileNotFoundError: It lies in no folder.
    """
    path = pathlib.Path(path)
    no_links.refuse(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"An undo file must be in a folder that is there. Received: {path}."
        )
    if not _is_new(path):
        _check(path)


def opened(path: str | os.PathLike[str]) -> IO[str]:
    """Opens an undo file to append to, or begins one.

    Raises:
        ValueError: It is another file, or a link, or in use.
        OSError: It cannot be written.
    """
    path = pathlib.Path(path)
    is_new = _is_new(path)
    if not is_new:
        _check(path)
    file = no_links.append(path)
    try:
        no_links.take(file, f"Another process is writing {path}.")
        if is_new:
            _append(file, _HEADER)
        elif _is_cut(path):
            file.write("\n")
    except BaseException:
        _close(file)
        raise
    return file


def change(
    file: IO[str],
    path: str | os.PathLike[str],
    after: file_tags.Fields,
    now: file_tags.Fields,
) -> None:
    """Changes fields of a file; what it was is on the disk before.

    Args:
        file: What `opened` returns.
        path: The file.
        after: The fields that will change, as they will be.
        now: What `file_tags.read` found in it.

    Raises:
        UntaggableFile: As `file_tags.write`, and so OSError.
    """

    def note(part: str) -> None:
        _append(
            file,
            {
                # Bytes of a name that are no text survive as JSON's escapes.
                "path": os.path.abspath(path),
                "before": {field: now[field] for field in after},
                "after": after,
                "bytes": byte_patch.make(path, part),
            },
        )

    file_tags.write(path, after, now, note)


def restore(
    path: str | os.PathLike[str],
    fail: Callable[[str, Exception], None],
) -> Iterator[str]:
    """Puts back what was there, the last change first.

    A file that is as the change left it gets its old bytes, where they are
    known; others get their old fields.

    A field that somebody has changed since stays as it is, and is named.

    Args:
        path: An undo file.
        fail: Gets path and error of each file that stays as it is.

    Yields:
        The path of each file that is as it was before.

    Raises:
        ValueError: It is no undo file.
        OSError: It cannot be read.
    """
    _check(path)
    with open(path, "rb") as file:
        ends = list(itertools.accumulate(map(len, file)))
        for start in reversed(ends[:-1]):
            file.seek(start)
            change = _read(file.readline())
            if change is None:
                continue  # cut short: it was noted, but never made
            try:
                if _restore(*change):
                    yield change[0]
            except (file_tags.UntaggableFile, OSError) as error:
                fail(change[0], error)


def _restore(
    path: str,
    before: file_tags.Fields,
    after: file_tags.Fields,
    patch: byte_patch.Patch | None,
) -> bool:
    now = file_tags.read(path)
    changed = {field: now[field] for field in before}
    if changed == before:
        return False
    if changed != after:
        raise file_tags.UntaggableFile(
            f"{path}: It was changed since, and stays as it is."
        )
    if patch is None or not file_tags.restore(path, patch):
        file_tags.write(path, before, now)
    return True


def _close(file: IO[str]) -> None:
    with contextlib.suppress(OSError):  # tries again to write, and says so
        file.close()


def _append(file: IO[str], fields: object) -> None:
    try:
        file.write(plain_json.line(fields, "ascii"))
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise OSError(
            error.errno or errno.EIO, error.strerror, file.name
        ) from error


def _is_new(path: pathlib.Path) -> bool:
    return not path.exists() or (path.is_file() and not path.stat().st_size)


def _check(path: str | os.PathLike[str]) -> None:
    if not pathlib.Path(path).is_file() and os.path.exists(path):
        raise ValueError(f"An undo file must be a file. Received: {path}.")
    with open(path, "rb") as file:
        try:
            is_ours = json.loads(file.readline(1_000)) == _HEADER
        except plain_json.DAMAGE:
            is_ours = False
    if not is_ours:
        raise ValueError(
            f"An undo file must be one of tftag: {_WAY_OUT}. "
            f"Received: {os.fspath(path)}"
        )


def _is_cut(path: pathlib.Path) -> bool:
    """Whether a kill cut the last line short: the next is one of its own."""
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


_Change = tuple[
    str, file_tags.Fields, file_tags.Fields, byte_patch.Patch | None
]


def _read(line: bytes) -> _Change | None:
    try:
        fields = json.loads(line)
        before, after = (
            {
                name: [str(text) for text in fields[when][name]]
                for name in fields[when]
            }
            for when in ("before", "after")
        )
        is_sound = set(before) == set(after) <= set(file_tags.FIELDS)
        patch = fields.get("bytes")  # none before version 0.2
        if not is_sound or not (patch is None or isinstance(patch, dict)):
            return None
        return str(fields["path"]), before, after, patch
    except (*plain_json.DAMAGE, KeyError, TypeError, AttributeError):
        return None
