"""Python that TensorFlow's threads call, and the end of the program.

A call that comes to Python when the interpreter has ended never returns, and
TensorFlow waits for it for ever. So at the end of the program calls return at
once, and the interpreter goes when none has come for a moment.
"""

import atexit
import functools
import threading
import time
from collections.abc import Callable

_QUIET_SECONDS = 0.3
_LONGEST_SECONDS = 30.0


class _Calls:
    """What is under way."""

    def __init__(self):
        self.lock = threading.Lock()
        self.active = 0
        self.latest = time.monotonic()
        self.is_over = False

    def count(self, change):
        with self.lock:
            self.active += change
            self.latest = time.monotonic()


_calls = _Calls()


def until_exit(function: Callable) -> Callable:
    """Wraps what a `tf.numpy_function` calls.

    Args:
        function: Called as it is until the program ends. After that its data
            set has no more elements.
    """
    _wait_at_exit()

    @functools.wraps(function)
    def called(*arguments):
        _calls.count(1)
        try:
            if _calls.is_over:
                raise StopIteration  # TensorFlow's end of a sequence
            return function(*arguments)
        finally:
            _calls.count(-1)

    return called


@functools.cache
def _wait_at_exit():
    atexit.register(_end)


def _end():
    _calls.is_over = True
    began = _calls.latest = time.monotonic()
    while (now := time.monotonic()) < began + _LONGEST_SECONDS:
        if not _calls.active and now - _calls.latest > _QUIET_SECONDS:
            return
        time.sleep(_QUIET_SECONDS / 10)
