"""Tables of text as Excel, pandas and people save them."""

import pytest

from pipelines.sources.own_table import csv_text


def _read(text, columns=("path", "tags")):
    return csv_text.read_table("list.csv", text, columns)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_line_before_the_header_says_the_separator(separator):
    for line in (
        f"sep={separator}",
        f'"SEP={separator}"',
        f"\nsep={separator}",
        # As it comes back from another program for tables.
        f'"sep={separator}"{separator}',
    ):
        head, row = f"path{separator}Tags ", f"a.mp3{separator}rock"
        found = _read(f"{line}\r\n{head}\r\n{row}\r\n")
        assert found.separator == separator
        assert found.names == ["path", "tags"]
        assert found.rows == [(line.count("\n") + 3, ["a.mp3", "rock"])]
    # Even where the header would say another.
    assert _read("sep=;\npath,tags;x\n").names == ["path,tags", "x"]


def test_blanks_are_kept_but_before_quotes():
    assert _read("path,tags\n a.mp3 , x\n").rows == [(2, [" a.mp3 ", " x"])]
    found = _read('tags,path\nx, "a, b.mp3"\ny," c.mp3"\n')
    assert [cells for _, cells in found.rows] == [
        ["x", "a, b.mp3"],
        ["y", " c.mp3"],
    ]


@pytest.mark.parametrize(
    "row", [r'b.mp3,"12\" mix|pop"', 'b.mp3,"12" mix|pop"', 'b.mp3,""x""']
)
def test_a_quote_alone_within_quotes_is_refused(row):
    for head in ("path,tags\n", "sep=,\npath,tags\n", "\n\npath,tags\n"):
        line = head.count("\n") + 2
        with pytest.raises(ValueError, match=f"line {line}: a quote within"):
            _read(f"{head}a.mp3,x\n{row}\nc.mp3,y\n")
    assert _read('path,tags\nb.mp3,"12"" mix|pop"\n').rows == [
        (2, ["b.mp3", '12" mix|pop'])
    ]
    # One that ends with a backslash, as folders of Windows do.
    assert _read('tags,path\nx,"a\\"\n').rows == [(2, ["x", "a\\"])]


def test_cells_and_headers_of_any_length():
    text = "la " * 50_000
    found = _read(f'path,tags,lyrics\na.mp3,x,"{text}"\nb.mp3,y,\n')
    assert found.rows[0] == (2, ["a.mp3", "x", text])
    assert _read(f"path,{text}\n").titles[1] == text


def test_other_encodings_are_not_guessed(tmp_path):
    path = tmp_path / "list.csv"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_text("é", encoding=encoding)
        assert csv_text.read_text(path) == "é"
    path.write_bytes(b"a\n\xe9\n")
    with pytest.raises(ValueError, match="line 2: .*UTF-8"):
        csv_text.read_text(path)


@pytest.mark.parametrize(
    "data, message",
    [
        ("path".encode("utf-16-le"), "UTF-16 without"),
        ("path".encode("utf-16-be"), "UTF-16 without"),
        ("path".encode("utf-32"), "UTF-32"),
        ("path".encode("utf-32-be"), "UTF-32"),
        (b"PK\3\4" + bytes(99), "a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a spreadsheet"),
        (b"\x1f\x8b\x08\0", "compressed"),
        (b"PAR1\x15\4\x15", "Parquet"),
        (b"SQLite format 3\0", "a database"),
    ],
)
def test_what_is_no_text_is_told_by_what_it_is(tmp_path, data, message):
    (tmp_path / "list.csv").write_bytes(data)
    with pytest.raises(ValueError, match=f"{message}.*save it as CSV"):
        csv_text.read_text(tmp_path / "list.csv")


def test_nobody_sees_a_row_of_what_is_invisible():
    """NULs of a disk that was full, Ctrl-Z of DOS, a lone zero width space."""
    found = _read("path,tags\na.mp3,x\n\0\0\0\n\u200b\nb.mp3,y\n\x1a")
    assert [line for line, _ in found.rows] == [2, 5]
