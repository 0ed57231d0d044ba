"""The command `tftag onnx`: a tagger as one file that needs no TensorFlow."""

import argparse
import importlib.util
import os
import pathlib
import shlex

from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line, row_output
from tftag.console import own_process
from tftag.inference import onnx_tagger
from tftag.pretrained import presets
from tftag.storage import escaping

_PACKAGES = ("onnx", "onnxruntime", "tf2onnx")


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    onnx = commands.add_parser(
        "onnx",
        help="write a tagger as one ONNX file",
        description="Writes a tagger as one file for ONNX Runtime, from clips "
        "of sound to probabilities, with the model card in its metadata. "
        "tftag tag and tftag timeline take it as --model, without "
        "TensorFlow: they start sooner and need less memory. The file is "
        "compared with the model before it is named. Needs tftag[onnx].",
        epilog="Exit status: 0; 2 if the model cannot be written so; then "
        "nothing is changed.",
    )
    onnx.set_defaults(run=run)
    onnx.add_argument(
        "named",
        type=arguments_lib.local_path,
        metavar="MODEL",
        nargs="?",
        help="as --model",
    )
    chosen_model.add_flag(onnx, presets.TAGGER)
    onnx.add_argument(
        "--out",
        type=arguments_lib.local_path,
        metavar="FILE",
        required=True,
        help="where the file goes; its name ends in .onnx",
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the file.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0.

    Raises:
        ValueError: The model cannot be written so, or what writes it is not
            installed.
        OSError: There is no such model, or no place to write to.
    """
    if arguments.model is not None and arguments.named is not None:
        raise ValueError(
            "MODEL must be named once. Received: "
            f"{arguments.named!r}, and --model {arguments.model!r}."
        )
    model = arguments.model or arguments.named or presets.TAGGER
    out = pathlib.Path(arguments.out)
    chosen_model.check(model)
    row_output.check(arguments.out, [], chosen_model.folder(model))
    if out.suffix.lower() != ".onnx":
        raise ValueError(
            "--out must end in .onnx, by which --model knows it. "
            f"Received: {arguments.out}."
        )
    if not all(map(importlib.util.find_spec, _PACKAGES)):
        raise ValueError(onnx_tagger.INSTALL)
    folder = presets.resolve(model, chosen_model.say)
    said = own_process.run(
        "tftag.export.onnx_file",
        [os.path.abspath(folder), os.path.abspath(out)],
    )
    difference = float(said.split()[-1])
    shown = escaping.one_line(arguments.out)
    print(
        f"{shown}: {out.stat().st_size / 1e6:.1f} MB; its probabilities are "
        f"those of the model to {difference:.0e}\n"
        f"tftag tag music/ --model {shlex.quote(shown)}"
    )
    return 0
