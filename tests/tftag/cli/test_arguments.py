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


def test_the_output_is_a_table_unless_another_form_is_asked_for():
    parser = argparse.ArgumentParser()
    arguments.add_output(parser)
    assert parser.parse_args([]).format == "table"
    given = parser.parse_args(["--format", "csv", "--out", "a.csv"])
    assert (given.format, given.out) == ("csv", "a.csv")
