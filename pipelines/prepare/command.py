"""Turns a person's audio and tags into a prepared data set.

    python -m pipelines.prepare --table tags.csv --audio music --out data/mine
    python -m pipelines.prepare --fma FOLDER --subset small --out data/fma

Every recording becomes a WAV file: mono, one rate, scaled to its peak, by the
function that tagging decodes with. Beside them come manifest.csv and .json,
which training reads, and rejected.csv, which names what could not be used. A
preparation that was stopped goes on where it was. With --in-place no WAV is
written: training then reads slices of the files where they are.
"""

import argparse
import logging
import os
import sys

from pipelines.prepare import flags, overwriting, preparation, summary
from pipelines.sources import data_set, listings
from tftag.storage.remote import address as addresses


def main(argv: list[str] | None = None) -> int:
    """Prepares a data set and prints what it is."""
    asked, chosen = flags.parse(argv, __doc__)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    addresses.local(asked.out, "--out", preparation.COPY_UP)
    audio_folder = chosen.find_audio(asked)
    if os.path.realpath(asked.out) == os.path.realpath(str(audio_folder)):
        raise ValueError(
            "--out must be another folder than that of the audio. "
            f"Received: {asked.out}"
        )
    lists = filter(None, (*chosen.files(asked), asked.tags))
    overwriting.refuse_own_files(asked.out, lists)
    options = make_options(asked, chosen)
    prepared, lost = preparation.prepare(
        chosen.read(asked, audio_folder, [asked.out]),
        audio_folder,
        asked.out,
        options,
    )
    sys.stdout.write(summary.summarize(prepared, lost))
    return 0


def make_options(
    asked: argparse.Namespace, chosen: data_set.DataSet
) -> preparation.Options:
    """What the flags say of the preparation.

    Args:
        asked: The parsed flags.
        chosen: The data set that they choose.

    Raises:
        ValueError: A value is out of its range, or a list of tags no text.
        FileNotFoundError: There is no such list.
    """
    version = chosen.version(asked.subset)
    weights = asked.split or (version.split_weights if version else None)
    return preparation.Options(
        sample_rate_hz=asked.sample_rate_hz,
        min_count=asked.min_count,
        top=asked.top,
        vocabulary=listings.read_names(asked.tags) if asked.tags else None,
        split_weights=weights or None,
        seed=asked.seed,
        accept_leak=asked.accept_leak or chosen.keeps_splits,
        drop_duplicates=asked.drop_duplicates,
        max_rejected_share=asked.max_rejected_share,
        seconds_per_file=asked.seconds_per_file,
        processes=asked.processes,
        in_place=asked.in_place,
        array_rate_hz=asked.array_rate_hz,
    )
