"""Prepares the process for TensorFlow before it is imported."""

import contextlib
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator, MutableMapping

from tftag.console import quiet

# Read by TensorFlow once, as it is loaded.
_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
# Read by matplotlib, which Keras imports.
_BACKEND = "MPLBACKEND"
_BACKEND_MODULE = "module://"


def use_onednn(environment: MutableMapping[str, str]) -> None:
    """Has TensorFlow use oneDNN on any x86 processor, unless told otherwise.

    By itself it does so only on one with AVX512-VNNI or later. Where there is
    no more than AVX2, its other convolutions take two to four times as long
    (docs/performance.md).

    Args:
        environment: `os.environ` before TensorFlow is imported, or that of a
            process that is to be started. What it says already holds.

    Example:
        >>> environment = {"TF_ENABLE_ONEDNN_OPTS": "0"}
        >>> use_onednn(environment)
        >>> environment
        {'TF_ENABLE_ONEDNN_OPTS': '0'}
    """
    if platform.machine() in ("x86_64", "AMD64"):
        environment.setdefault(_ONEDNN, "1")


def leave_out_missing_backend(environment: MutableMapping[str, str]) -> None:
    """Has matplotlib choose its backend where the one it is told is missing.

    Whatever a notebook starts inherits the notebook's own backend, which need
    not be installed in another environment; matplotlib, and so Keras and
    TensorFlow, could not be imported there.

    Args:
        environment: `os.environ` before any of them is imported.

    Example:
        >>> environment = {"MPLBACKEND": "module://of_a_notebook.inline"}
        >>> leave_out_missing_backend(environment)
        >>> environment
        {}
    """
    backend = environment.get(_BACKEND, "")
    if backend.startswith(_BACKEND_MODULE):
        package = backend.removeprefix(_BACKEND_MODULE).partition(".")[0]
        if not package or importlib.util.find_spec(package) is None:
            del environment[_BACKEND]


@contextlib.contextmanager
def prepared() -> Iterator[None]:
    """Lets TensorFlow start with oneDNN, and without a word.

    Some of what it logs is written past Python and before the level of its log
    is looked at. Where a level is set, all of it is heard; where TensorFlow is
    there already, nothing changes.

    Example:
        with tensorflow_start.prepared():
            import tensorflow
    """
    if "tensorflow" in sys.modules:
        yield
        return
    use_onednn(os.environ)
    leave_out_missing_backend(os.environ)
    if _LOG_LEVEL in os.environ:
        yield
        return
    os.environ[_LOG_LEVEL] = "3"
    with quiet.everything():
        yield
