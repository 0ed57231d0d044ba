"""The command `tftag search`: recordings of a library that fit a query."""

import argparse
import contextlib
import os

from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line, failures, row_output
from tftag.cli.find import hit_output, opened_library, search_flags
from tftag.pretrained import presets
from tftag.search import known_terms, query
from tftag.storage.remote import address as addresses


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    search = commands.add_parser(
        "search",
        usage="tftag search [-h] INDEX_OR_FOLDER QUERY [--model MODEL] "
        "[--top N]\n                    [--tag TAG] [--artist NAME] ... "
        "[--format FORMAT]\n                    [--out FILE]",
        help="find the recordings of a library that fit a query",
        description="Ranks the recordings of an index (tftag index) or of a "
        "folder by tags in any words, with a dual encoder; the one that comes "
        "with tftag was trained on other tags and knows words by their "
        "vectors alone. For a folder an index is kept, so that only new and "
        "changed files are read again. An index is searched as it is.",
        epilog="A query: dreamy piano -vocals; piano^2 weighs twice; quotes "
        "keep a phrase together. Put -- before a query that begins with a "
        "minus. A model may also stand before the folder: tftag search "
        "saved_models/NAME music/ QUERY. Exit status: 0; 1 where some files "
        "could not be read, or be in a playlist (each is a line on stderr); 2 "
        "where the arguments are wrong.",
    )
    search.set_defaults(run=run)
    search.add_argument(
        "model_before",
        nargs="?",
        type=arguments_lib.local_path,
        help=argparse.SUPPRESS,
        metavar="MODEL",
    )
    search_flags.add_library(search)
    search.add_argument("query", metavar="QUERY", help="what to look for")
    chosen_model.add_flag(
        search, f"the index's own; of a folder {presets.DUAL_ENCODER}"
    )
    search_flags.add_flags(search)


def run(arguments: argparse.Namespace) -> int:
    """Ranks the recordings of a library.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0, or 1 where some of the files could not be read.

    Raises:
        ValueError: The model, the query, the index or the folder is not what
            it must be.
        OSError: There is no such model, or no place to write to.
    """
    model = _model(arguments)
    arguments.library = opened_library.here(arguments.library)
    fail = failures.Failures("not searched")
    is_index = opened_library.names_index(arguments)
    with contextlib.ExitStack() as kept:
        if is_index:
            index = opened_library.open_index(arguments.library)
            model = opened_library.model_of(index, model)
            inputs = []
        else:
            place = opened_library.own_place(arguments)
            opened_library.check_audio([arguments.library], place)
            inputs = [arguments.library, place]
        arguments.model = model or presets.DUAL_ENCODER
        row_format = arguments_lib.row_format(arguments, search_flags.FORMATS)
        out = kept.enter_context(
            row_output.opened(
                arguments.out, inputs, chosen_model.folder(arguments.model)
            )
        )
        encoder = chosen_model.open_dual_encoder(
            arguments.model, is_for_few=is_index
        )
        # Before the long part: a query may be wrong.
        asked = query.parse(arguments.query, encoder.is_known)
        terms, vectors = known_terms.embed(encoder, asked, chosen_model.say)
        if is_index:
            index = opened_library.open_index(arguments.library, encoder)
        else:
            index = kept.enter_context(
                opened_library.of_folder(arguments, encoder, fail)
            )
        hits = index.search(terms, vectors, **search_flags.wanted(arguments))
        if not hits:
            chosen_model.say(hit_output.none_of(len(index)))
        left_out = hit_output.write(
            out,
            row_format,
            [known_terms.label(term) for term in terms],
            hits,
            len(index),
        )
    return 1 if fail.count or left_out else 0


def _model(arguments: argparse.Namespace) -> str | None:
    """The model of the flag, or that before the folder: the older spelling."""
    library = arguments.library
    if arguments.model_before is None:
        if chosen_model.is_model(library):
            raise ValueError(
                "INDEX_OR_FOLDER must hold recordings; where it is a model, "
                "folder and query follow it. "
                f"Received: {library!r}, a model."
            )
        return arguments.model
    before = arguments.model_before
    is_taken = os.path.lexists(before) or not (
        os.path.lexists(library) or addresses.is_remote(library)
    )
    if arguments.model is not None or (
        is_taken and not chosen_model.is_model(before)
    ):
        beside = "" if arguments.model is None else " beside --model"
        raise ValueError(
            "QUERY must be one argument: put quotes around its words. "
            f"Received: {before!r}, {library!r} and {arguments.query!r}"
            f"{beside}."
        )
    return before
