import itertools

from pipelines.manifest import csv_rows


def test_tags_of_a_cell_come_back_whatever_is_in_them():
    for length in (1, 2, 3):
        for letters in itertools.product("a|\\,\n", repeat=length):
            name = "".join(letters)
            for names in ((name,), (name, "b"), ("|", name, name)):
                cell = csv_rows.join_tags(names)
                assert csv_rows.split_tags(cell) == names
    assert csv_rows.split_tags(csv_rows.join_tags(())) == ()


def test_rows_come_back_whatever_is_in_them(tmp_path):
    path = tmp_path / "x.csv"
    numbers = (9, 0.5, 44, 62, "hash", "prepared", 0, 0)
    rows = []
    for letters in itertools.product(' a\r\n",', repeat=3):
        text = "".join(letters)
        rows.append((f"t{len(rows)}", text, "", text, (text,), *numbers))
    csv_rows.write_rows(path, rows)
    assert list(csv_rows.read_rows(path)) == rows
