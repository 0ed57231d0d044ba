"""A playlist per tag, of the recordings that have it."""

import contextlib
import os
import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import IO

from tftag.cli.tag import shards
from tftag.storage import atomic_write, escaping

SUFFIX = ".m3u8"
_FIRST_LINE = "#EXTM3U\n# made by tftag\n"
_WHOLE = shards.Shard()
# What a file system of any kind takes in a name.
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


class Playlists:
    """The playlists of a folder, while they are written; by `opened`."""

    def __init__(
        self,
        folder: pathlib.Path,
        files: contextlib.ExitStack,
        shard: shards.Shard,
    ):
        """Takes an existing folder; `opened` does."""
        self._folder = folder
        self._open = files
        self._shard = shard
        self._files: dict[str, IO[str]] = {}
        self._is_empty = True

    def add(self, path: str | os.PathLike[str], tags: Iterable[str]) -> None:
        """Adds a recording to the playlist of each of its tags, once.

        Tags that differ by what no file name can have share a playlist.

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
        self._is_empty = False
        names: dict[str, str] = {}
        for tag in tags:
            names.setdefault(file_name(tag, self._shard), tag)
        for name, tag in names.items():
            if name not in self._files:
                self._files[name] = self._begin(name, tag)
            self._files[name].write(f"{path}\n")

    def remove_stale(self) -> None:
        """Removes those of an earlier call whose tags nobody has any more.

        Where no recording was added, a disk may not be there for now.
        """
        if self._is_empty:
            return
        # Those of parts too, where this is the whole.
        for path in self._folder.glob(f"*{_suffix(self._shard)}"):
            if path.name not in self._files and _is_ours(path):
                path.unlink()

    def _begin(self, name: str, tag: str) -> IO[str]:
        path = self._folder / name
        if os.path.lexists(path) and not _is_ours(path):
            raise ValueError(
                "A playlist takes no other file's place: name another --m3u "
                f"folder. Received: {path}."
            )
        file = self._open.enter_context(
            atomic_write.replacing(path, errors="surrogateescape")
        )
        file.write(f"{_FIRST_LINE}#PLAYLIST:{escaping.one_line(tag)}\n")
        return file


def check_place(folder: str | os.PathLike[str]) -> None:
    """Refuses what can be no folder of playlists, before files are tagged.

    Raises:
        FileNotFoundError: It is none, and lies in none.
    """
    folder = pathlib.Path(folder)
    if not (folder if os.path.lexists(folder) else folder.parent).is_dir():
        raise FileNotFoundError(
            "--m3u must be a folder, or a new one in a folder that is there. "
            f"Received: {folder}."
        )


@contextlib.contextmanager
def opened(
    folder: str | os.PathLike[str], shard: shards.Shard = _WHOLE
) -> Iterator[Playlists]:
    """Writes playlists into a folder; they are there when the block ends well.

    Those of an earlier call are replaced, and removed where nobody has the tag
    any more; other files never, nor those of other parts.

    Args:
        folder: Made where it is not there.
        shard: Which part of the files they are of.

    Raises:
        OSError: It cannot be made.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    with contextlib.ExitStack() as files:
        lists = Playlists(folder, files, shard)
        yield lists
    lists.remove_stale()


def file_name(tag: str, shard: shards.Shard = _WHOLE) -> str:
    """The name of a tag's playlist.

    Example:
        >>> file_name("pop/rock"), file_name("pop", shards.Shard(2, 8))
        ('pop_rock.m3u8', 'pop.2-of-8.m3u8')
    """
    name = _NOT_IN_NAMES.sub("_", tag).strip(" .") or "_"
    return name.encode()[:200].decode("utf-8", "ignore") + _suffix(shard)


def _suffix(shard: shards.Shard) -> str:
    """Parts have lists of their own, so that one folder takes those of all."""
    if shard == _WHOLE:
        return SUFFIX
    return f".{shard.number}-of-{shard.count}{SUFFIX}"


def _is_ours(path: pathlib.Path) -> bool:
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(len(_FIRST_LINE)) == _FIRST_LINE.encode()
