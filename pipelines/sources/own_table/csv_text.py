"""Tables of text as people save them: which separator, which line."""

import codecs
import collections
import csv
import dataclasses
import functools
import io
import itertools
import os
import pathlib
import re
from collections.abc import Collection

from tftag import tags
from tftag.storage import escaping

SEPARATORS = (",", ";", "\t", "|")
# Read after the file's own lines: inside an open quote it is no row.
_LAST_LINE = "end of the table"
# What programs write where a cell is empty: pandas, R, databases, C, and what
# pandas reads as such. "none" and "na" may be words.
MISSING = frozenset(
    "nan NaN NAN None NULL null N/A n/a #N/A <NA> NaT undefined NA \\N (null) "
    "(NULL) #NA -nan -NaN 1.#IND -1.#IND 1.#QNAN -1.#QNAN".split()
)
# Columns without a name, as pandas calls them when it writes them again.
UNNAMED = re.compile(r"(?:unnamed: \d+)?")
# What Excel writes before the header, and reads there; saved again it is a row
# with as many cells as the others.
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.|\\t)"?[,;|\s]*', re.IGNORECASE)
# How a text is kept from becoming a number in a spreadsheet: ="007".
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
# Of what is no text that is read here, and what it is.
_NO_TEXT = {
    re.compile(rb"PK\x03\x04|\xd0\xcf\x11\xe0"): "a spreadsheet, or an archive",
    re.compile(rb"PAR1|ARROW1|SQLite format"): "Parquet, Arrow or a database",
    re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ\0|\x28\xb5\x2f\xfd"): "compressed",
    re.compile(
        rb"\xff\xfe\0\0|\0\0\xfe\xff|\0\0\0[^\0]|[^\0]\0\0\0"
    ): "in UTF-32",
    re.compile(rb"\0[^\0]\0[^\0]|[^\0]\0[^\0]\0"): (
        "in UTF-16 without a byte order mark"
    ),
}


@dataclasses.dataclass(frozen=True)
class Table:
    """A CSV file with a header, whatever separates its columns.

    Attributes:
        header: The line that names the columns.
        names: The columns, in lower case and without what nobody can see.
        titles: The columns as they stand there.
        separator: What separates them.
        rows: Line on which it starts, from 1, and cells of each row that is
            not blank, with the blanks around them; `="x"` is x.
    """

    header: str
    names: list[str]
    titles: list[str]
    separator: str
    rows: list[tuple[int, list[str]]]


def read_text(path: str | os.PathLike[str]) -> str:
    """Reads a text file in UTF-8, or in UTF-16 with a byte order mark.

    Raises:
        ValueError: It is neither; names the line.
    """
    data = pathlib.Path(path).read_bytes()
    for mark, form in _NO_TEXT.items():
        if mark.match(data):
            raise ValueError(
                f"{path}: the table is {form}: save it as CSV in UTF-8. "
                f"Received: {data[:8]!r}"
            )
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: the table must be UTF-8. Received: "
            f"{data[error.start : error.start + 1]!r}. Save it as UTF-8."
        ) from error


def read_table(
    path: str | os.PathLike[str], text: str, columns: Collection[str]
) -> Table:
    """Reads a CSV file.

    Args:
        path: The file, for messages.
        text: What is in it.
        columns: What separates the cells is that under which the header has
            most of these, unless a line `sep=;` before it says.

    Raises:
        ValueError: A quote is not closed, or stands alone within quotes.
    """
    lines = io.StringIO(text, newline="")
    header, stated, before = "", "", 0
    for header in lines:
        found = _SEPARATOR_LINE.fullmatch(header)
        if found and not stated:
            stated = found[1].replace("\\t", "\t")
        elif header.strip():
            break
        before += 1
    with escaping.long_cells():
        options = [_cells(header, each) for each in stated or SEPARATORS]
        titles = max(
            options, key=lambda cells: len(set(_names(cells)) & set(columns))
        )
        separator = (stated or SEPARATORS)[options.index(titles)]
        rows = _read_rows(path, lines, text, separator, before)
    return Table(header.strip(), _names(titles), titles, separator, rows)


def _cells(line, separator):
    reader = csv.reader([line], delimiter=separator, skipinitialspace=True)
    return list(map(_text, next(reader, [])))


def _text(cell):
    found = _TEXT_FORMULA.fullmatch(cell) if cell.startswith('="') else None
    return found[1].replace('""', '"') if found else cell


def _names(titles):
    return [tags.visible(title).casefold() for title in titles]


def _read_rows(path, lines, text, separator, before):
    # Blanks before a quote have to be skipped; others are of a file's name.
    spaced = re.search(rf'(?:^|{re.escape(separator)})[ \t]+"', text, re.M)
    reads = functools.partial(
        csv.reader, delimiter=separator, skipinitialspace=bool(spaced)
    )
    start = lines.tell()
    reader = reads(itertools.chain(lines, [_LAST_LINE]))
    rows, cells = [], []
    first_line = before + 2
    try:
        for cells in reader:
            line, first_line = first_line, before + 2 + reader.line_num
            # NULs and Ctrl-Z behind the end, as DOS and full disks leave them.
            if any(map(tags.visible, cells)):
                rows.append((line, list(map(_text, cells))))
    except csv.Error as error:
        raise ValueError(f"{path}, line {first_line}: {error}") from error
    if cells != [_LAST_LINE]:
        raise ValueError(
            f"{path}: a quote that opens on line {rows[-1][0]} is not closed."
        )
    lines.seek(start)
    _check_quotes(path, reads(lines, strict=True), text, separator, before)
    return rows[:-1]


def _check_quotes(path, reader, text, separator, before):
    r"""Refuses "12" mix" and, as Spark writes it, "12\" mix".

    Elsewhere a quote would end there, and the next one be a letter.
    """
    # Blanks behind a quote mean nothing.
    if re.search(rf'"[ \t]+(?:$|[\r\n]|{re.escape(separator)})', text):
        return
    try:
        collections.deque(reader, maxlen=0)
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {before + 1 + reader.line_num}: a quote within "
            'quotes must be doubled: "12"" mix". Where it has a backslash '
            r'before it, replace \" by "".'
        ) from error
