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
    ("text", "expected"),
    [
        ("1990-1999", (1990, 1999)),
        ("-1999", (None, 1999)),
        ("1990", (1990, 1990)),
    ],
)
def test_years(text, expected):
    assert search_flags.years(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90-", (90.0, None)),
        ("90-90", (90.0, 90.0)),
        ("-1:02:03.5", (None, 3723.5)),
        ("2:30-5:00", (150.0, 300.0)),
    ],
)
def test_lengths(text, expected):
    assert search_flags.lengths(text) == expected


@pytest.mark.parametrize("text", ["", "-", "90", "1999-1990", "x", "19900"])
def test_what_is_no_range_of_years(text):
    with pytest.raises(argparse.ArgumentTypeError, match="Received"):
        search_flags.years(text)


@pytest.mark.parametrize("text", ["", "-", "90", "5:00-2:30", "a-b", "1::2-"])
def test_what_is_no_range_of_lengths(text):
    with pytest.raises(argparse.ArgumentTypeError, match="Received"):
        search_flags.lengths(text)


def test_numbers_of_any_size_are_refused():
    """Beyond what Python reads as a whole one, too."""
    for text in ("9" * 400 + "-", "9" * 400 + ":00-", "-1:" + "9" * 5_000):
        with pytest.raises(argparse.ArgumentTypeError, match="Received"):
            search_flags.lengths(text)
