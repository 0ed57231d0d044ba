"""Paths for libraries that take a path for more than the name of a place."""

import contextlib
import os
import pathlib
import re
import tempfile
from collections.abc import Iterator

# TensorFlow looks for the parts of a checkpoint by a pattern.
_PATTERN = re.compile(r"[][*?{}\\]")


def is_plain(path: str | os.PathLike[str]) -> bool:
    """Whether a path is UTF-8 without letters that stand for others.

    Example:
        >>> is_plain("saved_models/baseline"), is_plain("models [v2]")
        (True, False)
    """
    text = os.fspath(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return not _PATTERN.search(text)


@contextlib.contextmanager
def plain(folder: str | os.PathLike[str]) -> Iterator[str]:
    """A path to a folder that TensorFlow takes for what it is.

    Args:
        folder: A folder that is there.

    Yields:
        The path itself, or that of a link for as long.

    Raises:
        ValueError: No link can be made: the folder of temporary files has
            such a path itself.

    Example:
        >>> with plain("saved_models/baseline") as path:
        ...     path
        'saved_models/baseline'
    """
    if is_plain(folder):
        yield os.fspath(folder)
        return
    if not is_plain(tempfile.gettempdir()):
        raise ValueError(
            "TensorFlow takes []*?{} in a path for a pattern. Name another "
            "folder, or set TMPDIR to a plain one. "
            f"Received: {os.fspath(folder)}, {tempfile.gettempdir()}"
        )
    with tempfile.TemporaryDirectory(prefix="tftag-") as around:
        link = pathlib.Path(around, "folder")
        link.symlink_to(os.path.abspath(folder), target_is_directory=True)
        yield os.fspath(link)
