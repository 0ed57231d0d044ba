import errno
import itertools
import os

import pytest

from pipelines.manifest import csv_rows


def test_tags_of_a_cell_come_back_whatever_is_in_them():
    for length in (1, 2, 3):
        for letters in itertools.product("a|\\,\n", repeat=length):
            name = "".join(letters)
            for names in ((name,), (name, "b"), ("|", name, name)):
                cell = csv_rows.join_tags(names)
                assert csv_rows.split_tags(cell) == names
    assert csv_rows.split_tags(csv_rows.join_tags(())) == ()


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        with csv_rows.replacing(path) as file:
            file.write("new")
            raise RuntimeError
    assert path.read_text() == "old"
    with csv_rows.replacing(path) as file:
        file.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


def test_names_that_are_not_utf_8(tmp_path):
    path = tmp_path / "x.csv"
    with csv_rows.replacing(path) as file:
        file.write(os.fsdecode(b"\xff.mp3"))
    assert path.read_text() == "\\udcff.mp3"
    with pytest.raises(UnicodeEncodeError):
        with csv_rows.replacing(path, errors="strict") as file:
            file.write(os.fsdecode(b"\xff.mp3"))


def test_rows_come_back_whatever_is_in_them(tmp_path):
    path = tmp_path / "x.csv"
    numbers = (9, 0.5, 44, 62, "hash", "prepared", 0, 0)
    rows = []
    for letters in itertools.product(' a\r\n",', repeat=3):
        text = "".join(letters)
        rows.append((f"t{len(rows)}", text, "", text, (text,), *numbers))
    csv_rows.write_rows(path, rows)
    assert list(csv_rows.read_rows(path)) == rows


def test_what_cannot_be_written_is_named(tmp_path):
    path = tmp_path / "no folder" / "x.csv"
    with pytest.raises(FileNotFoundError) as caught:
        with csv_rows.replacing(path):
            pass
    assert caught.value.filename == str(path)
    path = tmp_path / "x.csv"
    with pytest.raises(OSError, match="No space") as caught:
        with csv_rows.replacing(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(path)
    with pytest.raises(OSError, match="other.txt"):
        with csv_rows.replacing(path):
            raise OSError(errno.ENOSPC, "No space", "other.txt")
    assert not list(tmp_path.iterdir())
