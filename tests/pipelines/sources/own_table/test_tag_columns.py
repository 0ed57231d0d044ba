"""Which columns of a table are tags, and which cells say so."""

import pathlib

import pytest

from pipelines.sources.own_table import csv_text, tag_columns

OTHERS = ("path", "artist")
PATH = pathlib.Path("list.csv")


def _table(text):
    return csv_text.read_table(PATH, text, OTHERS)


@pytest.mark.parametrize(
    ("one", "zero"),
    [
        *(("1", "0"), ("1.0", "0.0"), ("1,00", "0,00"), ("true", "FALSE")),
        *(("+1", "-0"), ("1.000e+00", "0.000e+00"), (" 1 ", " 0 ")),
    ],
)
def test_ones_and_zeros_however_programs_write_them(one, zero):
    table = _table(f"path;rock;pop\na;{one};{zero}\nb;{zero};\nc;nan;{one}\n")
    assert tag_columns.find(table, OTHERS) == [1, 2]
    assert tag_columns.is_one(one.strip())
    assert not tag_columns.is_one(zero.strip())


def test_other_columns_are_no_tags(caplog):
    """Of other numbers, without a name or a cell, or about something else."""
    table = _table(
        ",path,artist,rock,pop,bpm,Unnamed: 6,note\n"
        "0,a,1,1,0.5,120,1,\n1,b,0,0,1,90,0,\n"
    )
    places = tag_columns.find(table, OTHERS)
    assert [table.titles[place] for place in places] == ["rock"]
    tag_columns.tell(PATH, table, places, OTHERS)
    assert "taken for tags: rock; not taken: pop, bpm" in caplog.text


def test_a_zero_in_a_row_of_a_track_and_a_tag_is_refused():
    good = "path,tag,value,year\na.mp3,x,1,2001\na.mp3,y,,2000\n"
    others = (*OTHERS, "tag")
    tag_columns.refuse_zeros(PATH, _table(good), others)
    with pytest.raises(ValueError, match="line 4: .*rows of zeros.*'value'"):
        tag_columns.refuse_zeros(
            PATH, _table(f"{good}b.mp3,z,0,1999\n"), others
        )
