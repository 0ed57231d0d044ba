import csv
import io
import itertools
import re

from tftag.storage import escaping


def test_csv_is_read_back_whatever_is_in_it():
    file = io.StringIO(newline="")
    write_row = escaping.csv_row_writer(file)
    table = []
    for letters in itertools.product("= -\r\n\",'1", repeat=3):
        table.append(["".join(letters), "b", ""])
        write_row(table[-1])
    assert _read(file.getvalue()) == table


def _read(text):
    found = csv.reader(io.StringIO(text, newline=""))
    return [[escaping.read_cell(cell) for cell in row] for row in found]


def test_plain_rows_stay_plain():
    file = io.StringIO()
    escaping.csv_row_writer(file)(["a b", 0.5, ""])
    assert file.getvalue() == "a b,0.5,\n"


def test_no_cell_is_a_formula_to_a_spreadsheet():
    formulas = ["=1+1", "+cmd|' /C calc'!A0", "-a", "@SUM(1)", "\t=1", "\r=1"]
    marked = [f"'{text}" for text in formulas]
    others = ["-0.5", "+1", "-1e-05", -0.5, "a=b", "'tis", "''", "'-1", "-"]
    table = [[*formulas, *marked, *others]]
    file = io.StringIO(newline="")
    escaping.csv_row_writer(file)(table[0])
    (written,) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    for cell in written:
        assert cell[:1] not in "=+-@\t\r" or re.fullmatch(r"[-+][\d.e-]+", cell)
    assert written[len(formulas) * 2 :][:8] == list(map(str, others[:8]))
    assert _read(file.getvalue()) == [list(map(str, table[0]))]


def test_long_cells_are_read():
    before = csv.field_size_limit()
    with escaping.long_cells():
        assert next(csv.reader(["a" * 200_000])) == ["a" * 200_000]
    assert csv.field_size_limit() == before


def test_any_text_is_one_line():
    for letter in "\n\r\x1b\u202e\u2028\x85\0":
        line = escaping.one_line(f"a{letter}b")
        assert line.isprintable() and len(line.splitlines()) == 1
    assert escaping.one_line("été 1 🎵.mp3") == "été 1 🎵.mp3"
