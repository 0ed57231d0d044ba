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


def test_the_form_of_the_output_is_what_was_asked_for():
    parser = argparse.ArgumentParser()
    arguments.add_output(parser)
    assert parser.parse_args([]).format is None
    given = parser.parse_args(["--format", "csv", "--out", "a.csv"])
    assert (given.format, given.out) == ("csv", "a.csv")
