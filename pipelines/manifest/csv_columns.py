"""Reads tables of millions of rows that are byte for byte as they were written.

Quotes, line ends and numbers are then as `csv_rows.write_rows` writes them, and
are found in all rows at once. `csv_rows.read_rows` reads all other tables.
"""

import numpy as np

from pipelines.manifest import tag_lists, texts, tracks
from tftag.storage import escaping

_BLOCK_BYTES = 1 << 20
_COMMA, _LINE_END, _QUOTE, _APOSTROPHE, _MINUS, _ZERO = b",\n\"'-0"


def read(content: bytearray) -> tracks.Tracks:
    """Reads the recordings of a table.

    Args:
        content: Content of a file that `write_rows` wrote; it is modified.
    """
    ends, doubled = _cell_ends(content)
    columns: dict[str, tracks.Column] = {}
    starts = np.empty_like(ends[:, 0])
    starts[:1] = content.index(b"\n") + 1
    starts[1:] = ends[:-1, -1] + 1
    for place, name in enumerate(tracks.COLUMNS):
        end = ends[:, place]
        columns[name] = _column(name, content, starts, end, doubled)
        starts = end + 1
    return tracks.Tracks(columns)


def _cell_ends(content: bytearray) -> tuple[np.ndarray, np.ndarray]:
    """Where cells end `[rows, columns]`, and where two quotes meet."""
    kind = np.uint32 if len(content) < 1 << 32 else np.int64
    data = np.frombuffer(content, np.uint8)
    ends, quotes = [np.zeros(0, kind)], [np.zeros(0, np.int64)]
    is_inside = 0
    for start in range(content.index(b"\n") + 1, len(data), _BLOCK_BYTES):
        block = data[start : start + _BLOCK_BYTES]
        is_mark = (block == _COMMA) | (block == _LINE_END) | (block == _QUOTE)
        marks = np.flatnonzero(is_mark)
        is_quote = block[marks] == _QUOTE
        # Odd within quotes; two that are one letter leave it as it was.
        met = np.cumsum(is_quote) + is_inside
        ends.append((start + marks[~is_quote & (met % 2 == 0)]).astype(kind))
        quotes.append(start + marks[is_quote])
        is_inside = (is_inside + len(quotes[-1])) % 2
    found = np.concatenate(quotes)
    return (
        np.concatenate(ends).reshape(-1, len(tracks.COLUMNS)),
        found[1:][np.diff(found) == 1],
    )


def _column(name, content, starts, ends, doubled) -> tracks.Column:
    """The cells of a column; those with more than quotes are made plain."""
    data = np.frombuffer(content, np.uint8)
    is_quoted = data[starts] == _QUOTE
    cells = texts.Texts(content, starts + is_quoted, ends - is_quoted)
    if name == "peak":
        return texts.Decimals(cells)
    if name in tracks.NUMBERS:
        return _whole_numbers(data, starts + is_quoted, ends - is_quoted)
    is_odd = data[starts + is_quoted] == _APOSTROPHE
    if len(doubled):
        rows = np.searchsorted(starts, doubled, side="right") - 1
        is_odd[rows[doubled < ends[rows]]] = True
    for row in np.flatnonzero(is_odd).tolist():
        plain = cells[row].replace('""', '"') if is_quoted[row] else cells[row]
        cells.shorten(row, escaping.read_cell(plain))
    return tag_lists.TagCells(cells) if name == "tags" else cells


def _whole_numbers(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """Reads int64 digit by digit, from the last one on."""
    found = np.zeros(len(starts), np.int64)
    is_negative = data[starts] == _MINUS
    digits = ends - starts - is_negative
    for place in range(int(digits.max(initial=0))):
        has_one = digits > place
        at = np.where(has_one, ends - 1 - place, starts)
        digit = data[at].astype(np.int64) - _ZERO
        found += np.where(has_one, digit * 10**place, 0)
    return np.where(is_negative, -found, found)
