"""`python -m pipelines.synthetic_unseen`: words and sounds never trained on."""

from pipelines.synthetic import unseen
from tftag.cli import command_line

if __name__ == "__main__":
    raise SystemExit(command_line.run(unseen.main))
