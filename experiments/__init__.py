"""What is run: `python -m experiments.run_*`."""

from tftag import quiet

# Before any other module imports it and lets it talk about its plug-ins.
with quiet.tensorflow_start():
    import tensorflow  # noqa: F401
