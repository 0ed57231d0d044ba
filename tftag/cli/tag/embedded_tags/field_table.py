"""Which tag goes into which field of a file: a table a person can edit."""

import csv
import os
import pathlib
from collections.abc import Iterable

from tftag.cli.tag.embedded_tags import file_tags
from tftag.storage import escaping

SHIPPED = pathlib.Path(__file__).with_name("fields.csv")
COLUMNS = ["tag", "field", "value"]


def read(path: str | os.PathLike[str] = SHIPPED) -> dict[str, tuple[str, str]]:
    """Reads a table.

    Args:
        path: A CSV with the columns tag, field (`genre` or `mood`) and value,
            the text that is written.

    Returns:
        Field and text of each tag, tags in lower case.

    Raises:
        ValueError: It is no such table.
        OSError: It cannot be read.
    """
    table = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        try:
            rows = csv.DictReader(file, strict=True)
            if rows.fieldnames != COLUMNS:
                raise ValueError(f"columns {rows.fieldnames}")
            for row in rows:
                if None in row:  # a value with a comma, without quotes
                    raise ValueError(f"line {rows.line_num}: too many cells")
                tag, field, value = (
                    escaping.read_cell(row[name] or "").strip()
                    for name in COLUMNS
                )
                if not tag or not value or field not in file_tags.FIELDS:
                    raise ValueError(f"line {rows.line_num}: {[*row.values()]}")
                if tag.casefold() in table:
                    raise ValueError(f"line {rows.line_num}: {tag!r} again")
                table[tag.casefold()] = field, value
        except (csv.Error, ValueError, KeyError) as error:
            raise ValueError(
                f"A table of fields must be a CSV with {','.join(COLUMNS)}, "
                f"field one of {', '.join(file_tags.FIELDS)}, and each tag "
                f"once. Received: {os.fspath(path)}, {error}"
            ) from error
    return table


def fields(
    table: dict[str, tuple[str, str]], tags: Iterable[str]
) -> file_tags.Fields:
    """Sorts tags into fields, in their order.

    Args:
        table: What `read` returns.
        tags: Of a recording; those the table lacks go nowhere.

    Returns:
        The texts of each field that has any.

    Example:
        >>> fields({"rnb": ("genre", "R&B")}, ["guitar", "rnb"])
        {'genre': ['R&B']}
    """
    found: file_tags.Fields = {}
    for tag in tags:
        if tag.casefold() in table:
            field, value = table[tag.casefold()]
            texts = found.setdefault(field, [])
            if value not in texts:
                texts.append(value)
    return found
