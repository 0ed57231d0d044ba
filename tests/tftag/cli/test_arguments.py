import argparse

import pytest

from tftag.cli import arguments, command_line


def test_a_count_is_a_whole_number_above_zero():
    assert arguments.count("12") == 12
    for text in ("0", "-1", "1.5", "x", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="Received"):
            arguments.count(text)


def test_output_is_a_table_on_stdout_unless_asked():
    parser = command_line.Parser()
    arguments.add_output(parser)
    given = parser.parse_args([])
    assert (given.format, given.out) == ("table", None)
    given = parser.parse_args(["--format", "csv", "--out", "a.csv"])
    assert (given.format, given.out) == ("csv", "a.csv")
