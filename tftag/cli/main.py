"""The command `tftag`."""

import argparse

from tftag.cli import command_line, tag_effects, tag_output, tag_table
from tftag.console import quiet


def main(argv: list[str] | None = None) -> int:
    """Runs a command.

    Args:
        argv: Arguments without the program's name; `None` takes `sys.argv`.

    Returns:
        0, or 1 where some of the files could not be read.
    """
    arguments = _parser().parse_args(argv)
    return arguments.run(arguments)


def command() -> int:
    """The console script: `main`, and one line for bad input."""
    return command_line.run(main)


def _parser():
    parser = command_line.Parser(prog="tftag", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_tag(commands)
    _add_search(commands)
    return parser


def _add_tag(commands):
    tag = commands.add_parser(
        "tag",
        help="tag audio files with an exported model",
        description="Prints the tags of audio files, the likeliest first. "
        "Probabilities are calibrated; * marks tags at or above their own "
        "threshold.",
        epilog="Exit status: 0; 1 where some files could not be tagged (each "
        "is a line on stderr); 2 where the arguments are wrong.",
    )
    tag.set_defaults(run=_tag)
    _add_model(tag)
    tag.add_argument(
        "paths",
        metavar="FILE_OR_FOLDER",
        nargs="+",
        help="audio of any format that libsndfile reads, or ffmpeg where it is "
        "installed; folders are searched to the bottom, through links too",
    )
    tag.add_argument(
        "--tags",
        metavar="LIST",
        help='rank these instead of the tags of the training, as in "dreamy, '
        'handpan, no vocals"; for dual encoders. They have no probabilities: '
        "the table says what the numbers are",
    )
    which = tag.add_mutually_exclusive_group()
    which.add_argument(
        "--top",
        type=_count,
        metavar="N",
        help="the N likeliest tags (default: 5, or all of --tags)",
    )
    which.add_argument(
        "--threshold",
        action="store_true",
        help="the tags at or above their own threshold",
    )
    which.add_argument("--all", action="store_true", help="every tag")
    tag.add_argument(
        "--timeline",
        action="store_true",
        help="tags of every clip instead of the whole recording",
    )
    tag_output.add_flags(tag)
    tag_effects.add_flags(tag)
    _add_output(tag)


def _add_search(commands):
    search = commands.add_parser(
        "search",
        help="find the recordings of a folder that fit a query",
        description="Ranks the recordings of a folder by tags in any words, "
        "with an exported dual encoder. What it heard, and what it could not "
        "decode, is kept in an index; only new and changed files are read "
        "again.",
        epilog="A query: dreamy piano -vocals; piano^2 weighs twice; quotes "
        "keep a phrase together. Put -- before a query that begins with a "
        "minus. Exit status: 0; 1 where some files could not be read (each is "
        "a line on stderr); 2 where the arguments are wrong.",
    )
    search.set_defaults(run=_search)
    _add_model(search)
    search.add_argument(
        "folder",
        metavar="FOLDER",
        help="searched to the bottom, through links too",
    )
    search.add_argument("query", metavar="QUERY", help="what to look for")
    search.add_argument(
        "--top",
        type=_count,
        default=10,
        metavar="N",
        help="the N best recordings (default: %(default)s)",
    )
    search.add_argument(
        "--index",
        metavar="FILE",
        help="where the index is kept (default: FOLDER/.tftag-index.npz)",
    )
    _add_output(search)


def _add_model(parser):
    parser.add_argument(
        "saved_model",
        metavar="SAVED_MODEL",
        help="saved_models/NAME (its newest version) or saved_models/NAME/1",
    )


def _add_output(parser):
    parser.add_argument(
        "--format",
        choices=tag_table.FORMATS,
        default="table",
        help="default: %(default)s",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write to FILE, not stdout"
    )


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"must be a whole number >= 1. Received: {text}"
        )
    return int(text)


def _tag(arguments):
    tag_output.limit_threads(arguments.threads)
    # Imported here: it takes seconds, and neither the help text nor a wrong
    # argument has to wait for it.
    with quiet.tensorflow_start():
        from tftag.cli import tag_command
    return tag_command.run(arguments)


def _search(arguments):
    with quiet.tensorflow_start():
        from tftag.cli import search_command
    return search_command.run(arguments)
