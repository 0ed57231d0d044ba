"""What is run: `python -m experiments.run_*`."""

from tftag import command_line

# Before any other module imports it and lets it talk about its plug-ins.
with command_line.quiet_tensorflow():
    import tensorflow  # noqa: F401
