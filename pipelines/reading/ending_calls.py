"""Lets the program end while TensorFlow's threads still call Python.

A call into Python after the interpreter has ended never returns, and
TensorFlow waits for it for ever. So at the end of the program calls return at
once, and the interpreter exits once none has come for a moment. The moment is
counted in short sleeps: on a busy machine they take longer, and so do the
threads that may call.
"""

import atexit
import functools
import threading
import time
from collections.abc import Callable

_SLEEP_SECONDS = 0.03
_QUIET_SLEEPS = 10
_LONGEST_SECONDS = 30.0


class _Calls:
    """The calls under way."""

    def __init__(self):
        self.lock = threading.Lock()
        self.active = 0
        self.begun = 0
        self.is_over = False

    def __enter__(self):
        with self.lock:
            self.active += 1
            self.begun += 1

    def __exit__(self, *_):
        with self.lock:
            self.active -= 1


_calls = _Calls()


def until_exit(function: Callable) -> Callable:
    """Wraps a function that `tf.numpy_function` calls.

    Args:
        function: Called unchanged until the program ends. From then on its data
            set has no more elements.
    """
    _wait_at_exit()

    @functools.wraps(function)
    def called(*arguments):
        with _calls:
            if _calls.is_over:
                raise StopIteration  # TensorFlow's end of a sequence
            return function(*arguments)

    return called


@functools.cache
def _wait_at_exit():
    atexit.register(_end)


def _end():
    _calls.is_over = True
    deadline = time.monotonic() + _LONGEST_SECONDS
    quiet, begun = 0, _calls.begun
    while quiet < _QUIET_SLEEPS and time.monotonic() < deadline:
        time.sleep(_SLEEP_SECONDS)
        is_quiet = not _calls.active and _calls.begun == begun
        quiet, begun = quiet + 1 if is_quiet else 0, _calls.begun
