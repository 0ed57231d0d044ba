"""The model of a command: a preset's name or the folder of an export."""

import argparse
import os
import pathlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tftag.audio import contents
from tftag.cli import arguments as arguments_lib
from tftag.inference import version_folder
from tftag.pretrained import presets
from tftag.storage import cache, near_names
from tftag.storage.remote import address as addresses

if TYPE_CHECKING:
    from tftag.inference import saved_dual_encoder, saved_tagger

# Files of some minutes, with the presets, that take as long either way.
_FEW = 10


def add_flag(
    parser: argparse.ArgumentParser, default: str, is_to_tag: bool = False
) -> None:
    """Adds `--model`.

    Args:
        parser: Of a command.
        default: Says what is taken without it.
        is_to_tag: Whether an ONNX file will do.
    """
    onnx = ", or a file of tftag onnx" if is_to_tag else ""
    parser.add_argument(
        "--model",
        type=arguments_lib.local_path,
        metavar="MODEL",
        help="a preset (tftag models lists them), saved_models/NAME (its "
        f"newest version) or saved_models/NAME/1{onnx} (default: {default})",
    )


def split(
    model: str | None, words: Sequence[str]
) -> tuple[str | None, list[str]]:
    """Takes the model from the front of what a command is given.

    That is the older spelling: `tftag tag SAVED_MODEL FILE`.

    Args:
        model: What `--model` names, which settles it.
        words: Files and folders, perhaps with a model before them.

    Returns:
        The model, None where none is named; and the files and folders.

    Raises:
        ValueError: Nothing follows the model.
        FileNotFoundError: The first word is no model, file nor folder.
    """
    first, *others = words
    if model is not None:
        return model, [first, *others]
    if is_model(first):
        if not others:
            raise ValueError(
                "A file or folder must follow the model. "
                f"Received: {first!r} alone."
            )
        return first, others
    # A file that is not there is one of many. A misspelled model is not: the
    # default would take its place.
    is_there = os.path.lexists(first) or addresses.is_remote(first)
    if not is_there and not _is_audio(first):
        if not others:
            raise FileNotFoundError(
                f"There is no such file or folder. Received: {first!r}."
                f"{near_names.hint(first)}{presets.hint(first)}"
            )
        try:
            presets.resolve(first)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"There is no such file or folder, nor model. {error}"
            ) from error
    return None, [first, *others]


def is_model(word: str) -> bool:
    """Whether a word is a preset's name, an export's folder or an ONNX file."""
    if word in presets.PRESETS or presets.is_onnx(word):
        return True
    try:
        version_folder.newest(word)
    except OSError:
        return False
    return True


def check(model: str, is_to_tag: bool = False) -> None:
    """Refuses what is no model, before anything that takes long.

    Args:
        model: A preset's name or a folder.
        is_to_tag: Whether an ONNX file will do.

    Raises:
        FileNotFoundError: It is neither, or a folder without an export.
        ValueError: It is an ONNX file where that will not do.
    """
    presets.check(model)
    if model not in presets.PRESETS and not (
        is_to_tag and presets.is_onnx(model)
    ):
        version_folder.newest(model)


def folder(model: str) -> pathlib.Path:
    """Where a model's files are, or will be: nothing else goes there."""
    if model in presets.PRESETS:
        return cache.folder()
    return pathlib.Path(model)


def are_few(paths: Sequence[str]) -> bool:
    """Whether paths are so few files that optimising a model does not pay."""
    return len(paths) <= _FEW and all(map(os.path.isfile, paths))


def open_tagger(
    model: str, is_for_few: bool = False, opens_later: bool = False
) -> "saved_tagger.SavedTagger":
    """Opens a model that tags; exports a preset where that is to be done.

    Args:
        model: A preset's name, a folder or an ONNX file.
        is_for_few: As for `SavedTagger`.
        opens_later: As for `SavedTagger`; an ONNX file is opened at once.

    Raises:
        FileNotFoundError: It is neither.
        ValueError: What is there cannot be used.
    """
    path = presets.resolve(model, say)
    from tftag.inference import onnx_tagger, saved_tagger
    from tftag.inference.runtimes import c_library

    if presets.is_onnx(path):
        return onnx_tagger.OnnxTagger(path)
    starts_fast = c_library.loaded() is not None
    return saved_tagger.SavedTagger(path, starts_fast, is_for_few, opens_later)


def open_dual_encoder(
    model: str,
    starts_fast: bool = True,
    is_for_few: bool = False,
    opens_later: bool = False,
) -> "saved_dual_encoder.SavedDualEncoder":
    """Opens a model that compares with any words.

    Args:
        model: As for `open_tagger`.
        starts_fast: Whether to do without TensorFlow's Python at first. What
            surely describes recordings for an index needs it.
        is_for_few: As for `SavedTagger`.
        opens_later: As for `SavedTagger`.

    Raises:
        FileNotFoundError: As `open_tagger`, and so ValueError.
    """
    path = presets.resolve(model, say)
    from tftag.inference import saved_dual_encoder
    from tftag.inference.runtimes import c_library

    starts_fast = starts_fast and c_library.loaded() is not None
    return saved_dual_encoder.SavedDualEncoder(
        path, starts_fast, is_for_few, opens_later
    )


def say(line: str) -> None:
    """Writes a line to stderr."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _is_audio(word: str) -> bool:
    return os.path.splitext(word)[1].lower() in contents.SUFFIXES
