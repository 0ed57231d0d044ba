"""Flags of commands that find recordings: filters, limits, copies."""

import argparse
import math
import re
from typing import Any, TypeVar

from tftag.cli import arguments as arguments_lib
from tftag.search.index import filters

FORMATS = ("table", "csv", "jsonl", "m3u")

_Number = TypeVar("_Number", int, float)


def add_library(parser: argparse.ArgumentParser) -> None:
    """Adds the argument that says where to search."""
    parser.add_argument(
        "library",
        type=arguments_lib.place,
        metavar="INDEX_OR_FOLDER",
        help="a folder is searched recursively, following links; of an index "
        "in a bucket a copy is kept",
    )


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags to a command that finds recordings."""
    parser.add_argument(
        "--top",
        type=arguments_lib.count,
        default=10,
        metavar="N",
        help="the N best recordings (default: %(default)s)",
    )
    parser.add_argument(
        "--index",
        type=arguments_lib.local_path,
        metavar="INDEX",
        help="where the index of a FOLDER is kept (default: "
        "FOLDER/.tftag-index)",
    )
    options = parser.add_argument_group(
        "filters",
        "If repeated, all of --tag and --without-tag must hold, and one of "
        "--artist, --album and --folder. Artist, album and year are the "
        "files' own, read by mutagen (tftag[write-tags]).",
    )
    for flag, metavar, text in (
        ("--tag", "TAG", "recordings that reach the tag's threshold"),
        ("--without-tag", "TAG", "recordings that do not reach it"),
        ("--artist", "NAME", "files that name this artist"),
        ("--album", "NAME", "files that name this album"),
        ("--folder", "PATH", "files below this folder inside the library"),
    ):
        options.add_argument(
            flag, action="append", default=[], metavar=metavar, help=text
        )
    options.add_argument(
        "--year",
        type=years,
        default=(None, None),
        metavar="FROM-TO",
        help="1990-1999, 1990-, -1999 or 1990",
    )
    options.add_argument(
        "--length",
        type=lengths,
        default=(None, None),
        metavar="FROM-TO",
        help="in seconds or m:ss, as 2:30-5:00, 60- or -600",
    )
    options.add_argument(
        "--per-artist",
        type=arguments_lib.count,
        metavar="N",
        help="at most N recordings of each artist",
    )
    options.add_argument(
        "--copies",
        action="store_true",
        help="also list copies of a recording, each by itself",
    )
    arguments_lib.add_output(parser, FORMATS)


def wanted(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns what the flags ask for, as an index takes it."""
    return {
        "top": arguments.top,
        "where": filters.Filter(
            tags=tuple(arguments.tag),
            without_tags=tuple(arguments.without_tag),
            artists=tuple(arguments.artist),
            albums=tuple(arguments.album),
            years=arguments.year,
            seconds=arguments.length,
            folders=tuple(arguments.folder),
        ),
        "most_per_artist": arguments.per_artist,
        "collapse_copies": not arguments.copies,
    }


def years(text: str) -> tuple[int | None, int | None]:
    """Reads a year, or from which to which.

    Raises:
        argparse.ArgumentTypeError: It is neither.

    Example:
        >>> years("1990-1999"), years("1990-"), years("1990")
        ((1990, 1999), (1990, None), (1990, 1990))
    """
    if not re.fullmatch(r"\d{4}(-(\d{4})?)?|-\d{4}", text):
        raise argparse.ArgumentTypeError(
            f"must be as 1990-1999, 1990-, -1999 or 1990. Received: {text}"
        )
    low, dash, high = text.partition("-")
    first, last = (
        int(year) if year else None for year in (low, high if dash else low)
    )
    return _in_order(first, last, text)


def lengths(text: str) -> tuple[float | None, float | None]:
    """Reads from how many to how many seconds.

    Raises:
        argparse.ArgumentTypeError: It is no such range.

    Example:
        >>> lengths("2:30-5:00"), lengths("60-"), lengths("-0.5")
        ((150.0, 300.0), (60.0, None), (None, 0.5))
    """
    low, dash, high = text.partition("-")
    if not dash or not (low or high):
        raise argparse.ArgumentTypeError(
            f"must be as 2:30-5:00, 60- or -600. Received: {text}"
        )
    return _in_order(_seconds(low, text), _seconds(high, text), text)


def _seconds(part: str, text: str) -> float | None:
    if not part:
        return None
    match = re.fullmatch(r"(?:(\d+):)?(?:(\d+):)?(\d+(?:\.\d+)?)", part)
    if not match:
        raise argparse.ArgumentTypeError(
            f"must be as 2:30-5:00, 60- or -600. Received: {text}"
        )
    seconds = 0.0
    for number in match.groups()[:2]:
        if number is not None:
            seconds = 60 * (seconds + float(number))
    seconds += float(match[3])
    if math.isinf(seconds):
        raise argparse.ArgumentTypeError(
            f"must be lengths of recordings. Received: {text:.60}..."
        )
    return seconds


def _in_order(
    low: _Number | None, high: _Number | None, text: str
) -> tuple[_Number | None, _Number | None]:
    if low is not None and high is not None and low > high:
        raise argparse.ArgumentTypeError(
            f"must go from less to more. Received: {text}"
        )
    return low, high
