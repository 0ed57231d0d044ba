"""The flags of `python -m pipelines.prepare`, in the groups of its help."""

import argparse
import sys

from pipelines.prepare import preparation
from pipelines.sources import (
    catalogue,
    fma,
    gtzan,
    listed,
    magnatagatune,
    mtg_jamendo,
)
from pipelines.sources.pickles import lists
from tftag.cli import command_line

# Data set, its subsets, and the first of them, which is the default.
SUBSETS = {
    "magnatagatune": tuple(magnatagatune.VERSIONS),
    "mtg_jamendo": tuple(mtg_jamendo.COUNTS),
    "gtzan": (gtzan.VERSION.name,),
    "fma": tuple(fma.VERSIONS),
}


class _List(argparse.Action):
    """Prints the data sets and ends."""

    def __call__(self, parser, namespace, values, option_string=None):
        sys.stdout.write(catalogue.text())
        parser.exit()


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
    _add_sources(parser)
    _add_reading(parser)
    _add_published(parser)
    _add_wishes(parser)
    _add_limits(parser)
    return parser


def flag(name: str) -> str:
    """Returns the flag of an attribute of the parsed arguments."""
    return "--" + name.replace("_", "-")


def _add_sources(parser):
    group = parser.add_argument_group("where the data is, one of")
    source = group.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--table",
        metavar="FILE",
        help="your own list: CSV with the columns path,tags[,artist[,split]], "
        "or JSON lines; it and its audio may be at s3://, gs:// or https:// "
        "addresses",
    )
    source.add_argument(
        "--pickles",
        metavar="DIR",
        help=f"folder of the reference experiment's {', '.join(lists.NAMES)}",
    )
    source.add_argument(
        "--magnatagatune",
        metavar="DIR",
        help=f"folder of {magnatagatune.ANNOTATIONS} and "
        f"{magnatagatune.CLIP_INFO}",
    )
    source.add_argument(
        "--mtg-jamendo",
        metavar="DIR",
        help="copy of the data set's repository, which has the splits",
    )
    source.add_argument(
        "--gtzan", metavar="DIR", help="folder of the ten genres"
    )
    source.add_argument(
        "--fma", metavar="DIR", help="folder of fma_metadata and fma_<subset>"
    )
    source.add_argument(
        "--mirdata",
        metavar="NAME",
        help="a loader of mirdata; --audio is its folder",
    )


def _add_reading(parser):
    add = parser.add_argument_group("how it is read").add_argument
    add(
        "--audio",
        metavar="DIR",
        help="where the audio is (default: beside the lists)",
    )
    add(
        "--tag-separator",
        metavar="TEXT",
        help="what joins the tags in a cell of the table or a string of the "
        f"pickles (default: {listed.TAG_SEPARATOR})",
    )
    add(
        "--tag-names",
        metavar="FILE",
        help="the tags, in their order, of pickles that have rows of zeros "
        "and ones: one per line, or a pickle of a list",
    )
    add(
        "--array-rate-hz",
        type=int,
        metavar="HZ",
        help="rate of .npy files, which do not tell it",
    )


def _add_published(parser):
    add = parser.add_argument_group("of published data sets").add_argument
    add(
        "--subset",
        metavar="NAME",
        help="; ".join(
            f"{flag(name)}: {', '.join(subsets)}"
            for name, subsets in SUBSETS.items()
        )
        + " (default: the first); --mirdata: the attribute that holds the tags",
    )
    add(
        "--split-number",
        type=int,
        metavar="N",
        help="which of several published splits (MTG-Jamendo: 0 to 4, "
        "default: 0)",
    )
    add(
        "--all-tags",
        action="store_true",
        help="MagnaTagATune: learn all tags, not just the top 50",
    )
    add(
        "--merge-synonyms",
        action="store_true",
        help="MagnaTagATune: female, woman and so on are one tag",
    )
    add(
        "--top-genres",
        action="store_true",
        help="FMA: learn the top genres, not those below them",
    )
    add(
        "--partial",
        action="store_true",
        help="take a copy that is not whole; what is missing is named",
    )


def _add_wishes(parser):
    default = preparation.Wishes()
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
    default = preparation.Wishes()
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
