"""Turns a person's audio and tags into a prepared data set.

Every recording becomes a WAV file: mono, one rate, scaled to its peak, by the
function that tagging decodes with. Beside them come manifest.csv and .json,
which training reads, and rejected.csv, which names what could not be used. A
preparation that was stopped goes on where it was. With --in-place no WAV is
written: training then reads slices of the files where they are.
"""

import argparse
import logging
import os
import pathlib
import sys

from pipelines import preparation, prepare_summary
from pipelines.sources import folder, listed, seed_pickles
from tftag import command_line

PICKLES = ("data_mapping.pkl", "train_ids.pkl", "val_ids.pkl")


def main(argv: list[str] | None = None) -> int:
    """Prepares a data set and prints what it is."""
    asked = _parse(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    audio_folder = (
        asked.audio or asked.pickles or pathlib.Path(asked.table).parent
    )
    if os.path.realpath(asked.out) == os.path.realpath(audio_folder):
        raise ValueError(
            "--out must be another folder than that of the audio. "
            f"Received: {asked.out}"
        )
    wishes = preparation.Wishes(
        sample_rate_hz=asked.sample_rate_hz,
        min_count=asked.min_count,
        top=asked.top,
        tag_names=_lines(asked.tags),
        split_weights=asked.split,
        seed=asked.seed,
        # A published split is kept as published, with its leak measured.
        accept_leak=asked.accept_leak or asked.pickles is not None,
        drop_duplicates=asked.drop_duplicates,
        max_rejected_share=asked.max_rejected_share,
        seconds_per_file=asked.seconds_per_file,
        processes=asked.processes,
        in_place=asked.in_place,
        array_rate_hz=asked.array_rate_hz,
    )
    prepared, lost = preparation.prepare(
        _read_source(asked, audio_folder), audio_folder, asked.out, wishes
    )
    sys.stdout.write(prepare_summary.summarize(prepared, lost))
    return 0


def _read_source(asked, audio_folder) -> listed.Listing:
    if asked.pickles is None:
        return folder.read_table(
            asked.table, audio_folder, asked.tag_separator, skip=[asked.out]
        )
    mapping, train_ids, validation_ids = (
        pathlib.Path(asked.pickles, name) for name in PICKLES
    )
    return seed_pickles.read_pickles(
        mapping,
        train_ids,
        validation_ids,
        audio_folder,
        asked.tag_names,
        asked.tag_separator,
        skip=[asked.out],
    )


def _lines(path):
    if path is None:
        return None
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"--tags must be a text file in UTF-8. Received: {path}"
        ) from error
    return [line for line in text.splitlines() if line.strip()]


def _weights(text):
    try:
        return tuple(float(part) for part in text.split("/"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            "must be like 8/1/1 (train/validation/test) or 536/100. "
            f"Received: {text}"
        ) from error


def _parse(argv):
    parser = command_line.Parser(
        prog="python -m pipelines.prepare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0; 2 where the input is wrong.",
    )
    add = parser.add_argument
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--table",
        metavar="FILE",
        help="CSV with the columns path,tags[,artist[,split]], or JSON lines",
    )
    source.add_argument(
        "--pickles",
        metavar="DIR",
        help=f"folder of the reference experiment's {', '.join(PICKLES)}",
    )
    add(
        "--audio",
        metavar="DIR",
        help="where the audio is (default: beside the table or the pickles)",
    )
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
    asked = parser.parse_args(argv)
    if asked.tag_names and not asked.pickles:
        parser.error("--tag-names goes with --pickles; see --tags")
    return asked


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
