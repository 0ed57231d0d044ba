"""What is run: `python -m experiments.run_*`."""

import os
import sys

from tftag.console import interrupts, tensorflow_start

interrupts.end_at_once_while_starting()

# A run must not depend on what a home or an environment says of Keras: its
# backend, data format, precision, or a limit on epochs.
for _name in [name for name in os.environ if name.startswith("KERAS_")]:
    del os.environ[_name]
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["KERAS_HOME"] = os.devnull  # holds no keras.json

if sys.flags.optimize > 1:
    sys.stderr.write(
        "error: Keras needs its docstrings: leave out -OO or PYTHONOPTIMIZE\n"
    )
    sys.exit(2)

# Before any other module imports it and lets it talk about its plug-ins.
with tensorflow_start.prepared():
    import tensorflow  # noqa: F401
