"""The rows of a CSV or JSON lines file that lists recordings."""

import dataclasses
import itertools
import json
import logging
import pathlib
import re
from typing import Any

from pipelines.sources.own_table import csv_text, tag_cells, tag_columns
from tftag import tags
from tftag.console import counts_in_words
from tftag.storage import escaping

COLUMNS = ("path", "tags", "artist", "split")
NEEDED = ("path", "tags")
# As in tables with one row per track and tag.
_OTHER_NAMES = {"tag": "tags"}
# What programs for music write where no artist is known.
_NO_ARTIST = re.compile(
    r"[<[(]?(?:unknown(?: artist)?|no artist|various(?: artists)?)[>\])]?"
    r"|v/a|v\.a\.",
    re.IGNORECASE,
)
# What a spreadsheet shows in place of a value, in any of its languages.
_SPREADSHEET_ERROR = re.compile(r"#[^\Wa-z]+(?:/0)?[!?]|#{3,}|Err:\d{3}")

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class TableRow:
    """One recording as a table has it.

    Attributes:
        line: Line of the file, from 1, on which it starts.
        path: As it stands there, with the blanks around it.
        tags: As they stand there, already split.
        artist: "" where none is given.
        split: "" where none is given.
    """

    line: int
    path: str
    tags: tuple[str, ...]
    artist: str = ""
    split: str = ""


def read_rows(path: pathlib.Path, tag_separator: str) -> list[TableRow]:
    """Reads a table.

    The file is JSON lines if it starts with a brace. In a CSV file the header
    decides what separates the columns, or a line `sep=;` before it. Without a
    column of tags, columns of zeros and ones are the tags.

    Args:
        path: The table, UTF-8, or UTF-16 with a byte order mark.
        tag_separator: What joins the tags of a cell.

    Returns:
        The rows in their order, without blank ones.

    Raises:
        ValueError: The table has no header with the needed columns, or a line
            cannot be read; names it.
    """
    text = csv_text.read_text(path)
    start = text.lstrip()[:1]
    if start == "[":
        raise ValueError(
            f"{path}: JSON must come as one object per line, not as one list."
        )
    if start == "{":
        rows = _read_json_lines(path, text, tag_separator)
    else:
        rows = _read_csv(path, text, tag_separator)
    _check_values_of_cells(path, rows)
    return _without_missing(path, rows)


def _check_values_of_cells(path: pathlib.Path, rows: list[TableRow]):
    for row in rows:
        for text in (row.path, *row.tags, row.artist, row.split):
            if _SPREADSHEET_ERROR.fullmatch(text.strip()):
                raise ValueError(
                    f"{path}, line {row.line}: a spreadsheet could not compute "
                    "the cell, or show it. Mark the column as text there and "
                    f"write the cell again. Received: {text.strip()!r}"
                )


def _without_missing(
    path: pathlib.Path, rows: list[TableRow]
) -> list[TableRow]:
    """Empties what a program wrote into cells that were empty.

    As a tag it would be learned; as an artist it would hold the recordings of
    all that name none on one side of a split.
    """
    for name in ("tags", "artist", "split"):
        found = []
        for place, row in enumerate(rows):
            value = getattr(row, name)
            words = value if name == "tags" else (value,)
            left = tuple(word for word in words if not _is_missing(word, name))
            missing = [word for word in words if word not in left]
            if missing:
                found.append((row.line, missing[0]))
                emptied: Any = {name: left if name == "tags" else ""}
                rows[place] = dataclasses.replace(row, **emptied)
        if found:
            line, word = found[0]
            _log.warning(
                "%s: %r is taken for an empty cell in the %s of %s, line %d "
                "the first",
                *(path, word, name),
                counts_in_words.count(len(found), "row"),
                line,
            )
    return rows


def _is_missing(word: str, name: str) -> bool:
    return word in csv_text.MISSING or (
        name == "artist" and bool(_NO_ARTIST.fullmatch(word))
    )


def _read_csv(
    path: pathlib.Path, text: str, tag_separator: str
) -> list[TableRow]:
    known = (*COLUMNS, *_OTHER_NAMES)
    table = csv_text.read_table(path, text, known)
    names = [_OTHER_NAMES.get(name, name) for name in table.names]
    flags = [] if "tags" in names else tag_columns.find(table, known)
    absent = [name for name in NEEDED if name not in names]
    if absent and not (flags and absent == ["tags"]):
        raise ValueError(
            f"{path} must start with a line that names the columns "
            f"path,tags[,artist[,split]], or path and a column of zeros and "
            f"ones for each tag; it lacks {' and '.join(absent)}. Received: "
            f"{table.header!r:.120}"
        )
    twice = {n for n in names if n in COLUMNS and names.count(n) > 1}
    # As pandas names the second one.
    twice |= {
        name
        for name in ("tags", *(names[place] for place in flags))
        if f"{name}.1" in names
    }
    if twice:
        raise ValueError(f"{path} has the column {min(twice)!r} twice.")
    if flags:
        tag_columns.tell(path, table, flags, known)
    else:
        _refuse_unnamed(path, table, names)
    if "tag" in table.names:
        tag_columns.refuse_zeros(path, table, known)
    rows = []
    for line, cells in table.rows:
        try:
            rows.append(
                _to_row(line, cells, names, table, flags, tag_separator)
            )
        except ValueError as error:
            raise ValueError(f"{path}, line {line}: {error}") from error
    return rows


def _refuse_unnamed(
    path: pathlib.Path, table: csv_text.Table, names: list[str]
):
    """Refuses further tags in the columns behind, which have no name."""
    start = names.index("tags") + 1
    behind = itertools.takewhile(csv_text.UNNAMED.fullmatch, names[start:])
    end = start + len(list(behind))
    for line, cells in table.rows:
        found = [
            c
            for c in cells[start:end]
            if c.strip() not in csv_text.MISSING | {""}
        ]
        if found:
            raise ValueError(
                f"{path}, line {line}: a column behind the tags has no name. "
                "Join the tags of a row in one cell, or give the column a "
                f"name. Received: {found[0]!r:.80}"
            )


def _to_row(
    line: int,
    cells: list[str],
    names: list[str],
    table: csv_text.Table,
    flags: list[int],
    tag_separator: str,
) -> TableRow:
    surplus = cells[len(names) :]
    if any(cell.strip() for cell in surplus):
        # `path|tags` with tags joined by the same letter.
        if names[-1] != "tags" or table.separator != tag_separator:
            hint = f"Put quotes around a cell that holds {table.separator!r}."
            if names[-1] == "tags":
                hint += " If it joins the tags, say so with --tag-separator."
            raise ValueError(
                f"{len(cells)} cells where the header has {len(names)}. {hint}"
            )
        last = len(names) - 1
        cells = [*cells[:last], table.separator.join(cells[last:])]
    found = dict(zip(names, cells, strict=False))
    if not tags.visible(found.get("path", "")):
        raise ValueError("there is no path.")
    held = [
        escaping.read_cell(table.titles[place])
        for place in flags
        if place < len(cells) and tag_columns.is_one(cells[place].strip())
    ]
    return TableRow(
        line=line,
        path=found["path"],
        tags=tuple(held)
        if flags
        else tag_cells.split(
            escaping.read_cell(found.get("tags", "")), tag_separator
        ),
        artist=escaping.read_cell(found.get("artist", "").strip()),
        split=tags.visible(found.get("split", "")),
    )


def _read_json_lines(
    path: pathlib.Path, text: str, tag_separator: str
) -> list[TableRow]:
    rows = []
    for line, entry in enumerate(text.split("\n"), start=1):
        if not tags.visible(entry):
            continue
        try:
            read = json.loads(entry, object_pairs_hook=_once)
            rows.append(_to_json_row(line, read, tag_separator))
        except json.JSONDecodeError as error:
            raise ValueError(
                f"{path}, line {line}: JSON must come as one object per line. "
                f"Received: {entry.strip()!r:.80}: {error.msg}"
            ) from error
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path}, line {line}: {error}") from error
    return rows


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The entries of an object, each of whose keys is there once."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return found


def _to_json_row(line: int, entry: object, tag_separator: str) -> TableRow:
    if not isinstance(entry, dict):
        raise ValueError("each line must be a JSON object")
    keys = [tags.visible(name).casefold() for name in entry]
    keys = [_OTHER_NAMES.get(key, key) for key in keys]
    found = _once(list(zip(keys, entry.values(), strict=True)))
    for name in NEEDED:
        if name not in found:
            hint = ", a list of its tags" if name == "tags" else ""
            raise ValueError(f"the key {name!r} is missing{hint}")
    names = found.pop("tags")
    if isinstance(names, str):
        names = tag_cells.split(names, tag_separator)
    elif isinstance(names, (dict, bool)):
        raise ValueError("'tags' must be a string or a list of strings")
    elif names is None:
        names = ()
    else:
        names = tag_cells.from_list(
            names if isinstance(names, list) else [names]
        )
    if any(re.search("[\ud800-\udfff]", name) for name in names):
        raise ValueError("'tags' must be valid Unicode")
    texts = {}
    for name in ("path", "artist", "split"):
        value = found.get(name)
        if name == "artist" and type(value) in (int, float):
            value = json.dumps(value)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{name!r} must be a string")
        texts[name] = value or ""
    if not tags.visible(texts["path"]):
        raise ValueError("there is no path")
    # The other half characters are how Python names bytes that are no UTF-8.
    if re.search("[\ud800-\udc7f\udd00-\udfff]", texts["path"]):
        raise ValueError("'path' must be valid Unicode")
    return TableRow(
        line,
        texts["path"],
        names,
        texts["artist"].strip(),
        tags.visible(texts["split"]),
    )
