"""The command `tftag index`: an index of a library, kept up with it."""

import argparse
import itertools
import pathlib
from collections.abc import Iterable

from tftag.audio import contents
from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line, failures
from tftag.cli.find import opened_library
from tftag.console import counts_in_words
from tftag.pretrained import presets
from tftag.search import library_index
from tftag.search.index import catalogue_parts
from tftag.storage import near_names
from tftag.storage.remote import address as addresses


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    index = commands.add_parser(
        "index",
        help="make or update the index of a library, for search and similar",
        description="Embeds the recordings of folders into an index, which "
        "search, similar and map use without reading a recording again. "
        "Called again it embeds new and changed files and drops those that "
        "are gone; a stopped call resumes. The folders named are the whole "
        "library: recordings of one that is no longer named are dropped.",
        epilog="Exit status: 0; 1 where some files could not be read (each is "
        "a line on stderr); 2 where the arguments are wrong.",
    )
    index.set_defaults(run=run)
    index.add_argument(
        "folders",
        type=arguments_lib.place,
        nargs="+",
        metavar="FOLDER",
        help="searched recursively, following links; or the address of one, "
        "s3:// or gs://",
    )
    index.add_argument(
        "--out",
        type=arguments_lib.local_path,
        metavar="INDEX",
        required=True,
        help="a folder of its own; created if it does not exist",
    )
    chosen_model.add_flag(
        index, f"that of the index; of a new one {presets.DUAL_ENCODER}"
    )
    index.add_argument(
        "--catalogue",
        type=arguments_lib.local_path,
        metavar="OUTPUT",
        help="of python -m pipelines.catalogue: files that have not changed "
        "since are taken from there, and not decoded",
    )
    index.add_argument(
        "--threads",
        type=arguments_lib.count,
        metavar="N",
        help="processes that decode (default: one per core)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Brings an index up to date.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0, or 1 where some of the files could not be read.

    Raises:
        ValueError: The model, the index or a folder is not what it must be.
        OSError: There is no such model, or no place to write to.
    """
    place = pathlib.Path(arguments.out)
    folders = [addresses.place(folder) for folder in arguments.folders]
    _check(place, folders)
    catalogue = arguments.catalogue and pathlib.Path(arguments.catalogue)
    if catalogue and not (catalogue / catalogue_parts.MODELS).is_dir():
        raise FileNotFoundError(
            "--catalogue must be the --output of `python -m "
            f"pipelines.catalogue`. Received: {catalogue}."
        )
    model = arguments.model or presets.DUAL_ENCODER
    is_there = opened_library.is_index(place)
    if is_there:
        index = library_index.LibraryIndex.open(place)
        model = opened_library.model_of(index, arguments.model)
    elif all(isinstance(folder, pathlib.Path) for folder in folders):
        opened_library.check_audio(arguments.folders, place, "FOLDER")
    # Where nothing is new, its card is enough.
    encoder = chosen_model.open_dual_encoder(
        model, starts_fast=False, opens_later=is_there
    )
    fail = failures.Failures("not in the index")
    described: Iterable[catalogue_parts.Described] = ()
    not_taken = failures.Failures("not taken from the catalogue")
    if catalogue:
        described = catalogue_parts.of_model(
            catalogue,
            encoder.space,
            encoder.dim,
            encoder.tag_names,
            not_taken,
        )
    opened_library.bring_up_to_date(
        place, folders, encoder, model, fail, arguments.threads, described
    )
    index = library_index.LibraryIndex.open(place)
    held = counts_in_words.are(len(index), "recording")
    chosen_model.say(f"{held} in {place}")
    return 1 if fail.count or not_taken.count else 0


def _check(place: pathlib.Path, folders: list[addresses.Place]) -> None:
    """Refuses folders that are none, or one inside another."""
    for folder in folders:
        if isinstance(folder, addresses.Address):
            if folder.is_web or contents.is_audio_name(folder.name):
                raise ValueError(
                    "FOLDER must be a folder of music, here or in a bucket: "
                    f"a web server cannot list. Received: {folder}."
                )
            continue
        if not folder.is_dir():
            raise ValueError(
                f"FOLDER must be a folder of music. Received: {folder}."
                f"{near_names.hint(folder)}"
            )
        if opened_library.is_index(folder):
            raise ValueError(
                "FOLDER must be a folder of music, and --out the index. "
                f"Received: {folder}, an index."
            )
    # Of addresses the slash at the end does not count.
    whole = [
        pathlib.PurePath(str(folder))
        if isinstance(folder, addresses.Address)
        else folder.resolve()
        for folder in folders
    ]
    for one, other in itertools.permutations(whole, 2):
        if one != other and one.is_relative_to(other):
            raise ValueError(
                "No FOLDER may lie in another: its files would be there "
                f"twice. Received: {one} in {other}."
            )
    if len(set(whole)) < len(whole):
        raise ValueError(
            "Each FOLDER must be named once. "
            f"Received: {', '.join(map(str, folders))}."
        )
    opened_library.check_place(place, "--out")
