"""The command `tftag search`: recordings of a folder that fit a query."""

import argparse
import pathlib
import sys
from typing import TextIO

import numpy as np

from tftag.audio import audio_files
from tftag.cli import row_output, search_table
from tftag.search import (
    combination,
    folder_index,
    known_terms,
    query,
    vector_index,
)
from tftag.serving import saved_dual_encoder


def run(arguments: argparse.Namespace) -> int:
    """Ranks the files of a folder.

    Args:
        arguments: What `main` parsed.

    Returns:
        0, or 1 where some of the files could not be read.

    Raises:
        ValueError: The model, the query, the index or the folder is not what
            it must be.
        OSError: There is no such model, or no place to write to.
    """
    folder = pathlib.Path(arguments.folder)
    if not folder.is_dir():
        raise ValueError(
            f"FOLDER must be a folder. Received: {arguments.folder}."
        )
    path = folder / folder_index.FILE_NAME
    if arguments.index is not None:
        path = pathlib.Path(arguments.index)
        if not path.parent.is_dir():
            raise FileNotFoundError(
                "--index must be a file in a folder that is there. "
                f"Received: {path}."
            )
    with row_output.opened(
        arguments.out, [folder, path], arguments.saved_model
    ) as out:
        return _search(arguments, folder, path, out)


def _search(arguments, folder, path, out):
    encoder = saved_dual_encoder.SavedDualEncoder(arguments.saved_model)
    # Before the long part: a query may be wrong.
    terms = query.parse(arguments.query, encoder.is_known)
    terms, vectors = known_terms.embed(encoder, terms, _say)
    index, failed = _refreshed(arguments, encoder, folder, path)
    index = index.recordings
    if not index:
        raise ValueError(
            "FOLDER must hold audio that can be read. "
            f"Received: {arguments.folder}."
        )
    _rank(index, terms, vectors, folder, arguments, out)
    return 1 if failed else 0


def _refreshed(arguments, encoder, folder, path):
    """Returns the index of the folder as it is, and what went wrong."""
    failures = []

    def fail(file, error):
        failures.append(file)
        reason = " ".join(audio_files.reason(error).split())
        _say(f"not searched: {reason}")

    try:
        index = folder_index.open_or_new(path, encoder)
    except ValueError as error:
        # What a person named may be anything, and is not written over.
        if arguments.index is not None:
            raise
        _say(f"all files are embedded again: {error}")
        index = folder_index.empty(encoder)
    found = folder_index.find(folder, fail)
    paths = found.paths
    if not paths:
        # A disk that is not mounted: what was heard of it is kept.
        return folder_index.empty(encoder), failures
    if new := len(paths.keys() - index.ids):
        _say(f"embedding {new} of {len(paths)} files, new or changed")
    if old := len(paths.keys() & index.unusable.keys()):
        _say(f"not tried again, as unchanged: {old} of {len(paths)} files")
    unsaved = []

    def save(changed):
        try:
            folder_index.write(changed, path)
        except OSError as error:
            if not unsaved:
                _say(
                    "the index is not kept, and the next search embeds again: "
                    f"{audio_files.reason(error)}; --index FILE keeps it "
                    "elsewhere"
                )
            unsaved.append(error)

    index = folder_index.refreshed(index, encoder, found, save, fail)
    return index, failures


def _rank(
    index: vector_index.Index,
    terms: list[query.Term],
    vectors: np.ndarray,
    folder: pathlib.Path,
    arguments: argparse.Namespace,
    out: TextIO,
) -> None:
    cosines = np.stack([index.cosines(vector) for vector in vectors])
    # Not one vector for all terms: no term outvotes the others by its spread.
    scores = combination.combined_scores(terms, cosines)
    place = {name: at for at, name in enumerate(index.ids)}
    found = [
        search_table.Found(
            audio_files.shown(folder / folder_index.name_of(hit.id)),
            hit.z_score,
            [float(str(cosine)) for cosine in cosines[:, place[hit.id]]],
        )
        for hit in index.best(scores, arguments.top)
    ]
    labels = [known_terms.label(term) for term in terms]
    search_table.write(out, arguments.format, labels, found, len(index))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
