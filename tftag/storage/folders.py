"""What lies below a folder, links to other folders included."""

import os
from collections.abc import Callable, Iterator
from itertools import filterfalse
from typing import Any

# Trash, indexes and copies that systems and servers keep beside the files.
_MADE_BY_SYSTEMS = frozenset(
    ".AppleDouble .DocumentRevisions-V100 .fseventsd .Spotlight-V100 "
    ".TemporaryItems .Trashes .Trash .git .svn .hg @eaDir #recycle "
    "$RECYCLE.BIN RECYCLER __MACOSX lost+found".split()
) | {"System Volume Information"}


def walk(
    top: str | os.PathLike[str], cannot_list: Callable[[OSError], None]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Like `os.walk`, and goes through links to folders without circles.

    A collection on several disks, or a published data set that was put
    together from what was there, is made of links. No folder is listed twice,
    by whatever names it can be reached: first comes all that lies below `top`
    itself, then what links lead to. A link that leads to a folder around it is
    passed over, for all its neighbours are there too; so are folders that
    systems make.

    Args:
        top: Where to begin.
        cannot_list: Gets the error where a folder cannot be read.

    Yields:
        A folder, the names of its folders, in order, and those of its files.
        Names that are taken out of the first list are passed over.
    """
    known, starts = set(), [os.fspath(top)]
    for start in starts:  # links that are met on the way come after them
        if os.path.realpath(start) in known:
            continue
        for folder, folders, files in os.walk(start, onerror=cannot_list):
            here = os.path.realpath(folder)
            if here in known:  # below a link, and met already
                folders.clear()
                continue
            known.add(here)
            folders[:] = sorted(filterfalse(is_made_by_system, folders))
            yield folder, folders, files
            for name in folders:
                path = os.path.join(folder, name)
                if os.path.islink(path) and not _is_around(path, here):
                    starts.append(path)


def is_made_by_system(name: str) -> bool:
    """Whether a folder of this name holds nothing that a person put there."""
    return name in _MADE_BY_SYSTEMS or name.startswith(".Trash-")


def _is_around(link: str | os.PathLike[str], folder: Any) -> bool:
    target = os.path.realpath(link)
    return os.path.commonpath([target, folder]) == target
