"""JSON that every reader takes: no NaN, and no text that is not Unicode.

What is read comes from files that may be damaged, or made by a stranger.
"""

import json
import math
import os
import pathlib
import re
from typing import Any

# What the decoder raises over damaged text, deep nesting and huge numbers.
DAMAGE = (ValueError, RecursionError, MemoryError)
_CONTROLS = re.compile("[\x7f-\x9f\u2028\u2029]")


def plain(value: Any) -> Any:
    """Returns a value as JSON has it.

    NumPy's arrays and numbers become Python's own, what is not finite None,
    paths strings, tuples lists, and keys strings.

    Example:
        >>> plain({"map": float("nan"), "tags": ("piano", "flute")})
        {'map': None, 'tags': ['piano', 'flute']}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value


def text(value: Any, indent: int | None = 1) -> str:
    """Writes a value as JSON; what is not finite becomes null.

    Args:
        value: What `plain` takes.
        indent: Of each level; None for a single line.

    Raises:
        TypeError: A value has no form in JSON.
    """
    return json.dumps(
        plain(value), indent=indent, ensure_ascii=False, allow_nan=False
    )


def line(value: Any, encoding: str | None = "utf-8") -> str:
    """Writes a value as one line for a terminal, a file or another program.

    Args:
        value: What `plain` takes.
        encoding: Of where it goes; what is not in it is written as JSON's own
            escapes, and so are control characters and bytes of file names
            that are no text.
    """
    written = text(value, indent=None)
    try:
        written.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        written = json.dumps(plain(value), allow_nan=False)
    return _CONTROLS.sub(lambda c: f"\\u{ord(c[0]):04x}", written) + "\n"


def read(path: str | os.PathLike[str], way_out: str) -> dict[str, Any]:
    """Reads a JSON file that holds an object.

    Args:
        path: The file.
        way_out: What to do where it is damaged.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, or holds something else.
    """
    return parse(pathlib.Path(path).read_bytes(), path, way_out)


def parse(
    content: bytes, path: str | os.PathLike[str], way_out: str
) -> dict[str, Any]:
    """Reads an object from JSON in UTF-8; `read` tells of the rest.

    Args:
        content: The JSON.
        path: The file that it was found in.
        way_out: What to do where it is damaged.
    """
    try:
        found = json.loads(content.decode())
    except DAMAGE as error:
        raise ValueError(
            f"A file is damaged: {way_out}. Received: {os.fspath(path)} "
            f"({type(error).__name__}: {str(error):.200})"
        ) from error
    if not isinstance(found, dict):
        raise ValueError(
            f"A file is damaged: {way_out}. Received: {os.fspath(path)}, which "
            f"holds a {type(found).__name__}, not an object"
        )
    return found
