"""The command `tftag learn`: a tag of one's own, from a few recordings."""

import argparse
import os
import pathlib
import shlex
import time

from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line
from tftag.console import own_process, quiet
from tftag.export import learned_tag_input
from tftag.inference import model_card, version_folder
from tftag.pretrained import presets
from tftag.storage import escaping


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    learn = commands.add_parser(
        "learn",
        help="add a tag of one's own to a tagger",
        description="Adds a tag to an exported tagger, as a new version of it: "
        "learned from recordings that have the tag, against --unlike. A model "
        "on the musicnn networks learns against the statistics of their own "
        "training recordings too; another model needs --unlike. The "
        "probability of such a tag is not a share of recordings: at 0.5 a "
        "recording is equally near to both sides.",
        epilog="Exit status: 0; 2 if the arguments or a file cannot be used; "
        "then nothing is changed.",
    )
    learn.set_defaults(run=run)
    learn.add_argument("name", metavar="NAME", help="the tag")
    learn.add_argument(
        "--like",
        type=arguments_lib.local_path,
        metavar="FILE",
        nargs="+",
        required=True,
        help="recordings that have the tag, at least two",
    )
    learn.add_argument(
        "--unlike",
        type=arguments_lib.local_path,
        metavar="FILE",
        nargs="+",
        default=[],
        help="recordings that do not have it",
    )
    chosen_model.add_flag(learn, presets.TAGGER)
    learn.add_argument(
        "--out",
        type=arguments_lib.local_path,
        metavar="FOLDER",
        help="gets the new version (default: the model's own folder, "
        "saved_models/PRESET for a preset)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Adds a tag.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0.

    Raises:
        ValueError: A file, the name or the model cannot be used.
        FileNotFoundError: There is no such model.
    """
    model = arguments.model or presets.TAGGER
    chosen_model.check(model)
    out = _folder(model, arguments.out)
    _check(model, arguments)
    start = time.monotonic()
    said = own_process.run(
        "tftag.export.learned_tag",
        [
            *("--like", *arguments.like),
            *(["--unlike", *arguments.unlike] if arguments.unlike else []),
            # Behind it nothing is a flag, whatever it begins with.
            *("--", str(presets.resolve(model, chosen_model.say))),
            *(arguments.name, str(out)),
        ],
    )
    # Each answer stands between NULs: a path may hold any other letter.
    *warnings, version, told_apart = said.split("\0")[1::2]
    for text in warnings:
        chosen_model.say(escaping.one_line(text))
    share = float(told_apart)
    doubt = "" if share > 0.5 else ": no better than a guess. Name more of them"
    seconds = time.monotonic() - start
    print(
        f"{escaping.one_line(arguments.name)}: learned in {seconds:.0f} s, "
        f"{version}\n"
        f"{100 * share:.0f} % of the recordings are on their own side when "
        f"the tag is learned from the others{doubt}\n"
        f"tftag tag music/ --model {shlex.quote(str(out))}"
    )
    return 0


def _check(model: str, arguments: argparse.Namespace) -> None:
    """Refuses before a preset is exported, or a process starts."""
    if model in presets.PRESETS:
        preset = presets.PRESETS[model]
        known, is_dual_encoder = preset.tags, preset.has_words
        keeps = all(one.keeps_background for one in preset.networks)
    else:
        card = model_card.read(version_folder.newest(model))
        known = card["tags"]
        is_dual_encoder = card.get("kind") == model_card.DUAL_ENCODER
        keeps = True  # Its layers may say otherwise once they are open.
    learned_tag_input.check_name(arguments.name, known, is_dual_encoder, model)
    learned_tag_input.check_unlike(arguments.unlike, keeps, model)
    with quiet.libraries():
        learned_tag_input.check_recordings(arguments.like, arguments.unlike)


def _folder(model: str, out: str | None) -> pathlib.Path:
    """Where the version goes: beside that which it was made of."""
    if out is not None and os.path.lexists(out) and not os.path.isdir(out):
        raise ValueError(f"--out must be a folder. Received: {out}.")
    if model in presets.PRESETS:
        folder = pathlib.Path(out or pathlib.Path("saved_models", model))
        if chosen_model.is_model(str(folder)):
            raise ValueError(
                "A tag is added to what was made before by --model "
                f"{folder}; --out names another folder. Received: the preset "
                f"{model}, and {folder}, which has versions."
            )
        return folder
    if out is not None:
        return pathlib.Path(out)
    version = version_folder.newest(model)
    path = pathlib.Path(model)
    return path.resolve().parent if version == path else path
