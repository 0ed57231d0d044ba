"""The command `tftag`."""

from tftag.cli import (
    command_line,
    serve_command,
    timeline_command,
)
from tftag.cli.find import (
    index_command,
    map_command,
    search_command,
    similar_command,
)
from tftag.cli.models import (
    learn_command,
    models_command,
    onnx_command,
)
from tftag.cli.tag import tag_command

# In the order of the help text. Each has `add_parser(commands)`, which sets
# `run`; TensorFlow waits until a model is opened.
COMMANDS = (
    tag_command,
    timeline_command,
    index_command,
    search_command,
    similar_command,
    map_command,
    learn_command,
    serve_command,
    onnx_command,
    models_command,
)


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
    for command_module in COMMANDS:
        command_module.add_parser(commands)
    arguments = parser.parse_args(argv)
    if "run" not in arguments:
        parser.error(f"name a command: {', '.join(commands.choices)}")
    return arguments.run(arguments)


def command() -> int:
    """The console script: `main`, and one line for bad input."""
    return command_line.run(main)
