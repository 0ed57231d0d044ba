"""What lies below a folder, links to other folders included."""

import os
from collections.abc import Callable, Iterator


def walk(
    top: str | os.PathLike, cannot_list: Callable[[OSError], None]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Like `os.walk`, and goes through links to folders without circles.

    A collection on several disks, or a published data set that was put
    together from what was there, is made of links. No folder is listed twice,
    by whatever names it can be reached: first comes all that lies below `top`
    itself, then what links lead to. A link that leads to a folder around it is
    passed over, for all its neighbours are there too.

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
            folders.sort()
            yield folder, folders, files
            for name in folders:
                path = os.path.join(folder, name)
                if os.path.islink(path) and not _is_around(path, here):
                    starts.append(path)


def _is_around(link, folder):
    target = os.path.realpath(link)
    return os.path.commonpath([target, folder]) == target
