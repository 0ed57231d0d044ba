import pytest

from pipelines.sources import table


def _read(tmp_path, text, tag_separator="|", encoding="utf-8"):
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode(encoding))
    return table.read_rows(path, tag_separator)


def _short(rows):
    return [(r.line, r.path, r.tags, r.artist, r.split) for r in rows]


EXPECTED = [
    (2, "a.mp3", ("pop/rock", "stage & screen"), "Them", "train"),
    (3, "b.mp3", (), "", "test"),
]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_line_ends_and_marks(tmp_path, separator, end, encoding):
    lines = [
        ("path", "tags", "artist", "split"),
        ("a.mp3", "pop/rock|stage & screen", "Them", "train"),
        ("b.mp3", "", "", "test"),
    ]
    text = end.join(separator.join(line) for line in lines)
    assert _short(_read(tmp_path, text, encoding=encoding)) == EXPECTED
    assert _short(_read(tmp_path, text + end, encoding=encoding)) == EXPECTED


def test_the_bar_separates_columns_when_the_header_says_so(tmp_path):
    rows = _read(tmp_path, 'path|tags|split\na.mp3|"x|y"|test\n')
    assert _short(rows) == [(2, "a.mp3", ("x", "y"), "", "test")]
    rows = _read(tmp_path, "path|tags|split\na.mp3|x;y|test\n", ";")
    assert _short(rows) == [(2, "a.mp3", ("x", "y"), "", "test")]
    # With the tags last there is nothing to mistake them for.
    rows = _read(tmp_path, "path|tags\na.mp3|x|y\nb.mp3|x\n")
    assert [row.tags for row in rows] == [("x", "y"), ("x",)]
    with pytest.raises(ValueError, match="line 2: 4 cells.*has 3"):
        _read(tmp_path, "path|tags|split\na.mp3|x|y|test\n")


def test_columns_in_any_order_with_others_between(tmp_path):
    rows = _read(
        tmp_path,
        "year, Split ,PATH,bpm,tags ,artist\n"
        "1970,train,a.mp3,120,pop/rock|stage & screen,Them\n"
        "1971, test , b.mp3 ,,,\n",
    )
    assert _short(rows) == EXPECTED


def test_quotes_and_stray_spaces(tmp_path):
    rows = _read(
        tmp_path,
        '"path", "tags" ,"artist"\n'
        '"a, b.mp3", "x | y|" , "The ""Band"""\n'
        "\n"
        ' "two\nlines.mp3" ,12" mix,Joe "Q" Doe\n'
        ",,\n"
        "c.mp3,z\n",
    )
    assert _short(rows) == [
        (2, "a, b.mp3", ("x", "y"), 'The "Band"', ""),
        (4, "two\nlines.mp3", ('12" mix',), 'Joe "Q" Doe', ""),
        (7, "c.mp3", ("z",), "", ""),
    ]


def test_other_tag_separators(tmp_path):
    rows = _read(tmp_path, 'path,tags\na.mp3,"x, r|b"\n', ",")
    assert rows[0].tags == ("x", "r|b")
    rows = _read(tmp_path, "path,tags\na.mp3,x / pop/rock\n", " / ")
    assert rows[0].tags == ("x", "pop/rock")


def test_blank_lines_before_the_header(tmp_path):
    rows = _read(tmp_path, "\n  \npath,tags\na.mp3,x\n")
    assert _short(rows) == [(4, "a.mp3", ("x",), "", "")]


def test_json_lines(tmp_path):
    text = (
        '\ufeff{"path": "a.mp3", "tags": ["pop/rock", "stage & screen"], '
        '"artist": "Them", "split": "train", "bpm": 120}\r\n\r\n'
        '{"split": "test", "Tags ": null, "path": " b.mp3 ", "artist": null}\n'
        '{"path": "c.mp3", "tags": "x| y"}'
    )
    rows = _read(tmp_path, text)
    assert [row.line for row in rows] == [1, 3, 4]
    assert [r[1:] for r in _short(rows)[:2]] == [r[1:] for r in EXPECTED]
    assert rows[2].tags == ("x", "y")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,tags\na.mp3,x\n", "lacks path"),
        ("path,label\na.mp3,x\n", "lacks tags"),
        ("a.mp3,x\nb.mp3,y\n", "lacks path and tags.*'a.mp3,x'"),
        ("", "lacks path and tags"),
        ("path,tags,Tags\n", "'tags' twice"),
        ("path,tags\na.mp3,x\n,y\n", "line 3: there is no path"),
        ("path,tags\na.mp3,x,y\n", "line 2: 3 cells"),
        ('path,tags\na.mp3,x\n"b.mp3,y\nc.mp3,z\n', "line 3 is not closed"),
        ('path,tags\na.mp3,"x', "line 2 is not closed"),
        ('path,tags\na.mp3,x\nb,"' + "y\n" * 99_999, "line 3: field larger"),
        ('[{"path": "a"}]', "one object per line"),
        ('{"path": "a", "tags": []}\n{"path": "b", \n', "list.csv, line 2"),
        ('{"path": "a", "tags": []}\n["b"]', "line 2: each line"),
        ('{"path": "a"}', "line 1: the key 'tags' is missing"),
        ('{"tags": []}', "line 1: the key 'path' is missing"),
        ('{"path": "", "tags": []}', "line 1: there is no path"),
        ('{"path": 5, "tags": []}', "line 1: 'path' must be a string"),
        ('{"path": "\\ud800", "tags": []}', "line 1: 'path' must be valid"),
        (
            '{"path": "a", "tags": ["\\ud800"]}',
            "line 1: 'tags' must be valid",
        ),
        ('{"path": "a", "tags": [1]}', "line 1: 'tags' must be"),
        ('{"path": "a", "tags": {"x": 1}}', "line 1: 'tags' must be"),
        ('{"path": "a", "tags": ' + "[" * 99_999, "line 1"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        _read(tmp_path, text)
    assert "list.csv" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_other_encodings_are_not_guessed(tmp_path):
    with pytest.raises(ValueError, match=r"line 2: .*UTF-8.*xe9"):
        _read(tmp_path, "path,tags\nété.mp3,x\n", encoding="latin-1")
