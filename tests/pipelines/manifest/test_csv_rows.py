import itertools

from pipelines.manifest import csv_rows


def test_rows_come_back_whatever_is_in_them(tmp_path):
    path = tmp_path / "x.csv"
    numbers = (9, 0.5, 44, 62, "hash", "prepared", 0, 0)
    rows = []
    for letters in itertools.product(' a\r\n",', repeat=3):
        text = "".join(letters)
        rows.append((f"t{len(rows)}", text, "", text, (text,), *numbers))
    csv_rows.write_rows(path, rows)
    assert list(csv_rows.read_rows(path)) == rows
