import argparse

import pytest

from tftag.cli import arguments


@pytest.mark.parametrize("text, number", [("1", 1), ("20", 20)])
def test_a_count_is_read(text, number):
    assert arguments.count(text) == number


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "two", "1e3"])
def test_what_counts_nothing_is_refused_as_it_was_given(text):
    with pytest.raises(argparse.ArgumentTypeError, match=f"Received: {text}"):
        arguments.count(text)


@pytest.mark.parametrize(
    ("words", "form"),
    [
        ([], "table"),
        (["--out", "a.csv"], "csv"),
        (["--out", "a.JSONL"], "jsonl"),
        (["--out", "a.txt"], "table"),
        (["--out", "a.csv", "--format", "table"], "table"),
    ],
)
def test_rows_have_the_format_asked_for_or_that_of_the_ending(words, form):
    parser = argparse.ArgumentParser()
    arguments.add_output(parser)
    assert arguments.row_format(parser.parse_args(words)) == form
