"""The command `tftag search`: recordings of a folder that fit a query."""

import argparse
import pathlib
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import numpy.typing as npt

from tftag.audio import audio_files
from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line, row_output, search_table
from tftag.pretrained import presets
from tftag.search import (
    combination,
    folder_index,
    known_terms,
    query,
    vector_index,
)

if TYPE_CHECKING:  # it imports TensorFlow
    from tftag.serving import saved_dual_encoder


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    search = commands.add_parser(
        "search",
        usage="tftag search FOLDER QUERY [--model MODEL] [--top N] "
        "[--index FILE] [--format FORMAT] [--out FILE]",
        help="find the recordings of a folder that fit a query",
        description="Ranks the recordings of a folder by tags in any words, "
        "with a dual encoder; the one that comes with tftag was trained on "
        "other tags and knows words by their vectors alone. Vectors of files, "
        "and what could not be decoded, are kept in an index; only new and "
        "changed files are read again.",
        epilog="A query: dreamy piano -vocals; piano^2 weighs twice; quotes "
        "keep a phrase together. Put -- before a query that begins with a "
        "minus. A model may also stand before the folder: tftag search "
        "saved_models/NAME music/ QUERY. Exit status: 0; 1 where some files "
        "could not be read (each is a line on stderr); 2 where the arguments "
        "are wrong.",
    )
    search.set_defaults(run=run)
    search.add_argument(
        "model_before",
        nargs="?",
        type=arguments_lib.local_path,
        help=argparse.SUPPRESS,
        metavar="MODEL",
    )
    search.add_argument(
        "folder",
        type=arguments_lib.local_path,
        metavar="FOLDER",
        help="searched to the bottom, through links too",
    )
    search.add_argument("query", metavar="QUERY", help="what to look for")
    chosen_model.add_flag(search, presets.DUAL_ENCODER)
    search.add_argument(
        "--top",
        type=arguments_lib.count,
        default=10,
        metavar="N",
        help="the N best recordings (default: %(default)s)",
    )
    search.add_argument(
        "--index",
        type=arguments_lib.local_path,
        metavar="FILE",
        help="where the index is kept (default: FOLDER/.tftag-index.npz)",
    )
    arguments_lib.add_output(search)


def run(arguments: argparse.Namespace) -> int:
    """Ranks the files of a folder.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0, or 1 where some of the files could not be read.

    Raises:
        ValueError: The model, the query, the index or the folder is not what
            it must be.
        OSError: There is no such model, or no place to write to.
    """
    arguments.model = _model(arguments)
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
        arguments.out, [folder, path], chosen_model.folder(arguments.model)
    ) as out:
        return _search(arguments, folder, path, out)


def _model(arguments: argparse.Namespace) -> str:
    """The model of the flag, or that before the folder: the older spelling."""
    if arguments.model_before is None:
        if chosen_model.is_model(arguments.folder):
            raise ValueError(
                "FOLDER must hold recordings; where it is a model, folder and "
                f"query follow it. Received: {arguments.folder!r}, a model."
            )
        return arguments.model or presets.DUAL_ENCODER
    if arguments.model is not None:
        raise ValueError(
            "QUERY must be one argument: put quotes around its words. "
            f"Received: {arguments.model_before!r}, {arguments.folder!r} and "
            f"{arguments.query!r} beside --model."
        )
    return arguments.model_before


def _search(
    arguments: argparse.Namespace,
    folder: pathlib.Path,
    path: pathlib.Path,
    out: TextIO,
) -> int:
    encoder = chosen_model.open_dual_encoder(arguments.model)
    # Before the long part: a query may be wrong.
    asked = query.parse(arguments.query, encoder.is_known)
    terms, vectors = known_terms.embed(encoder, asked, chosen_model.say)
    refreshed, failed = _refreshed(arguments, encoder, folder, path)
    index = refreshed.recordings
    if not index:
        raise ValueError(
            "FOLDER must hold audio that can be read. "
            f"Received: {arguments.folder}."
        )
    _rank(index, terms, vectors, folder, arguments, out)
    return 1 if failed else 0


def _refreshed(
    arguments: argparse.Namespace,
    encoder: "saved_dual_encoder.SavedDualEncoder",
    folder: pathlib.Path,
    path: pathlib.Path,
) -> tuple[folder_index.FolderIndex, list[pathlib.Path]]:
    """Returns the index of the folder as it is, and what went wrong."""
    failures: list[pathlib.Path] = []

    def fail(file: pathlib.Path, error: Exception) -> None:
        failures.append(file)
        reason = " ".join(audio_files.reason(error).split())
        chosen_model.say(f"not searched: {reason}")

    try:
        index = folder_index.open_or_new(path, encoder)
    except ValueError as error:
        # What a person named may be anything, and is not written over.
        if arguments.index is not None:
            raise
        chosen_model.say(f"all files are embedded again: {error}")
        index = folder_index.empty(encoder)
    found = folder_index.find(folder, fail)
    paths = found.paths
    if not paths:
        # A disk that is not mounted: what was heard of it is kept.
        return folder_index.empty(encoder), failures
    if new := len(paths.keys() - index.ids):
        chosen_model.say(
            f"embedding {new} of {len(paths)} files, new or changed"
        )
    if old := len(paths.keys() & index.unusable.keys()):
        chosen_model.say(
            f"not tried again, as unchanged: {old} of {len(paths)} files"
        )
    unsaved: list[OSError] = []

    def save(changed: folder_index.FolderIndex) -> None:
        try:
            folder_index.write(changed, path)
        except OSError as error:
            if not unsaved:
                chosen_model.say(
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
    vectors: npt.NDArray[np.floating[Any]],
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
    search_table.write(
        out, arguments_lib.row_format(arguments), labels, found, len(index)
    )
