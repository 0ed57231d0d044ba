"""`python -m pipelines.catalogue`."""

from pipelines.catalogue import command
from tftag.cli import command_line

if __name__ == "__main__":
    raise SystemExit(command_line.run(command.main))
