"""What is run: `python -m experiments.run_*`."""

from tftag import quiet_start

# Before any other module imports it and lets it talk about its plug-ins.
with quiet_start.quiet_tensorflow():
    import tensorflow  # noqa: F401
