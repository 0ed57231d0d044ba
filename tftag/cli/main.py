"""The command `tftag`."""

import importlib
import sys

from tftag.cli import command_line

# In the order of the help text. Each module has `add_parser(commands)`, which
# sets `run`; TensorFlow waits until a model is opened, and a module until its
# command or the help of all is asked for.
COMMANDS = {
    "tag": "tftag.cli.tag.tag_command",
    "timeline": "tftag.cli.timeline_command",
    "index": "tftag.cli.find.index_command",
    "search": "tftag.cli.find.search_command",
    "similar": "tftag.cli.find.similar_command",
    "map": "tftag.cli.find.map_command",
    "learn": "tftag.cli.models.learn_command",
    "serve": "tftag.cli.serve_command",
    "onnx": "tftag.cli.models.onnx_command",
    "models": "tftag.cli.models.models_command",
}


def main(argv: list[str] | None = None) -> int:
    """Runs a command.

    Args:
        argv: Arguments without the program's name; `None` takes `sys.argv`.

    Returns:
        0, or 1 where some of the files could not be read.
    """
    parser = command_line.Parser(
        prog="tftag",
        description="Tags music, finds it by words and by example, and serves "
        "both. `tftag tag music/` needs nothing but a folder of music.",
        epilog="Each command says more by COMMAND --help.",
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    given = sys.argv[1:] if argv is None else argv
    for name in COMMANDS.keys() & given[:1] or COMMANDS:
        importlib.import_module(COMMANDS[name]).add_parser(commands)
    arguments = parser.parse_args(argv)
    if "run" not in arguments:
        parser.error(f"name a command: {', '.join(commands.choices)}")
    return arguments.run(arguments)


def command() -> int:
    """The console script: `main`, and one line for bad input."""
    return command_line.run(main)
