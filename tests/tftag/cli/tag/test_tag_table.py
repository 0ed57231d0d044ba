import csv
import io
import json

import pytest

from tftag.cli.tag import tag_table
from tftag.storage import escaping

TAGS = [
    tag_table.TrainedTag("stage & screen", 0.875, True),
    tag_table.TrainedTag('été, "70s"', 0.0625, False),
]


def listed(form, entries, has_times=False):
    file = io.StringIO()
    rows = tag_table.TagTable(file, form, has_times=has_times)
    for entry in entries:
        rows.add(*entry)
    rows.close()
    return file.getvalue()


def test_the_table_marks_what_is_above_its_threshold():
    assert listed("table", [("a b.mp3", TAGS), ("silent.mp3", [])]) == (
        "a b.mp3\n"
        "  * stage & screen  0.875\n"
        '    été, "70s"      0.062\n'
        "silent.mp3\n"
        "    no tag reaches its threshold\n"
        "\n"
        "* at or above the tag's own threshold\n"
    )


def test_nothing_needs_no_legend():
    assert listed("table", []) == ""


def test_a_path_of_the_table_is_one_line():
    names = ("a\nb.mp3", "\x1b[2J.mp3", "\u202e3pm.mp3", "été 1.mp3")
    text = listed("table", [(name, []) for name in names])
    assert text.splitlines()[:-2:2] == [
        "a\\nb.mp3",
        "\\x1b[2J.mp3",
        "\\u202e3pm.mp3",
        "été 1.mp3",
    ]


@pytest.mark.parametrize(
    ("seconds", "clock"),
    [(0, "0:00.0"), (59.96, "1:00.0"), (754.5, "12:34.5")]
    + [(10_800.25, "3:00:00.2"), (3_599.99, "1:00:00.0")],
)
def test_clips_are_told_by_the_clock(seconds, clock):
    first, *_ = listed("table", [("a", TAGS, seconds)], True).splitlines()
    assert first == f"a  {clock}"


def test_csv_is_read_back():
    text = listed("csv", [("a,b.mp3", TAGS), ("none.mp3", [])])
    assert list(csv.DictReader(io.StringIO(text))) == [
        dict(
            path="a,b.mp3",
            tag="stage & screen",
            probability="0.875",
            above_threshold="1",
        ),
        dict(
            path="a,b.mp3",
            tag='été, "70s"',
            probability="0.0625",
            above_threshold="0",
        ),
        dict(path="none.mp3", tag="", probability="", above_threshold=""),
    ]
    text = listed("csv", [("a", TAGS, 2.5)], True)
    (first, _) = csv.DictReader(io.StringIO(text))
    assert first["start_seconds"] == "2.5"


def test_csv_holds_any_path():
    path = '=1,"\r\n'
    text = listed("csv", [(path, TAGS), (path, [])])
    (_, *rows) = csv.reader(io.StringIO(text, ""))
    assert [escaping.read_cell(row[0]) for row in rows] == [path] * 3
    assert {len(row) for row in rows} == {4}


def test_json_lines_are_read_back():
    text = listed("jsonl", [("a.mp3", TAGS), ("b.mp3", [])])
    first, second = map(json.loads, text.splitlines())
    assert first == {
        "path": "a.mp3",
        "tags": [
            {
                "tag": tag.name,
                "probability": tag.probability,
                "above_threshold": tag.is_given,
            }
            for tag in TAGS
        ],
    }
    assert second == {"path": "b.mp3", "tags": []}
    timed = json.loads(listed("jsonl", [("a", [], 0.5)], True))
    assert timed["start_seconds"] == 0.5


def test_asked_tags_have_no_probability():
    tags = [
        tag_table.AskedTag("handpan", 0.934, 0.25),
        tag_table.AskedTag("-no vocals", 0.0, -0.125),
    ]
    texts = {}
    for form in tag_table.FORMATS:
        file = io.StringIO()
        rows = tag_table.TagTable(
            file, form, tag_table.AskedTag, has_times=False
        )
        rows.add("a.mp3", tags)
        rows.close()
        texts[form] = file.getvalue()
    table, legend = texts["table"].split("\n\n")
    assert table.splitlines() == [
        "a.mp3",
        "    handpan      93%   0.250",
        "    -no vocals    0%  -0.125",
    ]
    assert "Neither is a probability" in legend
    first, second = csv.DictReader(io.StringIO(texts["csv"]))
    assert first == dict(
        path="a.mp3", tag="handpan", nearer_than="0.934", cosine="0.25"
    )
    assert second["cosine"] == "-0.125"
    (listed_tag, _) = json.loads(texts["jsonl"])["tags"]
    assert listed_tag == dict(tag="handpan", nearer_than=0.934, cosine=0.25)


def test_a_tag_of_the_table_is_one_line():
    for tag in (
        tag_table.TrainedTag("sad\x1b[31m", 0.5, False),
        tag_table.AskedTag("sad\x1b[31m", 0.5, 0.5),
    ):
        file = io.StringIO()
        table = tag_table.TagTable(file, "table", type(tag), has_times=False)
        table.add("a", [tag])
        assert "  sad\\x1b[31m  " in file.getvalue()
