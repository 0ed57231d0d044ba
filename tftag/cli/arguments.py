"""Arguments that several commands have."""

import argparse

from tftag.cli import tag_table


def add_output(parser: argparse.ArgumentParser) -> None:
    """Adds `--format` and `--out`."""
    parser.add_argument(
        "--format",
        choices=tag_table.FORMATS,
        default="table",
        help="default: %(default)s",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write to FILE, not stdout"
    )


def count(text: str) -> int:
    """Reads a whole number >= 1.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"must be a whole number >= 1. Received: {text}"
        )
    return int(text)
