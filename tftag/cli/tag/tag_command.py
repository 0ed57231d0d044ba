"""The command `tftag tag`: tags of audio files."""

import argparse
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tftag.audio import audio_files
from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line
from tftag.cli.tag import journal, tag_effects, tag_output, tag_table, tagging
from tftag.pretrained import presets
from tftag.search import known_terms, query

if TYPE_CHECKING:  # it imports TensorFlow
    from tftag.inference import saved_tagger

_TOP = 5
# Cosines of one tag, computed with different neighbours, differ by less.
_ROUNDING = 1e-6


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    tag = commands.add_parser(
        "tag",
        help="tag audio files",
        formatter_class=command_line.WholePaths,
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
        type=arguments_lib.place,
        metavar="FILE_OR_FOLDER",
        nargs="*",
        help="audio of any format that libsndfile reads, or ffmpeg where it is "
        "installed; folders are searched recursively, following links; "
        "s3:// and gs:// folders, and https:// files",
    )
    chosen_model.add_flag(
        tag,
        f"{presets.TAGGER}, with --tags {presets.DUAL_ENCODER}",
        is_to_tag=True,
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
    tag_output.add_flags(tag)
    tag_effects.add_flags(tag)


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
    if arguments.undo is not None:
        return tag_effects.run_undo(arguments.undo)
    if not arguments.paths:
        raise ValueError("Name at least one file or folder to tag.")
    tag_effects.check(arguments)
    model, arguments.paths = chosen_model.split(
        arguments.model, arguments.paths
    )
    arguments.model = model or (
        presets.TAGGER if arguments.tags is None else presets.DUAL_ENCODER
    )
    tag_output.check(arguments)
    if arguments.tags is not None:
        _check_asked(arguments)
    status = tag_output.without_model(arguments)
    if status is not None:
        return status
    tag_output.limit_threads(arguments.threads)
    asked = _trained if arguments.tags is None else _asked
    return tag_output.write(arguments, asked(arguments))


def _trained(arguments: argparse.Namespace) -> tag_output.Answering:
    """Returns what lists the tags that the model was trained with."""
    tagger = chosen_model.open_tagger(
        arguments.model,
        is_for_few=chosen_model.are_few(arguments.paths),
        opens_later=True,
    )

    def entry(
        start_seconds: float | None, calibrated: npt.NDArray[np.float32]
    ) -> journal.Entry:
        chosen = _chosen(tagger, calibrated, arguments)
        return journal.Entry(start_seconds, chosen)

    def recordings(given: tagging.Recordings) -> tag_output.Entries:
        for path, tagged in audio_files.each(tagger.tag_each, given):
            yield path, [entry(None, tagged.calibrated)]

    def timelines(given: tagging.Recordings) -> tag_output.Entries:
        for path, samples in given:
            timeline = tagger.timeline_samples(samples)
            starts = timeline.start_seconds.tolist()
            yield path, list(map(entry, starts, timeline.calibrated))

    answer = timelines if arguments.timeline else recordings
    return tag_output.Answering(
        tagger, tag_table.TrainedTag, tagger.load, answer
    )


def _chosen(
    tagger: "saved_tagger.SavedTagger",
    calibrated: npt.NDArray[np.float32],
    arguments: argparse.Namespace,
) -> list[list[Any]]:
    """Returns the tags to list, the likeliest first."""
    is_given = calibrated >= tagger.thresholds
    places = np.argsort(-calibrated, kind="stable")
    if arguments.threshold:
        places = places[is_given[places]]
    elif not arguments.all:
        places = places[: arguments.top or _TOP]
    return [
        [
            tagger.tag_names[place],
            _short(calibrated[place]),
            bool(is_given[place]),
        ]
        for place in places
    ]


def _check_asked(arguments: argparse.Namespace) -> None:
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


def _asked(arguments: argparse.Namespace) -> tag_output.Answering:
    """Returns what lists the tags that the command line names."""
    encoder = chosen_model.open_dual_encoder(
        arguments.model,
        is_for_few=chosen_model.are_few(arguments.paths),
        opens_later=True,
    )

    @functools.cache
    def embedded() -> tuple[
        list[query.Term], npt.NDArray[Any], npt.NDArray[Any]
    ]:
        asked = query.parse(arguments.tags, encoder.is_known, is_list=True)
        terms, vectors = known_terms.embed(encoder, asked, chosen_model.say)
        trained, known_share = encoder.embed_texts(encoder.tag_names)
        return terms, vectors, trained[known_share > 0]

    def answer(recordings: tagging.Recordings) -> tag_output.Entries:
        for path, embedding in audio_files.each(encoder.embed_each, recordings):
            terms, vectors, trained = embedded()
            tags = _compared(terms, vectors @ embedding, trained @ embedding)
            yield path, [journal.Entry(None, tags[: arguments.top])]

    return tag_output.Answering(encoder, tag_table.AskedTag, embedded, answer)


def _compared(
    terms: Sequence[query.Term],
    cosines: npt.NDArray[np.floating[Any]],
    trained_cosines: npt.NDArray[np.floating[Any]],
) -> list[list[Any]]:
    """Returns the asked tags, those that stand out most first."""
    found = []
    for term, cosine in zip(terms, cosines, strict=True):
        sign = -1 if term.weight < 0 else 1
        farther = sign * trained_cosines < sign * cosine - _ROUNDING
        found.append((farther.mean(), sign * cosine, term, cosine))
    found.sort(key=lambda one: one[:2], reverse=True)
    return [
        [known_terms.label(term), float(share), _short(cosine)]
        for share, _, term, cosine in found
    ]


def _short(value: np.floating[Any]) -> float:
    """As few digits as tell a float32 from its neighbours."""
    return float(str(value))
