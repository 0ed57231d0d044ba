import argparse

import pytest

from tftag.cli.find import search_flags
from tftag.search.index import filters


def parsed(*words):
    parser = argparse.ArgumentParser()
    search_flags.add_flags(parser)
    return parser.parse_args(words)


def test_without_flags_all_may_be_found():
    assert search_flags.wanted(parsed()) == {
        "top": 10,
        "where": filters.Filter(),
        "most_per_artist": None,
        "collapse_copies": True,
    }


def test_flags_become_a_filter():
    words = "--tag rock --tag piano --without-tag vocals --artist A --album B"
    words += " --year 1990- --length 1:00-2:30 --folder x/y"
    assert search_flags.wanted(parsed(*words.split()))[
        "where"
    ] == filters.Filter(
        ("rock", "piano"),
        ("vocals",),
        ("A",),
        ("B",),
        (1990, None),
        (60.0, 150.0),
        ("x/y",),
    )


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (search_flags.years, "-1999", (None, 1999)),
        (search_flags.years, "1990", (1990, 1990)),
        (search_flags.years, "0000", (0, 0)),
        (search_flags.lengths, "90-90", (90.0, 90.0)),
        (search_flags.lengths, "-1:02:03.5", (None, 3723.5)),
    ],
)
def test_ranges_are_read(read, text, expected):
    assert read(text) == expected


NO_YEARS = ["", "-", "90", "1999-1990", "x", "19900", "19901999", "1990--"]
NO_LENGTHS = ["", "-", "90", "5:00-2:30", "a-b", "1::2-"]
# Beyond what a float holds, and what Python reads as a whole number.
NO_LENGTHS += ["9" * 400 + "-", "9" * 400 + ":00-", "-1:" + "9" * 5_000]


@pytest.mark.parametrize(
    ("read", "texts"),
    [(search_flags.years, NO_YEARS), (search_flags.lengths, NO_LENGTHS)],
)
def test_what_is_no_range_is_refused(read, texts):
    for text in texts:
        with pytest.raises(argparse.ArgumentTypeError, match="Received"):
            read(text)
