"""`python -m tftag`, and the script `tftag`."""

from tftag.console import interrupts

interrupts.end_at_once_while_starting(is_script=True)

from tftag.cli.main import command  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(command())
