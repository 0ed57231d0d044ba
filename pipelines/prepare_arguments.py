"""The command line of `python -m pipelines.prepare`."""

import argparse
import sys

from pipelines.sources import catalogue, fma, magnatagatune, mtg_jamendo
from tftag import command_line

PICKLES = ("data_mapping.pkl", "train_ids.pkl", "val_ids.pkl")
# Data set, its subsets, and the first of them, which is the default.
SUBSETS = {
    "magnatagatune": tuple(magnatagatune.VERSIONS),
    "mtg_jamendo": tuple(mtg_jamendo.COUNTS),
    "fma": tuple(fma.VERSIONS),
}
# Flags that only some data sets know.
_ONLY_FOR = {
    "tag_names": ("pickles",),
    "subset": (*SUBSETS, "mirdata"),
    "split_number": ("mtg_jamendo", "mirdata"),
    "all_tags": ("magnatagatune",),
    "merge_synonyms": ("magnatagatune",),
    "top_genres": ("fma",),
    "partial": (*SUBSETS, "gtzan", "mirdata"),
}


class _List(argparse.Action):
    """Prints the table of data sets and ends."""

    def __call__(self, parser, namespace, values, option_string=None):
        sys.stdout.write(catalogue.table())
        parser.exit()


def parse(argv: list[str] | None, description: str) -> argparse.Namespace:
    """Reads the arguments and refuses those that do not go together.

    Args:
        argv: Arguments without the program's name; None takes `sys.argv`.
        description: What the help starts with.

    Returns:
        The arguments; `subset` is set where the data set has any.
    """
    parser = command_line.Parser(
        prog="python -m pipelines.prepare",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0; 2 where the input is wrong.",
    )
    _add_sources(parser)
    _add_wishes(parser)
    asked = parser.parse_args(argv)
    for flag, sources in _ONLY_FOR.items():
        # Not by truth: the number of a split can be 0.
        value = getattr(asked, flag)
        given = value is not None and value is not False
        if given and all(getattr(asked, name) is None for name in sources):
            parser.error(
                f"{_flag(flag)} goes with {' or '.join(map(_flag, sources))}"
                f"{'; see --tags' if flag == 'tag_names' else ''}"
            )
    for name, subsets in SUBSETS.items():
        if getattr(asked, name) is None:
            continue
        asked.subset = asked.subset or subsets[0]
        if asked.subset not in subsets:
            parser.error(
                f"--subset of {_flag(name)} must be one of "
                f"{', '.join(subsets)}. Received: {asked.subset}"
            )
    if asked.mirdata is not None and asked.audio is None:
        parser.error("--mirdata needs --audio, the folder of the data")
    return asked


def _flag(name):
    return "--" + name.replace("_", "-")


def _add_sources(parser):
    add = parser.add_argument
    add(
        "--list",
        action=_List,
        nargs=0,
        help="print the data sets that are known by name, and end",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--table",
        metavar="FILE",
        help="CSV with the columns path,tags[,artist[,split]], or JSON lines; "
        "it and its audio may be at s3://, gs:// or https:// addresses",
    )
    source.add_argument(
        "--pickles",
        metavar="DIR",
        help=f"folder of the reference experiment's {', '.join(PICKLES)}",
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
    add(
        "--audio",
        metavar="DIR",
        help="where the audio is (default: beside the lists)",
    )
    add(
        "--subset",
        metavar="NAME",
        help="; ".join(
            f"{_flag(name)}: {', '.join(subsets)}"
            for name, subsets in SUBSETS.items()
        )
        + "; --mirdata: the attribute that holds the tags",
    )
    add(
        "--split-number",
        type=int,
        metavar="N",
        help="which of several published splits (MTG-Jamendo: 0 to 4)",
    )
    add(
        "--all-tags",
        action="store_true",
        help="of MagnaTagATune, not just the top 50",
    )
    add(
        "--merge-synonyms",
        action="store_true",
        help="of MagnaTagATune: female, woman and so on are one tag",
    )
    add(
        "--top-genres",
        action="store_true",
        help="of FMA, not the genres below them",
    )
    add(
        "--partial",
        action="store_true",
        help="take a part of a published data set; what is missing is named",
    )


def _add_wishes(parser):
    add = parser.add_argument
    add("--out", metavar="DIR", required=True, help="the prepared data set")
    add("--tag-separator", default="|", metavar="TEXT", help="default: |")
    add(
        "--tag-names",
        metavar="FILE",
        help="names of the tags where the pickles have rows of zeros and ones",
    )
    add(
        "--sample-rate-hz",
        type=int,
        default=16_000,
        metavar="HZ",
        help="of the WAV files (default: 16000)",
    )
    add(
        "--in-place",
        action="store_true",
        help="leave the audio where it is: training reads slices of it",
    )
    add(
        "--array-rate-hz",
        type=int,
        metavar="HZ",
        help="of .npy files, which do not tell it",
    )
    add(
        "--min-count",
        type=int,
        default=1,
        metavar="N",
        help="learn tags that N recordings carry",
    )
    add("--top", type=int, metavar="N", help="learn the N most frequent tags")
    add(
        "--tags",
        metavar="FILE",
        help="learn the tags in this file, one per line",
    )
    add(
        "--split",
        type=_weights,
        metavar="A/B[/C]",
        help="shares or counts of train, validation and test, where the data "
        "has no splits (default: 8/1/1)",
    )
    add("--seed", type=int, default=0, help="of the splits (default: 0)")
    add(
        "--accept-leak",
        action="store_true",
        help="keep splits that share artists or audio, and note it",
    )
    add(
        "--drop-duplicates",
        action="store_true",
        help="keep one of recordings with equal audio",
    )
    add(
        "--max-rejected-share",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="of recordings that may fail (default: 0.1)",
    )
    add(
        "--seconds-per-file",
        type=float,
        default=120.0,
        metavar="S",
        help="then it is given up (default: 120)",
    )
    add("--processes", type=int, metavar="N", help="default: one per core")


def _weights(text):
    try:
        return tuple(float(part) for part in text.split("/"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            "must be like 8/1/1 (train/validation/test) or 536/100. "
            f"Received: {text}"
        ) from error
