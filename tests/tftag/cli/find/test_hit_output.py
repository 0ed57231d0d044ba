import csv
import io
import json

import pytest

from tftag.cli import hit_output
from tftag.files import escaping

LABELS = ["dreamy", "-été"]
FOUND = [
    hit("a, b.mp3", 2.125, [0.25, -0.5]),
    hit("c.mp3", -0.5, [0.125, 0.0]),
]


def written(form, found=FOUND):
    file = io.StringIO()
    hit_output.write(file, form, LABELS, found, 7)
    return file.getvalue()


def test_the_table_says_what_the_numbers_are():
    table, legend = written("table").split("\n\n")
    assert table.splitlines() == [
        "        z  dreamy    -été  path",
        "1   +2.12   0.250  -0.500  a, b.mp3",
        "2   -0.50   0.125   0.000  c.mp3",
    ]
    assert "these 7 recordings" in legend
    assert "Neither is a probability" in legend


def test_a_path_of_the_table_is_one_line():
    found = [hit("a\r\n\x1b[2J.mp3", 0.0, [0, 0])]
    lines = written("table", found).split("\n\n")[0].splitlines()
    assert lines[-1].endswith("  a\\r\\n\\x1b[2J.mp3")


def test_columns_hold_whatever_is_in_them():
    found = [hit(f"{n}", 9.0, [1, 1]) for n in range(10)]
    lines = written("table", found).split("\n\n")[0].splitlines()
    assert {line.index("1.000") for line in lines[1:]} == {13}
    assert lines[-1].startswith("10 ")


def test_csv_is_read_back():
    first, second = csv.DictReader(io.StringIO(written("csv")))
    assert first == {
        "rank": "1",
        "path": "a, b.mp3",
        "z_score": "2.125",
        "cosine dreamy": "0.25",
        "cosine -été": "-0.5",
    }
    assert second["rank"] == "2"


@pytest.mark.parametrize(
    "path", ["a\rb", "a\r", "a\nb", "\r\n", '",\r', "-a", "=1"]
)
def test_csv_holds_any_path(path):
    text = written("csv", [hit(path, 0.0, [0, 0])] * 2)
    rows = csv.DictReader(io.StringIO(text, ""))
    read = [escaping.read_cell(row["path"]) for row in rows]
    assert read == [path] * 2


def test_json_lines_are_read_back():
    first, second = map(json.loads, written("jsonl").splitlines())
    assert first == {
        "rank": 1,
        "path": "a, b.mp3",
        "z_score": 2.125,
        "cosines": {"dreamy": 0.25, "-été": -0.5},
    }
    assert second["cosines"]["-été"] == 0.0


def test_a_term_of_the_table_is_one_line():
    file = io.StringIO()
    found = [hit("a", 0.0, [0.5])]
    hit_output.write(file, "table", ["sad\x1b[31m"], found, 1)
    first, second, *_ = file.getvalue().splitlines()
    assert "  sad\\x1b[31m  " in first
    assert first.index("path") == second.index("  a") + 2
