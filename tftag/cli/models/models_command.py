"""The command `tftag models`: what can be used before any training."""

import argparse
import pathlib

from tftag.cli import command_line
from tftag.pretrained import presets
from tftag.storage import cache, escaping


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    models = commands.add_parser(
        "models",
        help="list the models that come with tftag",
        description="Lists the presets: what --model takes beside the folder "
        "of an export. A preset is exported when it is first used, to "
        f"${cache.VARIABLE} or else ~/.cache/tftag, and can be thrown "
        "away there at any time.",
    )
    models.set_defaults(run=run)
    models.add_argument(
        "preset", metavar="PRESET", nargs="?", help="list its tags as well"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the presets, or one of them with its tags.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0.

    Raises:
        ValueError: There is no such preset.
    """
    chosen = tuple(presets.PRESETS.values())
    if arguments.preset is not None:
        chosen = (presets.find(arguments.preset),)
    print("\n\n".join(map(_described, chosen)))
    if arguments.preset is not None:
        print("  tags:", ", ".join(chosen[0].tags))
    return 0


def _described(preset: presets.Preset) -> str:
    licences = dict.fromkeys(one["name"] for one in preset.card()["licences"])
    default = {
        presets.TAGGER: "; the default of tag and learn",
        presets.DUAL_ENCODER: "; the default of index, search and similar",
    }
    lines = [
        preset.summary + default.get(preset.name, ""),
        f"tags: {len(preset.tags)}; licence of the weights: "
        f"{', '.join(licences)}; in the package: {_megabytes(preset.files)}",
    ]
    for network in preset.networks:
        figures = ", ".join(
            f"{name} {value}" for name, value in network.figures.items()
        )
        lines.append(f"{network.name}: {figures} (published)")
    folder = presets.cached(preset)
    if folder is None:
        lines.append("not exported yet")
    else:
        exported = [path for path in folder.rglob("*") if path.is_file()]
        where = escaping.one_line(str(folder))
        lines.append(f"exported: {where}, {_megabytes(exported)}")
    return "\n  ".join([preset.name, *lines])


def _megabytes(paths: list[pathlib.Path]) -> str:
    return f"{sum(path.stat().st_size for path in paths) / 1e6:.1f} MB"
