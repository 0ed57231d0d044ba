import itertools

import pytest

from pipelines.manifest import csv_rows, tracks

ROW = "a,wav/a.wav,train,,rock,16000,0.5,44,32044,hash,prepared,0,0"


def test_rows_come_back_whatever_is_in_them(tmp_path):
    path = tmp_path / "x.csv"
    numbers = (9, 0.5, 44, 62, "hash", "prepared", 0, 0)
    rows = []
    for letters in itertools.product(' a\r\n",', repeat=3):
        text = "".join(letters)
        rows.append((f"t{len(rows)}", text, "", text, (text,), *numbers))
    csv_rows.write_rows(path, rows)
    assert list(csv_rows.read_rows(path)) == rows


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace("16000", "16000.0"), "'16000.0'"),
        (ROW.replace("16000", "9" * 30), "64 bits. Received: '999"),
        (ROW[:29], "must have 13 cells. Received: 6"),
        ("", "must have 13 cells. Received: 0"),
        (ROW + ",", "must have 13 cells. Received: 14"),
    ],
)
def test_a_row_that_was_changed_is_named(tmp_path, row, said):
    path = tmp_path / "x.csv"
    path.write_text("\n".join([",".join(tracks.COLUMNS), ROW, row, ROW]))
    with pytest.raises(ValueError, match=f"x.csv, line 3, .*{said}"):
        list(csv_rows.read_rows(path))


def test_other_columns_are_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("track_id;path\na;b\n")
    with pytest.raises(ValueError, match="line 1, .* Received: 'track_id;path"):
        list(csv_rows.read_rows(path))
