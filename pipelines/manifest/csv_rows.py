"""Writes and reads the rows of a manifest as a CSV file."""

import csv
import hashlib
import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, cast

from pipelines.manifest import tag_lists, tracks
from tftag.storage import atomic_write, escaping


def _whole(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"no number of 64 bits. Received: {text!r:.40}")
    return number


# What each cell holds, as text.
_READ: dict[str, Callable[[str], object]] = {
    **{n: _whole if kind is int else kind for n, kind in tracks.TYPES.items()},
    "tags": tag_lists.split_tags,
}


class _Hashed:
    """Writes into a file, and knows the hash of what it has written."""

    def __init__(self, file: IO[str]):
        self._file = file
        self.known = hashlib.sha256()

    def write(self, text: str) -> int:
        self.known.update(text.encode())
        return self._file.write(text)


def write_rows(path: pathlib.Path, table: Iterable[tuple]) -> str:
    """Writes a table atomically.

    Args:
        path: CSV file.
        table: Rows of values in the order of `COLUMNS`, `tags` as a sequence.

    Returns:
        The SHA-256 of the file.
    """
    with atomic_write.replacing(path) as file:
        written = _Hashed(file)
        write_row = escaping.csv_row_writer(cast(IO[str], written))
        write_row(tracks.COLUMNS)
        for row in table:
            values = dict(zip(tracks.COLUMNS, row, strict=True))
            values["tags"] = tag_lists.join_tags(values["tags"])
            values["peak"] = float(values["peak"])
            write_row([*values.values()])
    return written.known.hexdigest()


def read_rows(path: pathlib.Path) -> Iterator[tuple]:
    """Reads what `write_rows` wrote.

    Args:
        path: CSV file.

    Yields:
        Values in the order of `COLUMNS`, `tags` as a tuple.

    Raises:
        ValueError: A line was changed or damaged.
    """
    with (
        escaping.long_cells(),
        open(path, encoding="utf-8", newline="") as file,
    ):
        reader = csv.reader(file)
        try:
            header = ",".join(next(reader, ()))
            if header != ",".join(tracks.COLUMNS):
                raise ValueError(
                    f"the columns must be {','.join(tracks.COLUMNS)}. "
                    f"Received: {header!r:.80}"
                )
            for row in reader:
                if len(row) != len(tracks.COLUMNS):
                    raise ValueError(
                        f"a row must have {len(tracks.COLUMNS)} cells. "
                        f"Received: {len(row)}"
                    )
                yield tuple(
                    read(escaping.read_cell(cell))
                    for read, cell in zip(_READ.values(), row, strict=True)
                )
        except (ValueError, csv.Error) as error:
            # Text is decoded in blocks, before a line of it is known.
            line = f", line {reader.line_num}," if reader.line_num else ""
            raise ValueError(
                f"{path}{line} is not as it was written: "
                f"{error}. Prepare the data again."
            ) from error
