"""`python -m pipelines.inspect`."""

from pipelines.inspect import command
from tftag.cli import command_line

raise SystemExit(command_line.run(command.main))
