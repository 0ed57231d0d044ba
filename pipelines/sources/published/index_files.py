"""What the index files of a published data set say of it."""

import contextlib
import csv
import dataclasses
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from pipelines.sources import data_set
from tftag.storage import escaping


@dataclasses.dataclass(frozen=True)
class IndexRow:
    """One recording as the index files have it.

    Attributes:
        names: File names that it can have, the published one first.
        tags: Clean tags.
        artist: "" where unknown.
        split: "" where none is published.
    """

    names: tuple[str, ...]
    tags: tuple[str, ...]
    artist: str = ""
    split: str = ""


@dataclasses.dataclass(frozen=True)
class Index:
    """What the index files of a data set say of one of its versions.

    Attributes:
        publication: The data set.
        version: The version of it that is wanted.
        rows: Its recordings.
        files: What the rows were read from.
        faults: Published name and fault of recordings that cannot be used;
            they need not be among the rows.
        vocabulary: The tags in order, where the data set fixes them.
    """

    publication: data_set.Publication
    version: data_set.Version
    rows: Sequence[IndexRow]
    files: Sequence[pathlib.Path] = ()
    faults: Mapping[str, str] = dataclasses.field(default_factory=dict)
    vocabulary: tuple[str, ...] | None = None


def find(
    publication: data_set.Publication,
    folder: str | os.PathLike[str],
    *places: str,
) -> pathlib.Path:
    """The index file that lies at the first of some places.

    Args:
        publication: The data set.
        folder: Where it was unpacked.
        places: Where the file can be, relative to the folder.

    Returns:
        Its path.

    Raises:
        FileNotFoundError: It is nowhere; says who publishes it.
    """
    for place in places:
        path = pathlib.Path(folder, place)
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"{publication.name} needs {places[0]}, which is not in {folder}. "
        f"{publication.homepage} publishes it."
    )


@contextlib.contextmanager
def open_text(
    path: str | os.PathLike[str], errors: str = "strict"
) -> Iterator[TextIO]:
    """An index file as text; what is wrong with it names it.

    Args:
        path: The file, UTF-8; a mark of it at its head is left out.
        errors: What becomes of bytes that are not.

    Raises:
        ValueError: In the block it was found to be no such text, or no CSV.
    """
    try:
        # Biographies of artists are cells too; a quote that is not closed
        # would make one of all that follows.
        with (
            escaping.long_cells(16_000_000),
            open(path, encoding="utf-8-sig", errors=errors, newline="") as file,
        ):
            yield file
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def read_table(
    path: pathlib.Path,
    columns: Sequence[str],
    *,
    separator: str = ",",
    errors: str = "strict",
) -> list[tuple[str, dict[str, Any]]]:
    """Reads an index file whose first line names its columns.

    Args:
        path: The file.
        columns: Those that it must have.
        separator: What separates them.
        errors: As of `open_text`.

    Returns:
        Path with line, for messages, and cells by column, of each row that is
        not blank. As `csv.DictReader` has them: cells that a row lacks are
        None, and those beyond the columns are a list under None.

    Raises:
        ValueError: It is damaged, or lacks a column.
    """
    with open_text(path, errors) as file:
        table = csv.DictReader(file, delimiter=separator)
        if not {*columns} <= {*(table.fieldnames or ())}:
            raise ValueError(
                f"{path} must have the columns {', '.join(columns)}, separated "
                f"by {separator!r}. Received: {table.fieldnames!r:.120}"
            )
        return [
            (f"{path}, line {table.line_num}", cells)
            for cells in table
            if any(cells.values())
        ]
