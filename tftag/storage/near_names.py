"""What a person may have meant by a name that is not there."""

import difflib
import itertools
import os
import pathlib
import unicodedata

# Of a larger folder only so many names are looked at.
_MOST_NAMES = 10_000


def hint(path: str | os.PathLike[str]) -> str:
    """A sentence that names the nearest in the folder of a missing path.

    The same name with another ending, in other letters or spelled in the
    other normal form of Unicode is nearer than any other.

    Args:
        path: What is not there.

    Returns:
        The sentence, with a space before it; "" where nothing is near.
    """
    path = pathlib.Path(path)
    try:
        with os.scandir(path.parent) as entries:
            names = sorted(
                entry.name
                for entry in itertools.islice(entries, _MOST_NAMES)
                if entry.name != path.name  # it is there, and of another kind
            )
    except OSError:
        return ""
    near = [name for name in names if _stem(name) == _stem(path.name)]
    near = near or difflib.get_close_matches(path.name, names, n=1)
    return f" The nearest there is {near[0]!r}." if near else ""


def _stem(name: str) -> str:
    return unicodedata.normalize("NFC", os.path.splitext(name)[0]).casefold()
