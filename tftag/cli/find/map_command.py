"""The command `tftag map`: a library as one page of HTML."""

import argparse
import os
import pathlib

from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line
from tftag.cli.find import opened_library
from tftag.console import counts_in_words
from tftag.search.map import page, positions
from tftag.storage import atomic_write


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    drawn = commands.add_parser(
        "map",
        help="draw an index as a page where like recordings are near",
        description="Writes one page of HTML where every point is a recording "
        "and near ones sound alike (t-SNE), to look at, search and play. It "
        "fetches nothing and needs no server. Made with scikit-learn and "
        "Jinja2 (tftag[map]).",
        epilog="Exit status: 0; 2 where the arguments are wrong.",
    )
    drawn.set_defaults(run=run)
    drawn.add_argument(
        "library",
        type=arguments_lib.place,
        metavar="INDEX",
        help="what tftag index made, here or in a bucket",
    )
    drawn.add_argument(
        "--out",
        type=arguments_lib.local_path,
        metavar="FILE",
        required=True,
        help="the page; an earlier one is replaced",
    )
    drawn.add_argument(
        "--most",
        type=arguments_lib.count,
        default=page.MOST_POINTS,
        metavar="N",
        help="a sample of N recordings of a larger library "
        "(default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the page.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0.

    Raises:
        ValueError: The index is none or empty, or `--out` is no page.
        OSError: There is no place to write to.
    """
    out = pathlib.Path(arguments.out)
    _check(out, is_folder=out.is_dir() or arguments.out.endswith(os.sep))
    name = pathlib.Path(arguments.library).resolve().name
    index = opened_library.open_index(opened_library.here(arguments.library))
    positions.check_installed()
    shown = page.points(index, arguments.most)
    atomic_write.write(out, page.html(shown, name))
    chosen_model.say(
        f"{len(shown.recordings)} of "
        f"{counts_in_words.are(len(index), 'recording')} on {out}"
    )
    return 0


def _check(out: pathlib.Path, is_folder: bool) -> None:
    """Refuses to write over what is no page: a recording, say."""
    if is_folder or not out.parent.is_dir():
        raise FileNotFoundError(
            f"--out must be a file in a folder that is there. Received: {out}."
        )
    if out.is_file():
        with open(out, "rb") as file:
            if not file.read(100).lstrip().lower().startswith(b"<!doctype"):
                raise ValueError(
                    "--out takes no other file's place: name a page of HTML. "
                    f"Received: {out}."
                )
