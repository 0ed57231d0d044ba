"""The command `tftag similar`: recordings that sound like others."""

import argparse
import contextlib
import functools
import os
import pathlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tftag.audio import audio_files, decoding
from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line, failures, row_output
from tftag.cli.find import hit_output, opened_library, search_flags
from tftag.console import quiet
from tftag.pretrained import presets
from tftag.search import library_index
from tftag.storage import near_names

if TYPE_CHECKING:
    from tftag.inference import saved_dual_encoder


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    similar = commands.add_parser(
        "similar",
        usage="tftag similar [-h] INDEX_OR_FOLDER --like FILE ... "
        "[--unlike FILE ...]\n                     [--model MODEL] [--top N] "
        "[--tag TAG] [--artist NAME] ...\n                     "
        "[--format FORMAT] [--out FILE]",
        help="find the recordings of a library that sound like others",
        description="Ranks the recordings of an index (tftag index) or of a "
        "folder by how much they sound like some files and unlike others. "
        "These files need not be in the library; those that the index holds "
        "are not read again. The files themselves are not listed.",
        epilog="Those of --like count equally; those of --unlike, together, "
        "half as much. Exit status: 0; 1 where some files of the folder could "
        "not be read, or be in a playlist (each is a line on stderr); 2 where "
        "the arguments are wrong.",
    )
    similar.set_defaults(run=run)
    search_flags.add_library(similar)
    for flag, is_required in (("--like", True), ("--unlike", False)):
        similar.add_argument(
            flag,
            type=arguments_lib.local_path,
            nargs="+",
            default=[],
            required=is_required,
            metavar="FILE",
            help="audio files, in the library or not",
        )
    chosen_model.add_flag(
        similar, f"the index's own; of a folder {presets.DUAL_ENCODER}"
    )
    search_flags.add_flags(similar)


def run(arguments: argparse.Namespace) -> int:
    """Ranks the recordings of a library.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0, or 1 where some of the files could not be read.

    Raises:
        ValueError: The model, a file, the index or the folder is not what it
            must be.
        OSError: There is no such model or file, or no place to write to.
    """
    arguments.library = opened_library.here(arguments.library)
    examples = [*arguments.like, *arguments.unlike]
    for path in examples:
        if not os.path.isfile(path):
            raise FileNotFoundError(
                "--like and --unlike must be audio files. Received: "
                f"{path}, which is no file.{near_names.hint(path)}"
            )
    model = arguments.model or presets.DUAL_ENCODER
    chosen_model.check(model)
    fail = failures.Failures("not searched")
    with contextlib.ExitStack() as kept:
        inputs: list[str | pathlib.Path] = [*examples]
        if not opened_library.names_index(arguments):
            place = opened_library.own_place(arguments)
            opened_library.check_audio([arguments.library], place)
            inputs += [arguments.library, place]
            _check(examples)
        row_format = arguments_lib.row_format(arguments, search_flags.FORMATS)
        out = kept.enter_context(
            row_output.opened(arguments.out, inputs, chosen_model.folder(model))
        )
        index, encoder = _opened(arguments, fail, kept)
        known = {path: index.vector_of(path) for path in examples}
        _check([path for path in examples if known[path] is None])
        vectors = {
            path: _embed(encoder(), path) if vector is None else vector
            for path, vector in known.items()
        }
        hits = index.similar(
            [vectors[path] for path in arguments.like],
            [vectors[path] for path in arguments.unlike],
            leave_out=examples,
            **search_flags.wanted(arguments),
        )
        if not hits:
            inside = sum(vector is not None for vector in known.values())
            chosen_model.say(hit_output.none_of(len(index), inside))
        labels = [*arguments.like, *(f"-{path}" for path in arguments.unlike)]
        left_out = hit_output.write(
            out,
            row_format,
            [audio_files.shown(label) for label in labels],
            hits,
            len(index),
            "example",
        )
    return 1 if fail.count or left_out else 0


def _check(examples: Iterable[str]) -> None:
    """Refuses what cannot be read, before a model is opened for it."""
    with quiet.libraries():
        for path in examples:
            decoding.check_file(path)


def _opened(
    arguments: argparse.Namespace,
    fail: failures.Failures,
    kept: contextlib.ExitStack,
) -> tuple[
    library_index.LibraryIndex,
    "Callable[[], saved_dual_encoder.SavedDualEncoder]",
]:
    """The library, and what opens its model."""
    if opened_library.is_index(arguments.library):
        index = opened_library.open_index(arguments.library)

        @functools.cache  # TensorFlow waits until a file needs it.
        def opened() -> "saved_dual_encoder.SavedDualEncoder":
            model = opened_library.model_of(index, arguments.model)
            encoder = chosen_model.open_dual_encoder(model, is_for_few=True)
            opened_library.open_index(arguments.library, encoder)
            return encoder

        return index, opened
    arguments.model = arguments.model or presets.DUAL_ENCODER
    encoder = chosen_model.open_dual_encoder(
        arguments.model,
        opens_later=opened_library.is_index(
            opened_library.own_place(arguments)
        ),
    )
    index = kept.enter_context(
        opened_library.of_folder(arguments, encoder, fail)
    )
    return index, lambda: encoder


def _embed(
    encoder: "saved_dual_encoder.SavedDualEncoder", path: str
) -> npt.NDArray[np.float32]:
    with quiet.libraries():
        return encoder.embed_file(path)
