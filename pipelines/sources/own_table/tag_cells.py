"""The tags that stand together in one cell, string or list."""

import ast
import json
import math
import re
import warnings
from collections.abc import Sequence

# One text as Python writes it, also of Python 2 or as bytes: 'rock', b'rock'.
_QUOTED = r"""[bu]?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\")"""
# Lists that were saved as text: ['rock', 'pop'], ["rock"], ('a', 'b'), {'a'},
# and numpy's ['rock' 'pop'].
_LIST = re.compile(
    rf"[\[({{]\s*(?:(?:{_QUOTED})(?:[\s,]+(?:{_QUOTED}))*[\s,]*)?[\])}}]",
    re.DOTALL,
)
# An item of such a list, as numpy 2 writes it.
_NUMPY_TEXT = re.compile(rf"\b(?:np\.|numpy\.)str_\(({_QUOTED})\)", re.DOTALL)
# A row for all tags there are, which does not say which they are.
_FLAGS = re.compile(r"[01](?:\.0)?(?:[\s,;|]+[01](?:\.0)?)+")
_OF_FLAGS = "'tags' is a row of zeros and ones: write the names of the tags"
_EMPTY_SETS = ("set()", "frozenset()")
# Or what was one, before it was cut at a separator; array(['rock']), and
# {rock,pop} or <rock><pop> of a database.
_LOOKS_LIKE_A_LIST = re.compile(
    r"""(?:\w+\()?\[.*\]|\{.*\}|(?:<[^<>]+>){2,}|.*['"]\s*[\])}]"""
    r"""|(?:\w+\()?[\[({]\s*['"].*|\w+\(\s*[\[({].*\)""",
    re.DOTALL,
)
# Text of a list that was saved once more as text.
_QUOTED_LIST = re.compile(r"""(['"])\s*([\[({].*[\])}])\s*\1""", re.DOTALL)


def split(cell: str, tag_separator: str) -> tuple[str, ...]:
    """The tags of a cell.

    Args:
        cell: Tags joined by the separator, or a list of them as Python,
            pandas, numpy or JSON write it.
        tag_separator: What joins them.

    Returns:
        Each without blanks and quotes around it, and without empty ones.

    Raises:
        ValueError: It looks like a list and is none that can be read.
    """
    if quoted := _QUOTED_LIST.fullmatch(cell.strip()):
        cell = quoted[2]
    if _FLAGS.fullmatch(cell.strip()):
        raise ValueError(f"{_OF_FLAGS}. Received: {cell.strip()!r:.80}")
    cell = _NUMPY_TEXT.sub(r"\1", cell)
    if cell.strip() in _EMPTY_SETS:
        return ()
    if _LIST.fullmatch(cell.strip()):
        texts = [_unquoted(text) for text in re.findall(_QUOTED, cell, re.S)]
    else:
        # A tag may hold it behind a backslash, as in a manifest.
        kept = f"\\{tag_separator}"
        parts = re.split(rf"(?<!\\){re.escape(tag_separator)}", cell)
        texts = [part.replace(kept, tag_separator) for part in parts]
        for text in (cell, *texts):
            if _LOOKS_LIKE_A_LIST.fullmatch(text.strip()):
                raise ValueError(
                    "the tags look like a list that was saved as text. Write "
                    f"them joined by {tag_separator!r} or as ['rock', 'pop']. "
                    f"Received: {text.strip()!r:.80}"
                )
        texts = [
            _unquoted(text) if re.fullmatch(_QUOTED, text, re.S) else text
            for text in map(str.strip, texts)
        ]
    return tuple(text for text in map(str.strip, texts) if text)


def from_list(items: Sequence) -> tuple[str, ...]:
    """The tags of a list of strings and numbers.

    Args:
        items: As JSON has them.

    Returns:
        Numbers as text.

    Raises:
        ValueError: An item is something else, or all are the zeros and ones
            of a row that does not say which tags it is about.
    """
    if len(items) > 1 and all(item in (0, 1) for item in items):
        raise ValueError(_OF_FLAGS)
    texts = []
    for item in items:
        if type(item) is str:
            texts.append(item)
        elif type(item) in (int, float) and math.isfinite(item):
            texts.append(json.dumps(item))
        else:
            raise ValueError(
                "'tags' must be a string or a list of strings. "
                f"Received: {item!r:.80} in it"
            )
    if len(texts) == 1:
        text = _NUMPY_TEXT.sub(r"\1", texts[0].strip())
        if _LIST.fullmatch(text):
            return split(text, "|")
    return tuple(texts)


def _unquoted(text):
    try:
        if text[0] == '"':
            return json.loads(text, strict=False)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an escape that is none
            value = ast.literal_eval(text)
        return value.decode() if isinstance(value, bytes) else value
    except (ValueError, SyntaxError, Warning):
        return text.lstrip("bu")[1:-1]
