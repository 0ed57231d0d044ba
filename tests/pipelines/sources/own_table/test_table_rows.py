import json

import pytest

from pipelines.sources.own_table import table_rows


def _read(tmp_path, text, tag_separator="|", encoding="utf-8"):
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode(encoding))
    return table_rows.read_rows(path, tag_separator)


def _short(rows):
    return [(r.line, r.path.strip(), r.tags, r.artist, r.split) for r in rows]


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
        '{"path": "c.mp3", "tags": "x| y"}\n\0\0'
    )
    rows = _read(tmp_path, text)
    assert [row.line for row in rows] == [1, 3, 4]
    assert [r[1:] for r in _short(rows)[:2]] == [r[1:] for r in EXPECTED]
    assert rows[2].tags == ("x", "y")
    # As in tables with one row per track and tag.
    assert _read(tmp_path, '{"path": "a", "Tag": "x"}')[0].tags == ("x",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,tags\na.mp3,x\n", "lacks path"),
        ("path,label\na.mp3,x\n", "lacks tags"),
        ("a.mp3,x\nb.mp3,y\n", "lacks path and tags.*'a.mp3,x'"),
        ("", "lacks path and tags"),
        ("path,tags,Tags\n", "'tags' twice"),
        ("path,tags,tags.1\na.mp3,x,y\n", "'tags' twice"),
        ("path,rock,rock.1,pop\na.mp3,1,0,1\n", "'rock' twice"),
        ("path,tags,,artist\na.mp3,x,y,z\n", "line 2: a column.*Rec.*'y'"),
        ("path,tags,Unnamed: 2\na,x,\nb,x,y\n", "line 3: a column.*'y'"),
        ("path,tags\na.mp3,x|#NAME?\n", "line 2: a spreadsheet.*'#NAME"),
        ("path,tags,artist\na.mp3,x,#DIV/0!\n", "line 2: a spreadsheet"),
        ("path,tags\na.mp3,x\nb.mp3,#BEZÜGE!\n", "line 3: a spreadsheet"),
        ("path,tags\n#####,x\n", "line 2: a spreadsheet"),
        ("path,tags\na.mp3,Err:508\n", "line 2: a spreadsheet"),
        ("path,tags\na.mp3,x\n,y\n", "line 3: there is no path"),
        ("path,tags\na.mp3,x,y\n", "line 2: 3 cells.*--tag-separator"),
        ('path,tags\na.mp3,x\n"b.mp3,y\nc.mp3,z\n', "line 3 is not closed"),
        ('path,tags\na.mp3,"x', "line 2 is not closed"),
        ('path,tags\na.mp3,x\nb,"' + "y\n" * 99_999, "line 3 is not closed"),
        ("path,tags," + "x" * 200_000 + "\na.mp3,x,y,z\n", "line 2: 4 cells"),
        ("x" * 200_000 + "\n", "lacks path and tags"),
        ("path;tags\na.mp3;['x', y]\n", "line 2: the tags look like a list"),
        ("path,rock,pop\na.mp3,1,2\nb.mp3,3,0.5\n", "lacks tags"),
        ("path,artist,year\na.mp3,x,1990\n", "lacks tags"),
        ("rock,pop\n1,0\n", "lacks path and tags"),
        ('[{"path": "a"}]', "one object per line"),
        ('{\n "path": "a",\n "tags": []\n}', "line 1: .*one object per line"),
        ('{"path": "a", "tags": []},\n', "line 1: .*one object per line"),
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
        ('{"path": "a", "tags": [0, 1, 0]}', "line 1: .*zeros and ones"),
        ('{"path": "a", "tags": true}', "line 1: 'tags' must be"),
        ('{"path": "a", "tags": "[x, y]"}', "line 1: the tags look like"),
        ('{"path": "a", "tags": {"x": 1}}', "line 1: 'tags' must be"),
        ('{"path": "a", "tags": [], "tags": ["x"]}', "'tags' is there twice"),
        ('{"path": "a", "Path": "b", "tags": []}', "'path' is there twice"),
        ('{"path": "a", "tag": "x", "tags": []}', "'tags' is there twice"),
        ('{"path": "a", "tags": ' + "[" * 99_999, "line 1"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        _read(tmp_path, text)
    assert "list.csv" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_column_for_each_tag(tmp_path, caplog):
    (first, second, third) = _read(
        tmp_path,
        ",path,Rock,Pop/Rock,jazz,year,artist,title\n"
        "0,a.mp3,1,0,TRUE,1,Them,1\n"
        "1,b.mp3,0,1.0,FALSE,1990,,x\n"
        "2,c.mp3,0,0,,1991\n",
    )
    assert first.tags == ("Rock", "jazz") and first.artist == "Them"
    assert second.tags == ("Pop/Rock",) and third.tags == ()
    assert "Rock, Pop/Rock, jazz" in caplog.text
    # With tags of their own, other columns are others.
    (row,) = _read(tmp_path, "path,tags,explicit\na.mp3,x,1\n")
    assert row.tags == ("x",)


def test_a_row_that_says_that_a_track_lacks_a_tag_is_refused(tmp_path):
    good = "path,tag,value,year\na.mp3,x,1,2001\na.mp3,y,1,2000\n"
    assert [row.tags for row in _read(tmp_path, good)] == [("x",), ("y",)]
    with pytest.raises(ValueError, match="line 4: .*rows of zeros.*'value'"):
        _read(tmp_path, f"{good}b.mp3,z,0,1999\n")


def test_numbers_are_text_in_json(tmp_path):
    (row,) = _read(tmp_path, '{"path": "a", "tags": ["x", 80], "artist": 12}')
    assert row.tags == ("x", "80") and row.artist == "12"
    assert _read(tmp_path, '{"path": "a", "tags": 1990}')[0].tags == ("1990",)


def test_what_nobody_sees_is_no_part_of_a_header(tmp_path):
    text = "\ufeffpath\u200b,ta\u00adgs,\u200esplit\na.mp3,x,train\u200b\n"
    assert _short(_read(tmp_path, text)) == [(2, "a.mp3", ("x",), "", "train")]


def test_lists_as_text_are_read_from_both_kinds_of_table(tmp_path):
    (row,) = _read(tmp_path, "path,tags\na.mp3,\"['rock', 'pop']\"\n", ",")
    assert row.tags == ("rock", "pop")
    (row,) = _read(tmp_path, json.dumps({"path": "a", "tags": "['x', 'y']"}))
    assert row.tags == ("x", "y")


def test_blanks_of_a_name_are_kept(tmp_path):
    rows = _read(tmp_path, "path,tags\n a.mp3, x\nb.mp3 ,y\n")
    assert [row.path for row in rows] == [" a.mp3", "b.mp3 "]
    assert [row.tags for row in rows] == [("x",), ("y",)]
    (row,) = _read(tmp_path, '{"path": " a.mp3", "tags": []}')
    assert row.path == " a.mp3"


@pytest.mark.parametrize(
    "word", ["nan", "None", "NULL", "N/A", "<NA>", "NA", r"\N", "(null)"]
)
def test_what_programs_write_into_empty_cells_is_no_tag(tmp_path, word, caplog):
    header = "path,tags,artist,split\n"
    rows = _read(
        tmp_path,
        f"{header}a.mp3,{word},{word},{word}\nb.mp3,pop|{word}|Nan,Nan,train\n",
    )
    assert _short(rows) == [
        (2, "a.mp3", (), "", ""),
        (3, "b.mp3", ("pop", "Nan"), "Nan", "train"),
    ]
    assert len(caplog.messages) == 3
    assert all(f"{word!r} is taken for an empty" in x for x in caplog.messages)


def test_names_that_say_that_no_artist_is_known_are_none(tmp_path, caplog):
    """They would hold recordings of many artists on one side of a split."""
    nobody = ["Unknown Artist", "<unknown>", "[unknown]", "Various Artists"]
    names = [
        *nobody,
        "VARIOUS",
        "V.A.",
        "Unknown Mortal Orchestra",
        "Various X",
    ]
    lines = [f"{i}.mp3,x,{name}\n" for i, name in enumerate(names)]
    rows = _read(tmp_path, f"path,tags,artist\n{''.join(lines)}")
    assert [row.artist for row in rows] == [""] * 6 + names[6:]
    (message,) = caplog.messages
    assert "'Unknown Artist' is taken for an empty cell" in message
    assert "the artist of 6 rows" in message


def test_texts_of_spreadsheets_and_cells_of_this_project(tmp_path):
    """="007" keeps its zeros; '=x is x to no spreadsheet."""
    rows = _read(
        tmp_path,
        'path,tags,artist\n="007.mp3","=""80s""|x",="The ""Band"""\n'
        "b.mp3,'-drums|#1 hits|x,'-M-\n",
    )
    assert _short(rows) == [
        (2, "007.mp3", ('="80s"', "x"), 'The "Band"', ""),
        (3, "b.mp3", ("-drums", "#1 hits", "x"), "-M-", ""),
    ]


def test_empty_cells_are_nothing_to_tell(tmp_path, caplog):
    rows = _read(tmp_path, "path,tags,artist\na.mp3,,\nb.mp3,none|na,\n")
    assert [row.tags for row in rows] == [(), ("none", "na")]
    assert not caplog.messages
