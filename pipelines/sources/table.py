"""The rows of a CSV or JSON lines file that lists recordings."""

import codecs
import csv
import dataclasses
import io
import itertools
import json
import pathlib
import re

COLUMNS = ("path", "tags", "artist", "split")
NEEDED = ("path", "tags")
SEPARATORS = (",", ";", "\t", "|")
# Read after the file's own lines: inside an open quote it is no row.
_LAST_LINE = "end of the table"


@dataclasses.dataclass(frozen=True)
class Row:
    """One recording as a table has it.

    Attributes:
        line: Line of the file, from 1, on which it starts.
        path: As it stands there, without spaces around it.
        tags: As they stand there, already split.
        artist: "" where none is given.
        split: "" where none is given.
    """

    line: int
    path: str
    tags: tuple[str, ...]
    artist: str = ""
    split: str = ""


def read_rows(path: pathlib.Path, tag_separator: str) -> list[Row]:
    """Reads a table.

    The file is JSON lines if it starts with a brace. In a CSV file the header
    decides what separates the columns.

    Args:
        path: The table, UTF-8, or UTF-16 with a byte order mark.
        tag_separator: What joins the tags of a cell.

    Returns:
        The rows in their order, without blank ones.

    Raises:
        ValueError: The table has no header with the needed columns, or a line
            cannot be read; names it.
    """
    text = _decode(path)
    start = text.lstrip()[:1]
    if start == "[":
        raise ValueError(
            f"{path}: JSON must come as one object per line, not as one list."
        )
    if start == "{":
        return _read_json_lines(path, text, tag_separator)
    return _read_csv(path, text, tag_separator)


def _decode(path: pathlib.Path) -> str:
    data = path.read_bytes()
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: the table must be UTF-8. Received: "
            f"{data[error.start : error.start + 1]!r}. Save it as UTF-8."
        ) from error


def _read_csv(path: pathlib.Path, text: str, tag_separator: str) -> list[Row]:
    lines = io.StringIO(text, newline="")
    blank = 0
    header = ""
    for header in lines:
        if header.strip():
            break
        blank += 1
    separator, names = _read_header(path, header)
    reader = csv.reader(
        itertools.chain(lines, [_LAST_LINE]),
        delimiter=separator,
        skipinitialspace=True,
    )
    rows = []
    first_line = blank + 2
    cells = []
    try:
        for cells in reader:
            line, first_line = first_line, blank + 2 + reader.line_num
            if any(cell.strip() for cell in cells):
                rows.append((line, cells))
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {first_line}: {error}; is a quote not closed?"
        ) from error
    if cells != [_LAST_LINE]:
        raise ValueError(
            f"{path}: a quote that opens on line {rows[-1][0]} is not closed."
        )
    return [
        _to_row(path, line, names, separator, cells, tag_separator)
        for line, cells in rows[:-1]
    ]


def _read_header(path: pathlib.Path, header: str) -> tuple[str, list[str]]:
    """The separator under which the header has most known columns."""
    best_names, best, best_known = [], "", -1
    for separator in SEPARATORS:
        cells = next(
            csv.reader([header], delimiter=separator, skipinitialspace=True),
            [],
        )
        names = [cell.strip().casefold() for cell in cells]
        known = sum(name in COLUMNS for name in names)
        if known > best_known:
            best_names, best, best_known = names, separator, known
    absent = [name for name in NEEDED if name not in best_names]
    if absent:
        raise ValueError(
            f"{path} must start with a line that names the columns "
            f"path,tags[,artist[,split]]; it lacks {' and '.join(absent)}. "
            f"Received: {header.strip()!r:.120}"
        )
    twice = {n for n in best_names if n in COLUMNS and best_names.count(n) > 1}
    if twice:
        raise ValueError(f"{path} has the column {min(twice)!r} twice.")
    return best, best_names


def _to_row(
    path: pathlib.Path,
    line: int,
    names: list[str],
    separator: str,
    cells: list[str],
    tag_separator: str,
) -> Row:
    cells = [cell.strip() for cell in cells]
    surplus = cells[len(names) :]
    if any(surplus):
        # `path|tags` with tags joined by the same letter.
        if names[-1] != "tags" or separator != tag_separator:
            raise ValueError(
                f"{path}, line {line}: {len(cells)} cells where the header "
                f"has {len(names)}. Put quotes around a cell that holds "
                f"{separator!r}."
            )
        cells[len(names) - 1 :] = [separator.join(cells[len(names) - 1 :])]
    found = dict(zip(names, cells, strict=False))
    if not found.get("path"):
        raise ValueError(f"{path}, line {line}: there is no path.")
    return Row(
        line=line,
        path=found["path"],
        tags=_split(found.get("tags", ""), tag_separator),
        artist=found.get("artist", ""),
        split=found.get("split", ""),
    )


def _read_json_lines(
    path: pathlib.Path, text: str, tag_separator: str
) -> list[Row]:
    rows = []
    for line, entry in enumerate(text.split("\n"), start=1):
        if not entry.strip():
            continue
        try:
            rows.append(_to_json_row(line, json.loads(entry), tag_separator))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path}, line {line}: {error}") from error
    return rows


def _to_json_row(line: int, entry: object, tag_separator: str) -> Row:
    if not isinstance(entry, dict):
        raise ValueError("each line must be a JSON object")
    found = {name.strip().casefold(): value for name, value in entry.items()}
    for name in NEEDED:
        if name not in found:
            raise ValueError(f"the key {name!r} is missing")
    names = found.pop("tags")
    if isinstance(names, str):
        names = _split(names, tag_separator)
    names = [] if names is None else names
    if not isinstance(names, (list, tuple)) or not all(
        isinstance(name, str) for name in names
    ):
        raise ValueError("'tags' must be a string or a list of strings")
    if any(re.search("[\ud800-\udfff]", name) for name in names):
        raise ValueError("'tags' must be valid Unicode")
    texts = {}
    for name in ("path", "artist", "split"):
        value = found.get(name)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{name!r} must be a string")
        texts[name] = (value or "").strip()
    if not texts["path"]:
        raise ValueError("there is no path")
    # The other half characters are how Python names bytes that are no UTF-8.
    if re.search("[\ud800-\udc7f\udd00-\udfff]", texts["path"]):
        raise ValueError("'path' must be valid Unicode")
    return Row(
        line, texts["path"], tuple(names), texts["artist"], texts["split"]
    )


def _split(cell: str, tag_separator: str) -> tuple[str, ...]:
    parts = (part.strip() for part in cell.split(tag_separator))
    return tuple(part for part in parts if part)
