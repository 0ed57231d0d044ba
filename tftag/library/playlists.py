"""A playlist per tag, of the recordings that have it."""

import contextlib
import os
import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import IO

from tftag.files import atomic_write, escaping

SUFFIX = ".m3u8"
_FIRST_LINE = "#EXTM3U\n# made by tftag\n"
# What a file system of any kind takes in a name.
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


class Playlists:
    """The playlists of a folder, while they are written; by `opened`."""

    def __init__(self, folder: pathlib.Path, files: contextlib.ExitStack):
        """Takes an existing folder; `opened` does."""
        self._folder = folder
        self._open = files
        self._files: dict[str, IO[str]] = {}

    def add(self, path: str | os.PathLike[str], tags: Iterable[str]) -> None:
        """Adds a recording to the playlist of each of its tags.

        Raises:
            ValueError: Its path has a line end, which no playlist can hold;
                or a playlist would take the place of another file.
            OSError: A playlist cannot be written.
        """
        path = os.path.abspath(path)
        if "\n" in path or "\r" in path:
            raise ValueError(
                f"{escaping.one_line(path)}: A playlist cannot hold a path "
                "with a line end."
            )
        for tag in tags:
            name = file_name(tag)
            if name not in self._files:
                self._files[name] = self._begin(name, tag)
            self._files[name].write(f"{path}\n")

    def _begin(self, name: str, tag: str) -> IO[str]:
        path = self._folder / name
        _check(path)
        file = self._open.enter_context(
            atomic_write.replacing(path, errors="surrogateescape")
        )
        file.write(f"{_FIRST_LINE}#PLAYLIST:{escaping.one_line(tag)}\n")
        return file


@contextlib.contextmanager
def opened(folder: str | os.PathLike[str]) -> Iterator[Playlists]:
    """Writes playlists into a folder; they are there when the block ends well.

    Those of an earlier call are replaced, other files never.

    Args:
        folder: Made where it is not there.

    Raises:
        OSError: It cannot be made.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as files:
        yield Playlists(folder, files)


def file_name(tag: str) -> str:
    """The name of a tag's playlist.

    Example:
        >>> file_name("pop/rock")
        'pop_rock.m3u8'
    """
    name = _NOT_IN_NAMES.sub("_", tag).strip(" .") or "_"
    return name.encode()[:200].decode("utf-8", "ignore") + SUFFIX


def _check(path: pathlib.Path) -> None:
    if not os.path.lexists(path):
        return
    first = b""
    if path.is_file():
        with open(path, "rb") as file:
            first = file.read(len(_FIRST_LINE))
    if first != _FIRST_LINE.encode():
        raise ValueError(
            "A playlist takes no other file's place: name another --m3u "
            f"folder. Received: {path}."
        )
