"""The command `tftag`, in this process."""

from tftag.cli import command_line, main


def run(*words):
    """Runs it; returns its exit status."""
    return command_line.run(main.main, [*map(str, words)])
