import csv
import io
import itertools

from tftag.files import escaping


def test_csv_is_read_back_whatever_is_in_it():
    file = io.StringIO(newline="")
    write_row = escaping.csv_row_writer(file)
    table = []
    for letters in itertools.product(' a\r\n",', repeat=3):
        table.append(["".join(letters), "b", ""])
        write_row(table[-1])
    assert list(csv.reader(io.StringIO(file.getvalue(), ""))) == table


def test_plain_rows_stay_plain():
    file = io.StringIO()
    escaping.csv_row_writer(file)(["a b", 0.5, ""])
    assert file.getvalue() == "a b,0.5,\n"


def test_any_text_is_one_line():
    for letter in "\n\r\x1b\u202e\u2028\x85\0":
        line = escaping.one_line(f"a{letter}b")
        assert line.isprintable() and len(line.splitlines()) == 1
    assert escaping.one_line("été 1 🎵.mp3") == "été 1 🎵.mp3"
