"""The flags of `python -m pipelines.prepare`, and which of them go together.

What a data set has of its own comes from its file in `pipelines.sources`.
"""

import argparse
import sys
from collections.abc import Iterable

from pipelines import sources
from pipelines.prepare import preparation
from pipelines.sources import data_set, data_set_list
from tftag.cli import command_line


class _List(argparse.Action):
    """Prints the data sets and ends."""

    def __call__(self, parser, namespace, values, option_string=None):
        sys.stdout.write(data_set_list.text(sources.DATA_SETS))
        parser.exit()


def parse(
    argv: list[str] | None, description: str
) -> tuple[argparse.Namespace, data_set.DataSet]:
    """Reads the arguments and refuses those that do not go together.

    Args:
        argv: Arguments without the program's name; None takes `sys.argv`.
        description: What the help starts with.

    Returns:
        The arguments, `subset` set where the data set has versions, and the
        data set that they choose.
    """
    parser = make_parser(description)
    asked = parser.parse_args(argv)
    for name, value in vars(asked).items():
        if value == "":  # as of a variable of the shell that is not set
            parser.error(f"--{name.replace('_', '-')} must not be empty")
    if asked.out == "-":  # elsewhere it is standard output
        parser.error("--out must be a folder; one of that name is ./-")
    (chosen,) = (s for s in sources.DATA_SETS if s.flag.is_given(asked))
    for flag in _options(sources.DATA_SETS):
        if flag.is_given(asked) and flag not in chosen.all_options:
            known = " or ".join(
                each.flag.name
                for each in sources.DATA_SETS
                if flag in each.all_options
            )
            hint = f"; see {flag.see}" if flag.see else ""
            parser.error(f"{flag.name} goes with {known}{hint}")
    if asked.tags is not None and (asked.top or asked.min_count != 1):
        parser.error("--tags names the tags: leave out --top and --min-count")
    try:
        version = chosen.version(asked.subset)
        chosen.check(asked)
    except ValueError as error:
        parser.error(str(error))
    if version:
        asked.subset = version.name
    return asked, chosen


def make_parser(description: str) -> command_line.Parser:
    """Makes the parser.

    Args:
        description: What the help starts with.
    """
    parser = command_line.Parser(
        prog="python -m pipelines.prepare",
        # All flags would be a screen of their own.
        usage="%(prog)s --table FILE [--audio DIR] --out DIR [...]\n"
        "       %(prog)s --list",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0; 2 where the input is wrong.",
    )
    parser.add_argument(
        "--list",
        action=_List,
        nargs=0,
        help="print the data sets that are known by name, and end",
    )
    _add_data_sets(parser)
    _add_options(parser)
    _add_limits(parser)
    return parser


def _options(
    data_sets: Iterable[data_set.DataSet],
) -> list[data_set.Flag]:
    """The flags of some data sets, each once."""
    return list(
        dict.fromkeys(f for each in data_sets for f in each.all_options)
    )


def _add_data_sets(parser):
    group = parser.add_argument_group("where the data is, one of")
    chosen = group.add_mutually_exclusive_group(required=True)
    for each in sources.DATA_SETS:
        each.flag.add_to(chosen)
    published = [each for each in sources.DATA_SETS if each.publication]
    others = [each for each in sources.DATA_SETS if not each.publication]

    group = parser.add_argument_group("how it is read")
    group.add_argument(
        "--audio",
        metavar="DIR",
        help="where the audio is (default: beside the lists)",
    )
    for flag in _options(others):
        flag.add_to(group)
    group.add_argument(
        "--array-rate-hz",
        type=int,
        metavar="HZ",
        help="rate of .npy files, which do not tell it",
    )

    group = parser.add_argument_group("of published data sets")
    subsets = "; ".join(f"{s.flag.name}: {s.subsets}" for s in published)
    for flag in _options(published):
        if flag is data_set.SUBSET:
            flag.add_to(group, f"{subsets} (default: the first)")
            continue
        known = [s.name for s in published if flag in s.options]
        whose = f"{known[0]}: " if len(known) == 1 else ""
        flag.add_to(group, f"{whose}{flag.help}")


def _add_options(parser):
    default = preparation.Options()
    add = parser.add_argument_group("what is made").add_argument
    add(
        "--out",
        metavar="DIR",
        required=True,
        help="folder of the prepared data set",
    )
    add(
        "--in-place",
        action="store_true",
        help="write no WAV where training can read slices of a file as it is",
    )
    add(
        "--sample-rate-hz",
        type=int,
        default=default.sample_rate_hz,
        metavar="HZ",
        help="rate of the data set (default: %(default)s)",
    )
    add = parser.add_argument_group("the tags to learn").add_argument
    add(
        "--tags",
        metavar="FILE",
        help="those in this file, one per line (default: all there are)",
    )
    add("--top", type=int, metavar="N", help="the N most frequent")
    add(
        "--min-count",
        type=int,
        default=default.min_count,
        metavar="N",
        help="those that at least N recordings carry (default: %(default)s)",
    )
    add = parser.add_argument_group("splits").add_argument
    weights = "/".join(map(str, preparation.DEFAULT_WEIGHTS))
    add(
        "--split",
        type=_weights,
        metavar="A/B[/C]",
        help="shares or counts of train, validation and test, where the data "
        f"has no splits (default: {weights})",
    )
    add(
        "--seed",
        type=int,
        default=default.seed,
        metavar="N",
        help="another number splits otherwise (default: %(default)s)",
    )
    add(
        "--accept-leak",
        action="store_true",
        help="keep a table's splits that share artists or audio, and note it",
    )
    add(
        "--drop-duplicates",
        action="store_true",
        help="keep one of recordings with equal audio",
    )


def _add_limits(parser):
    default = preparation.Options()
    add = parser.add_argument_group("work and limits").add_argument
    add(
        "--max-rejected-share",
        type=float,
        default=default.max_rejected_share,
        metavar="SHARE",
        help="share of the recordings that may fail (default: %(default)s)",
    )
    add(
        "--seconds-per-file",
        type=float,
        default=default.seconds_per_file,
        metavar="S",
        help="after them a file is given up (default: %(default)g)",
    )
    add(
        "--processes",
        type=int,
        metavar="N",
        help="files that are read at once (default: one per core)",
    )


def _weights(text):
    try:
        return tuple(float(part) for part in text.split("/"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            "must be like 8/1/1 (train/validation/test) or 536/100. "
            f"Received: {text}"
        ) from error
