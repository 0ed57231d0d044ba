"""`python -m pipelines.synthetic`."""

from pipelines.synthetic import tagged
from tftag.cli import command_line

raise SystemExit(command_line.run(tagged.main))
