"""A process of a pool: it leaves Ctrl-C to its parent, and ends with it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable


def begin(at_end: Callable[[], None] = lambda: None) -> None:
    """Makes the process a worker; the first thing that it does.

    Args:
        at_end: Is called where the parent ended first, as when it was killed.
    """
    # Ctrl-C reaches the whole group: the parent decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(
        target=_end_with_parent, args=(at_end,), daemon=True
    ).start()


def _end_with_parent(at_end: Callable[[], None]) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    at_end()
    os._exit(1)
