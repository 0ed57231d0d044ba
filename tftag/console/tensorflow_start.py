"""Prepares the process for TensorFlow before it is imported."""

import contextlib
import os
import platform
import sys
from collections.abc import Iterator, MutableMapping

from tftag.console import quiet

# Read by TensorFlow once, as it is loaded.
_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"


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
    if _LOG_LEVEL in os.environ:
        yield
        return
    os.environ[_LOG_LEVEL] = "3"
    with quiet.everything():
        yield
