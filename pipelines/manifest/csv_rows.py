"""How the rows of a manifest are kept in a CSV file."""

import csv
import hashlib
import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import IO, cast

from tftag.files import atomic_write, escaping

COLUMNS = (
    "track_id",
    "path",
    "split",
    "artist",
    "tags",
    "samples",
    "peak",
    "data_offset",
    "file_bytes",
    "audio_hash",
    "codec",
    "source_rate_hz",
    "source_frames",
)


class _Hashed:
    """Writes into a file, and knows the hash of what it has written."""

    def __init__(self, file: IO[str]):
        self._file = file
        self.known = hashlib.sha256()

    def write(self, text: str) -> int:
        self.known.update(text.encode())
        return self._file.write(text)


def write_rows(path: pathlib.Path, table: Iterable[tuple]) -> str:
    """Writes a table whole.

    Args:
        path: CSV file.
        table: Rows of values in the order of `COLUMNS`, `tags` as a sequence.

    Returns:
        The SHA-256 of the file.
    """
    with atomic_write.replacing(path) as file:
        written = _Hashed(file)
        write_row = escaping.csv_row_writer(cast(IO[str], written))
        write_row(COLUMNS)
        for track_id, where, split, artist, names, *numbers in table:
            samples, peak, *others = numbers
            row = (track_id, where, split, artist, join_tags(names))
            # A numpy float32 prints fewer digits than it is read back with.
            write_row((*row, samples, float(peak), *others))
    return written.known.hexdigest()


def read_rows(path: pathlib.Path) -> Iterator[tuple]:
    """Reads what `write_rows` wrote.

    Args:
        path: CSV file.

    Yields:
        Values in the order of `COLUMNS`, `tags` as a tuple.

    Raises:
        ValueError: A line is not as it was written.
    """
    with (
        escaping.long_cells(),
        open(path, encoding="utf-8", newline="") as file,
    ):
        reader = csv.reader(file)
        try:
            if tuple(next(reader, ())) != COLUMNS:
                raise ValueError(f"the columns must be {','.join(COLUMNS)}")
            for row in reader:
                track_id, *texts = map(escaping.read_cell, row)
                where, split, artist, names, *others = texts
                samples, peak, data_offset, file_bytes, *others = others
                known, codec, source_rate_hz, source_frames = others
                yield (
                    track_id,
                    where,
                    split,
                    artist,
                    split_tags(names),
                    int(samples),
                    float(peak),
                    int(data_offset),
                    int(file_bytes),
                    known,
                    codec,
                    int(source_rate_hz),
                    int(source_frames),
                )
        except (ValueError, csv.Error) as error:
            # Text is decoded in blocks, before a line of it is known.
            line = f", line {reader.line_num}," if reader.line_num else ""
            raise ValueError(
                f"{path}{line} is not as it was written: "
                f"{error}. Prepare the data again."
            ) from error


def join_tags(names: Iterable[str]) -> str:
    """One cell of tags, joined by `|`; a `|` inside a tag gets a backslash."""
    joined = "|".join(names := tuple(names))
    if "\\" not in joined and joined.count("|") < max(len(names), 1):
        return joined
    return "|".join(re.sub(r"([\\|])", r"\\\1", name) for name in names)


def split_tags(cell: str) -> tuple[str, ...]:
    """The tags of a cell that `join_tags` made."""
    if "\\" not in cell:
        return tuple(cell.split("|")) if cell else ()
    names = re.findall(r"(?:[^\\|]|\\.)+", cell, re.DOTALL)
    return tuple(re.sub(r"\\(.)", r"\1", n, flags=re.DOTALL) for n in names)
