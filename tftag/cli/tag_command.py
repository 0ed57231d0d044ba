"""The command `tftag tag`: tags of audio files."""

import argparse
import sys

import numpy as np

from tftag.audio import audio_files
from tftag.cli import tag_output, tag_table
from tftag.library import journal
from tftag.search import known_terms, query
from tftag.serving import saved_dual_encoder, saved_tagger

_TOP = 5
# Cosines of one tag, computed with different neighbours, differ by less.
_ROUNDING = 1e-6


def run(arguments: argparse.Namespace) -> int:
    """Tags the files of the command line.

    Args:
        arguments: What `main` parsed.

    Returns:
        0, or 1 where some of the files could not be tagged.

    Raises:
        ValueError: The model or an argument is not what it must be.
        OSError: There is no such model, or no place to write to.
    """
    asked = _trained if arguments.tags is None else _asked
    return tag_output.write(arguments, asked(arguments))


def _trained(arguments):
    """Returns what lists the tags that the model was trained with."""
    tagger = saved_tagger.SavedTagger(arguments.saved_model)
    read = _timelines if arguments.timeline else _recordings

    def answer(recordings):
        for path, parts in read(tagger, recordings):
            yield (
                path,
                [
                    journal.Entry(start, _chosen(tagger, calibrated, arguments))
                    for start, calibrated in parts
                ],
            )

    return tag_output.Answering(tagger, tag_table.Tag, answer)


def _recordings(tagger, recordings):
    """Yields path, and None with the calibrated probabilities."""
    for path, tagged in audio_files.each(tagger.tag_each, recordings):
        yield path, [(None, tagged.calibrated)]


def _timelines(tagger, recordings):
    """Yields path, and start and calibrated probabilities of each clip."""
    for path, samples in recordings:
        timeline = tagger.timeline_samples(samples)
        starts = timeline.start_seconds.tolist()
        yield path, zip(starts, timeline.calibrated, strict=True)


def _chosen(tagger, calibrated, arguments):
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
    encoder = saved_dual_encoder.SavedDualEncoder(arguments.saved_model)
    terms = query.parse(arguments.tags, encoder.is_known, is_list=True)
    terms, vectors = known_terms.embed(
        encoder, terms, lambda line: sys.stderr.write(f"{line}\n")
    )
    trained, known_share = encoder.embed_texts(encoder.tag_names)
    trained = trained[known_share > 0]

    def answer(recordings):
        for path, embedding in audio_files.each(encoder.embed_each, recordings):
            tags = _compared(terms, vectors @ embedding, trained @ embedding)
            yield path, [journal.Entry(None, tags[: arguments.top])]

    return tag_output.Answering(encoder, tag_table.AskedTag, answer)


def _compared(terms, cosines, trained_cosines):
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


def _short(value):
    """As few digits as tell a float32 from its neighbours."""
    return float(str(value))
