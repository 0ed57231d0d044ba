"""`python -m tftag`."""

from tftag.cli.main import command

if __name__ == "__main__":
    raise SystemExit(command())
