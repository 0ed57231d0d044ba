"""Runs a module of tftag in a process of its own.

A command that tags starts without the model code; what needs it runs there.
"""

import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence

from tftag.console import tensorflow_start

_PACKAGE = pathlib.Path(__file__).parents[1]
# Keras imports these for parts that nothing here uses, which takes as long as
# all else of its start; without them it does without the parts.
_LEFT_OUT = ("matplotlib", "pandas", "sklearn")
_START = (
    "import runpy, sys\n"
    f"sys.modules.update(dict.fromkeys({_LEFT_OUT}))\n"
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def run(module: str, arguments: Sequence[str]) -> str:
    """Runs `python -m MODULE`.

    Args:
        module: Its name.
        arguments: Of its command line.

    Returns:
        What it printed.

    Raises:
        ValueError: It failed; the message is the last line of its stderr.
    """
    # The same tftag as this one, wherever it was imported from.
    path = os.pathsep.join(
        filter(None, [str(_PACKAGE.parent), os.environ.get("PYTHONPATH")])
    )
    # What a home or an environment says of Keras (its backend, its precision)
    # is no part of a model, and Keras needs its docstrings; names of files are
    # any bytes.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KERAS_")}
    kept.pop("PYTHONOPTIMIZE", None)
    tensorflow_start.use_onednn(kept)
    done = subprocess.run(
        [sys.executable, "-c", _START, module, *arguments],
        env={
            **kept,
            "KERAS_BACKEND": "tensorflow",
            "KERAS_HOME": os.devnull,  # holds no keras.json
            "PYTHONIOENCODING": "utf-8:surrogateescape",
            "PYTHONPATH": path,
        },
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines() or ["no reason was given"]
        raise ValueError(reason[-1].removeprefix("ValueError: "))
    return done.stdout
