"""TensorFlow's first import without its talk of plug-ins and drivers."""

import contextlib
import os
import sys
from collections.abc import Iterator

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


@contextlib.contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Hides what TensorFlow logs as it is imported, unless a level is set.

    Some of it is written past Python and before the level is looked at. Where
    TensorFlow is there already, nothing changes.
    """
    if _LEVEL in os.environ or "tensorflow" in sys.modules:
        yield
        return
    os.environ[_LEVEL] = "3"
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
        stderr = os.dup(2)
    except (OSError, ValueError):  # closed: there is nothing to hide
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
