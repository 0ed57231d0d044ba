"""A copy of this process that is killed in the middle of its work."""

import os
import signal

import pytest

# Of tests that have one.
forks = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def die(*_, **__):
    """Stands in for what is not come through."""
    os.kill(os.getpid(), signal.SIGKILL)


def run(work):
    """Calls something in a child of this process, which has to die of it."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
