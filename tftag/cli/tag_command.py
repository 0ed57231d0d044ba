"""The command `tftag tag`: tags of audio files."""

import argparse
import sys
from typing import TextIO

import numpy as np

from tftag.audio import audio_files
from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, row_output, tag_table
from tftag.console import quiet
from tftag.pretrained import presets
from tftag.search import known_terms, query

_TOP = 5
# Cosines of one tag, computed with different neighbours, differ by less.
_ROUNDING = 1e-6


def add_parser(commands) -> None:
    """Adds the command to those of `argparse`."""
    tag = commands.add_parser(
        "tag",
        help="tag audio files",
        description="Prints the tags of audio files, the likeliest first. "
        "Probabilities of a model that was trained here are calibrated; * "
        "marks tags at or above their own threshold.",
        epilog="A model may also stand before the files: tftag tag "
        "saved_models/NAME music/. Exit status: 0; 1 where some files could "
        "not be tagged (each is a line on stderr); 2 where the arguments are "
        "wrong.",
    )
    tag.set_defaults(run=run)
    tag.add_argument(
        "paths",
        type=arguments_lib.local_path,
        metavar="FILE_OR_FOLDER",
        nargs="+",
        help="audio of any format that libsndfile reads, or ffmpeg where it is "
        "installed; folders are searched to the bottom, through links too",
    )
    chosen_model.add_flag(
        tag, f"{presets.TAGGER}, with --tags {presets.DUAL_ENCODER}"
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
        type=arguments_lib.count,
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
    arguments_lib.add_output(tag)


def run(arguments: argparse.Namespace) -> int:
    """Tags the files of the command line.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0, or 1 where some of the files could not be tagged.

    Raises:
        ValueError: The model or an argument is not what it must be.
        OSError: There is no such model, or no place to write to.
    """
    model, arguments.paths = chosen_model.split(
        arguments.model, arguments.paths
    )
    arguments.model = model or (
        presets.TAGGER if arguments.tags is None else presets.DUAL_ENCODER
    )
    try:
        with row_output.opened(
            arguments.out,
            arguments.paths,
            chosen_model.folder(arguments.model),
        ) as out:
            return _write(arguments, out)
    except _NothingTagged:
        sys.stderr.write(
            f"nothing was tagged: {arguments.out} was not written\n"
        )
        return 1


class _NothingTagged(Exception):
    """No file could be tagged: rows of an earlier call are worth more."""


def _write(arguments: argparse.Namespace, out: TextIO) -> int:
    if arguments.tags is not None:
        listed = _asked(arguments)
        kind = tag_table.AskedTag
    else:
        listed = _trained(arguments)
        kind = tag_table.Tag
    failures = []

    def fail(path, error):
        failures.append(path)
        reason = " ".join(audio_files.reason(error).split())
        sys.stderr.write(f"not tagged: {reason}\n")

    rows = tag_table.Listing(
        out, arguments.format, kind, has_times=arguments.timeline
    )
    paths = audio_files.find(arguments.paths, fail)
    for path, tags, start_seconds in listed(paths, fail):
        rows.add(audio_files.shown(path), tags, start_seconds)
    rows.close()
    if rows.is_empty and arguments.out is not None:
        raise _NothingTagged
    return 1 if failures else 0


def _trained(arguments):
    """Returns what lists the tags that the model was trained with."""
    tagger = chosen_model.open_tagger(arguments.model)
    read = _timelines if arguments.timeline else _recordings

    def listed(paths, fail):
        for path, calibrated, start_seconds in read(tagger, paths, fail):
            yield path, _chosen(tagger, calibrated, arguments), start_seconds

    return listed


def _recordings(tagger, paths, fail):
    """Yields path, calibrated probabilities and None of each file."""
    for path, tagged in audio_files.each(
        tagger.tag_each, paths, tagger.sample_rate_hz, fail
    ):
        yield path, tagged.calibrated, None


def _timelines(tagger, paths, fail):
    """Yields path, calibrated probabilities and start of each clip."""
    for path in paths:
        try:
            with quiet.libraries():
                timeline = tagger.timeline_file(path)
        except audio_files.UNREADABLE as error:
            fail(path, error)
            continue
        for start_seconds, calibrated in zip(
            timeline.start_seconds, timeline.calibrated, strict=True
        ):
            yield path, calibrated, float(start_seconds)


def _chosen(tagger, calibrated, arguments):
    """Returns the tags to list, the likeliest first."""
    is_given = calibrated >= tagger.thresholds
    places = np.argsort(-calibrated, kind="stable")
    if arguments.threshold:
        places = places[is_given[places]]
    elif not arguments.all:
        places = places[: arguments.top or _TOP]
    return [
        tag_table.Tag(
            tagger.tag_names[place],
            _short(calibrated[place]),
            bool(is_given[place]),
        )
        for place in places
    ]


def _asked(arguments):
    """Returns what lists the tags that the command line names."""
    if arguments.threshold or arguments.timeline:
        raise ValueError(
            "--tags are ranked for whole recordings and have no thresholds: "
            "leave out --threshold and --timeline."
        )
    if not arguments.tags.strip(" ,"):
        raise ValueError(
            '--tags must name at least one tag, as in "dreamy, handpan". '
            f"Received: {arguments.tags!r}."
        )
    if "^" in arguments.tags:
        raise ValueError(
            "--tags have no weights, each is compared by itself. "
            f"Received: {arguments.tags!r}."
        )
    encoder = chosen_model.open_dual_encoder(arguments.model)
    terms = query.parse(arguments.tags, encoder.is_known, is_list=True)
    terms, vectors = known_terms.embed(encoder, terms, chosen_model.say)
    trained, known_share = encoder.embed_texts(encoder.tag_names)
    trained = trained[known_share > 0]

    def listed(paths, fail):
        for path, embedding in audio_files.each(
            encoder.embed_each, paths, encoder.sample_rate_hz, fail
        ):
            tags = _compared(terms, vectors @ embedding, trained @ embedding)
            yield path, tags[: arguments.top], None

    return listed


def _compared(terms, cosines, trained_cosines):
    """Returns the asked tags, those that stand out most first."""
    found = []
    for term, cosine in zip(terms, cosines, strict=True):
        sign = -1 if term.weight < 0 else 1
        farther = sign * trained_cosines < sign * cosine - _ROUNDING
        found.append((farther.mean(), sign * cosine, term, cosine))
    found.sort(key=lambda one: one[:2], reverse=True)
    return [
        tag_table.AskedTag(
            known_terms.label(term), float(share), _short(cosine)
        )
        for share, _, term, cosine in found
    ]


def _short(value):
    """As few digits as tell a float32 from its neighbours."""
    return float(str(value))
