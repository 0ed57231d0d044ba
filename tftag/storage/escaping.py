"""What keeps a row of output one row, whatever is in it.

The name of a file may hold any character but NUL and /, line ends too.
"""

import contextlib
import csv
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

# What a spreadsheet computes, or what was written so that it does not; a
# number is no formula.
_FORMULA = re.compile(
    r"'*(?![+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$)[=+\-@\t\r]", re.IGNORECASE
)

_FIRST = "'=+-@\t\r"  # with what such a text begins


def csv_row_writer(file: IO[str]) -> Callable[[Sequence[Any]], object]:
    """What writes a row of CSV that is read back as it was.

    A text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return
    would be a formula to a spreadsheet: an apostrophe is put before it, which
    `read_cell` takes off. Numbers stay.

    Args:
        file: Open text file, line ends as written.
    """
    plain = csv.writer(file, lineterminator="\n").writerow
    quoted = csv.writer(
        file, lineterminator="\n", quoting=csv.QUOTE_ALL
    ).writerow

    def write_row(row: Any) -> Any:
        row = [
            f"'{cell}"
            if isinstance(cell, str)
            and cell[:1] in _FIRST
            and _FORMULA.match(cell)
            else cell
            for cell in row
        ]
        # csv puts no quotes around a lone carriage return, and ends the row
        # there when it reads.
        bare = any(isinstance(cell, str) and "\r" in cell for cell in row)
        return quoted(row) if bare else plain(row)

    return write_row


def read_cell(cell: str) -> str:
    """The text that `csv_row_writer` has written into a cell."""
    marked = cell.startswith("'") and _FORMULA.match(cell)
    return cell[1:] if marked else cell


@contextlib.contextmanager
def long_cells(most_letters: int = sys.maxsize) -> Iterator[None]:
    """Lets `csv` read cells of more than 131,072 letters in the block."""
    # The limit is the process's.
    before = csv.field_size_limit(most_letters)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def one_line(text: str) -> str:
    """Writes a text so that it cannot look like another line."""
    return "".join(
        letter if letter.isprintable() else ascii(letter)[1:-1]
        for letter in text
    )
