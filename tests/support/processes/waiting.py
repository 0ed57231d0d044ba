"""Waits for what another thread or process does."""

import time


def until(holds, seconds=60.0):
    """Returns the first answer of `holds` that is true.

    Raises:
        AssertionError: There is none in this time.
    """
    end = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return answer
