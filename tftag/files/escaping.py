"""What keeps a row of output one row, whatever is in it.

The name of a file may hold any character but NUL and /, line ends too.
"""

import csv
from collections.abc import Callable, Sequence
from typing import TextIO


def csv_row_writer(file: TextIO) -> Callable[[Sequence], object]:
    """What writes a row of CSV that is read back as it was.

    Args:
        file: Open text file, line ends as written.
    """
    plain = csv.writer(file, lineterminator="\n").writerow
    quoted = csv.writer(
        file, lineterminator="\n", quoting=csv.QUOTE_ALL
    ).writerow

    def write_row(row):
        # csv puts no quotes around a lone carriage return, and ends the row
        # there when it reads.
        bare = any(isinstance(cell, str) and "\r" in cell for cell in row)
        return quoted(row) if bare else plain(row)

    return write_row


def one_line(text: str) -> str:
    """Writes a text so that it cannot look like another line."""
    return "".join(
        letter if letter.isprintable() else ascii(letter)[1:-1]
        for letter in text
    )
