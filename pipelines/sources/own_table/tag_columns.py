"""The columns of zeros and ones in a table, one for each tag."""

import functools
import logging
import pathlib
import re
from collections.abc import Collection, Sequence

from pipelines.sources.own_table import csv_text
from tftag.console import counts_in_words

# However programs write them.
_ONE = re.compile(r"\+?1(?:[.,]0*)?(?:e[+-]?0+)?|true", re.IGNORECASE)
_ZERO = re.compile(r"[+-]?0(?:[.,]0*)?(?:e[+-]?0+)?|false", re.IGNORECASE)

_log = logging.getLogger(__name__)


def find(table: csv_text.Table, others: Collection[str]) -> list[int]:
    """Finds the columns with a name that hold zeros and ones alone.

    Args:
        table: With these columns, or none.
        others: Names of columns that are about something else.

    Returns:
        Their places in the header.
    """
    found = []
    for place, name in enumerate(table.names):
        cells = {
            cells[place].strip() if place < len(cells) else ""
            for _, cells in table.rows
        }
        cells -= csv_text.MISSING | {""}
        is_named = not csv_text.UNNAMED.fullmatch(name)
        if is_named and name not in others and cells:
            if all(_ONE.fullmatch(c) or _ZERO.fullmatch(c) for c in cells):
                found.append(place)
    return found


def tell(
    path: pathlib.Path,
    table: csv_text.Table,
    places: Sequence[int],
    others: Collection[str],
) -> None:
    """Names in the log the columns that are taken, and those that are not.

    Args:
        path: The file.
        table: What is in it.
        places: As `find` gives them.
        others: As of `find`.
    """
    titles = [table.titles[place] for place in places]
    left = [
        title
        for place, title in enumerate(table.titles)
        if place not in places and table.names[place] not in ("", *others)
    ]
    _log.warning(
        "%s has no column of tags: the %s of zeros and ones are taken for "
        "tags: %s%s",
        path,
        counts_in_words.count(len(titles), "column"),
        counts_in_words.some(titles),
        f"; not taken: {counts_in_words.some(left)}" if left else "",
    )


@functools.lru_cache(maxsize=100)  # of a million cells a few are different
def is_one(cell: str) -> bool:
    """Whether a cell of such a column says that the tag is there."""
    return bool(_ONE.fullmatch(cell))


def refuse_zeros(
    path: pathlib.Path, table: csv_text.Table, others: Collection[str]
) -> None:
    """Refuses rows of a track and a tag that say that it has it not.

    Args:
        path: The file, for the message.
        table: What is in it.
        others: As of `find`.

    Raises:
        ValueError: There is one; names the first.
    """
    for place in find(table, others):
        for line, cells in table.rows:
            if any(
                _ZERO.fullmatch(c.strip()) for c in cells[place : place + 1]
            ):
                raise ValueError(
                    f"{path}, line {line}: a row for each track and tag means "
                    "that it has the tag: leave out the rows of zeros, or "
                    f"this column. Received: {cells[place]!r} in "
                    f"{table.titles[place]!r}"
                )
