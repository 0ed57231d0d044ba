"""Turns a person's audio and tags into a prepared data set.

    python -m pipelines.prepare --table tags.csv --audio music --out data/mine
    python -m pipelines.prepare --fma FOLDER --subset small --out data/fma

Every recording becomes a WAV file: mono, one rate, scaled to its peak, by the
function that tagging decodes with. Beside them come manifest.csv and .json,
which training reads, and rejected.csv, which names what could not be used. A
preparation that was stopped goes on where it was. With --in-place no WAV is
written: training then reads slices of the files where they are.
"""

import logging
import os
import pathlib
import sys

from pipelines.prepare import (
    arguments,
    overwriting,
    preparation,
    summary,
)
from pipelines.sources import (
    fma,
    folder,
    gtzan,
    listed,
    magnatagatune,
    mirdata_loader,
    mtg_jamendo,
)
from pipelines.sources.pickles import lists as seed_pickles
from pipelines.storage import address as addresses


def main(argv: list[str] | None = None) -> int:
    """Prepares a data set and prints what it is."""
    asked = arguments.parse(argv, __doc__)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    addresses.local(asked.out, "--out", preparation.COPY_UP)
    audio_folder = _audio_folder(asked)
    if os.path.realpath(asked.out) == os.path.realpath(str(audio_folder)):
        raise ValueError(
            "--out must be another folder than that of the audio. "
            f"Received: {asked.out}"
        )
    lists = filter(None, (asked.table, asked.tags, asked.tag_names))
    overwriting.refuse_own_files(asked.out, lists)
    wishes = preparation.Wishes(
        sample_rate_hz=asked.sample_rate_hz,
        min_count=asked.min_count,
        top=asked.top,
        tag_names=listed.read_names(asked.tags) if asked.tags else None,
        split_weights=_split_weights(asked),
        seed=asked.seed,
        # A published split is kept as published, with its leak measured.
        accept_leak=asked.accept_leak or asked.table is None,
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
    sys.stdout.write(summary.summarize(prepared, lost))
    return 0


def _audio_folder(asked) -> str | pathlib.Path | addresses.Address:
    if asked.table:
        beside = addresses.place(asked.table).parent
        return addresses.place(asked.audio) if asked.audio else beside
    own = asked.pickles or asked.magnatagatune or asked.mtg_jamendo
    own = own or asked.gtzan or asked.fma
    for place in filter(None, (asked.audio, own)):
        addresses.local(
            place, "All but a --table and its audio", "copy it here first"
        )
    if asked.fma and not asked.audio:
        return fma.audio_folder(asked.fma, asked.subset)
    return asked.audio or own


def _split_weights(asked):
    """The wish, or the sizes of the published split where one is made."""
    if asked.magnatagatune and asked.subset == "artist":
        return asked.split or magnatagatune.ARTIST_WEIGHTS
    return asked.split


def _read_source(asked, audio_folder) -> listed.Listing:
    skip = [asked.out]
    if asked.table:
        return folder.read_table(
            asked.table, audio_folder, asked.tag_separator, skip=skip
        )
    if asked.pickles:
        return seed_pickles.read_pickles(
            *seed_pickles.find_pickles(asked.pickles),
            audio_folder,
            asked.tag_names,
            asked.tag_separator,
            skip=skip,
        )
    if asked.magnatagatune:
        return magnatagatune.read_magnatagatune(
            asked.magnatagatune,
            audio_folder,
            asked.subset,
            all_tags=asked.all_tags,
            merge_synonyms=asked.merge_synonyms,
            partial=asked.partial,
            skip=skip,
        )
    if asked.mtg_jamendo:
        return mtg_jamendo.read_mtg_jamendo(
            asked.mtg_jamendo,
            audio_folder,
            asked.subset,
            asked.split_number or 0,
            partial=asked.partial,
            skip=skip,
        )
    if asked.fma:
        return fma.read_fma(
            asked.fma,
            audio_folder,
            asked.subset,
            top_genres=asked.top_genres,
            partial=asked.partial,
            skip=skip,
        )
    if asked.gtzan:
        return gtzan.read_gtzan(audio_folder, partial=asked.partial, skip=skip)
    return mirdata_loader.read_mirdata(
        asked.mirdata,
        audio_folder,
        asked.subset,
        asked.split_number,
        partial=asked.partial,
        skip=skip,
    )
