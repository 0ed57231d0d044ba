"""Arguments that several commands have."""

import argparse
import contextlib
import os
import re

from tftag.cli.tag import tag_table
from tftag.console import addresses
from tftag.storage.remote import address as addresses_lib

# Of files that hold something else than rows of text, or other rows.
_OTHER_ENDINGS = frozenset(
    "bz2 db gz json ods parquet sqlite tsv xls xlsx xml xz yaml zip zst".split()
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:/+", re.IGNORECASE)


def add_output(
    parser: argparse.ArgumentParser,
    formats: tuple[str, ...] = tag_table.FORMATS,
) -> None:
    """Adds `--format` and `--out`."""
    parser.add_argument(
        "--format",
        choices=formats,
        help="default: what the ending of --out says, else table",
    )
    parser.add_argument(
        "--out",
        type=local_path,
        metavar="FILE",
        help="write to FILE, not stdout",
    )


def row_format(
    arguments: argparse.Namespace,
    formats: tuple[str, ...] = tag_table.FORMATS,
) -> str:
    """The format of the rows: the one asked for, or that of `--out`.

    Raises:
        ValueError: The ending of `--out` means another one than there is.
    """
    if arguments.format is not None:
        return arguments.format
    ending = os.path.splitext(arguments.out or "")[1].lower().lstrip(".")
    if ending in _OTHER_ENDINGS:
        raise ValueError(
            f"--out must not end in .{ending} unless --format says what to "
            f"write: {', '.join(formats)}. Received: {arguments.out}"
        )
    ending = "m3u" if ending == "m3u8" else ending
    return ending if ending in formats else "table"


def count(text: str) -> int:
    """Reads a whole number >= 1.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    return _whole(text, 1)


def seed(text: str) -> int:
    """Reads what random draws begin with.

    Raises:
        argparse.ArgumentTypeError: It is no whole number from 0 on.
    """
    return _whole(text, 0)


def positive(text: str) -> float:
    """Reads a number above 0, as of seconds or minutes.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    with contextlib.suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    raise argparse.ArgumentTypeError(
        f"must be a number above 0. Received: {text}"
    )


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(
            f"must be a whole number >= {least}. Received: {text}"
        )
    return int(text)


def place(text: str) -> str:
    """Takes a path of this machine, or an address that files can be read at.

    Raises:
        argparse.ArgumentTypeError: It is another kind of address, or has a
            password or a query: it is written into what the command leaves.
    """
    if os.path.lexists(text):
        return text
    try:
        found = addresses_lib.place(text)
        if isinstance(found, addresses_lib.Address):
            addresses_lib.refuse_secrets(found)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text if addresses_lib.is_remote(text) else local_path(text)


def local_path(text: str) -> str:
    """Takes an argument that is a path of this machine, or its file:// form.

    Raises:
        argparse.ArgumentTypeError: It is an address; pathlib would look for a
            folder `s3:`, and tell everybody the password. Or it is empty: it
            would mean the folder that the command is called in. Or it is `-`,
            and no such file is meant.
    """
    if not text:
        raise argparse.ArgumentTypeError(
            "must not be empty: is a variable of the shell not set?"
        )
    if text == "-":
        raise argparse.ArgumentTypeError(
            "must be a path: standard input is not read, and what has no --out "
            "is written to standard output. A file of that name is ./-"
        )
    if not _SCHEME.match(text) or os.path.lexists(text):
        return text
    if text[:7].lower() == "file://":
        with contextlib.suppress(ValueError):  # of another machine
            return str(addresses_lib.place(text))
    raise argparse.ArgumentTypeError(
        "must be a path of this machine: copy it here first. "
        f"Received: {addresses.without_secrets(text)}"
    )
