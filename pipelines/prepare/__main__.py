"""`python -m pipelines.prepare`."""

from pipelines.prepare import command
from tftag.cli import command_line

raise SystemExit(command_line.run(command.main))
