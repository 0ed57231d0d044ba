import itertools

import pytest

from pipelines.manifest import csv_columns, csv_rows, tracks

NUMBERS = (9, 1 / 3, 44, 62, "hash", "prepared", 0, 1 << 40)
# What CSV, spreadsheets and cells of tags have a meaning for.
LETTERS = " a'\"=\r\n,|\\ü"


def table():
    rows = [("first", "", "", "", (), -5, 2.0, 0, 0, "", "", -1, 0)]
    rows.append(("empty\r", "", "", "", (), *NUMBERS))
    for length in (1, 2, 3):
        for letters in itertools.product(LETTERS, repeat=length):
            text = "".join(letters)
            place = f"t{len(rows)}"
            rows.append((place, text, "train", text, (text, "b"), *NUMBERS))
    return rows


@pytest.mark.parametrize("block_bytes", [1 << 20, 7])
def test_all_at_once_is_as_row_by_row(tmp_path, monkeypatch, block_bytes):
    monkeypatch.setattr(csv_columns, "_BLOCK_BYTES", block_bytes)
    path = tmp_path / "x.csv"
    rows = table()[: None if block_bytes > 7 else 150]
    csv_rows.write_rows(path, rows)
    found = csv_columns.read(bytearray(path.read_bytes()))
    assert list(found) == [tracks.Track(*row) for row in rows]
    assert found == tracks.Tracks.of_rows(csv_rows.read_rows(path))
    assert found.numbers("peak").tolist() == [row[6] for row in rows]
    assert found.tags.names == tuple(
        dict.fromkeys(name for row in rows for name in row[4])
    )


def test_no_row_is_none(tmp_path):
    csv_rows.write_rows(tmp_path / "x.csv", [])
    assert not csv_columns.read(bytearray((tmp_path / "x.csv").read_bytes()))
