import csv
import io
import json
import pathlib

from tftag.cli.find import hit_output
from tftag.search import library_index
from tftag.storage import escaping

LABELS = ["dreamy", "-été"]


def hit(path, score, cosines, **more):
    fields = {
        "name": path,
        "percentile": 0.9375,
        "title": "",
        "artist": "",
        "album": "",
        "year": None,
        "seconds": None,
        "tags": (),
        **more,
    }
    return library_index.Hit(
        path=pathlib.Path(path), score=score, cosines=tuple(cosines), **fields
    )


FOUND = [
    hit(
        "a, b.mp3",
        2.125,
        [0.25, -0.5],
        artist="=Some\nBand",
        title="One",
        album="First",
        year=1999,
        seconds=61.5,
        tags=("rock",),
        copies=(pathlib.Path("c.flac"),),
    ),
    hit("c.mp3", -0.5, [0.125, 0.0]),
]


def written(form, found=FOUND, labels=LABELS, count=7, what="tag"):
    file = io.StringIO()
    hit_output.write(file, form, labels, found, count, what)
    return file.getvalue()


def test_the_table_says_what_the_numbers_are():
    table, legend = written("table").split("\n\n")
    assert table.splitlines() == [
        "        z       %  dreamy    -été  path",
        "1   +2.12   93.75   0.250  -0.500  a, b.mp3  (and 1 alike)",
        "2   -0.50   93.75   0.125   0.000  c.mp3",
    ]
    assert "this library (7 recordings)" in legend
    assert "%: share of the library that scores lower" in legend
    assert "None of them is a probability" in legend
    assert "library (1 recording)" in written("table", FOUND[:1], count=1)
    assert "of 4,096 recordings of it" in written("table", count=9_999)


def test_nothing_is_no_table_without_rows():
    assert written("table", []) == ""
    assert len(written("csv", []).splitlines()) == 1
    assert "none of 7 recordings" in hit_output.none_of(7)
    assert "none of 7 recordings" in hit_output.none_of(7, 6)
    assert "no recording but the examples" in hit_output.none_of(7, 7)


def test_a_path_of_the_table_is_one_line():
    found = [hit("a\r\n\x1b[2J.mp3", 0.0, [0, 0])]
    lines = written("table", found).split("\n\n")[0].splitlines()
    assert lines[-1].endswith("  a\\r\\n\\x1b[2J.mp3")


def test_columns_hold_whatever_is_in_them():
    found = [hit(f"{n}", 9.0, [1, 1]) for n in range(10)]
    lines = written("table", found).split("\n\n")[0].splitlines()
    assert {line.index("1.000") for line in lines[1:]} == {21}
    assert lines[-1].startswith("10 ")


def test_csv_is_read_back():
    first, second = csv.DictReader(io.StringIO(written("csv")))
    assert escaping.read_cell(first.pop("artist")) == "=Some\nBand"
    assert first == {
        "rank": "1",
        "path": "a, b.mp3",
        "z_score": "2.125",
        "percentile": "0.9375",
        "cosine dreamy": "0.25",
        "cosine -été": "-0.5",
        "title": "One",
        "album": "First",
        "year": "1999",
        "seconds": "61.5",
    }
    assert second["rank"] == "2" and second["year"] == ""


def test_json_lines_hold_all_that_is_known():
    first, second = map(json.loads, written("jsonl").splitlines())
    assert first == {
        "rank": 1,
        "path": "a, b.mp3",
        "z_score": 2.125,
        "percentile": 0.9375,
        "cosines": {"dreamy": 0.25, "-été": -0.5},
        "artist": "=Some\nBand",
        "title": "One",
        "album": "First",
        "year": 1999,
        "seconds": 61.5,
        "tags": ["rock"],
        "copies": ["c.flac"],
    }
    assert second["year"] is None and second["copies"] == []


def test_a_playlist_has_whole_paths_and_what_players_show(capsys):
    lines = written("m3u").splitlines()
    assert lines == [
        "#EXTM3U",
        "#EXTINF:62,=Some\\nBand - One",
        str(pathlib.Path("a, b.mp3").absolute()),
        str(pathlib.Path("c.mp3").absolute()),
    ]
    assert capsys.readouterr().err == ""
    # What no playlist can hold keeps no other out.
    odd = [hit(name, 0.0, [0, 0]) for name in ("a\nb.mp3", "c.mp3")]
    assert written("m3u", odd).splitlines()[1:] == lines[-1:]
    assert "b.mp3: A playlist cannot hold" in capsys.readouterr().err


def test_a_term_of_the_table_is_one_line():
    table = written("table", [hit("a", 0.0, [0.5])], ["sad\x1b[31m"])
    first, second, *_ = table.splitlines()
    assert "sad\\x1b[31m" in first and "0.500" in second


def test_examples_in_long_folders_leave_the_table_on_the_screen():
    labels = ["/music/" + "a folder/" * 9 + "one song.mp3", "-/" + "x" * 99]
    head = written("table", labels=labels, what="example").splitlines()[0]
    assert "folder/one song.mp3  -.." in head and len(head) < 80
