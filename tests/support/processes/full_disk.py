"""A disk that takes no more, for a block of a test."""

import contextlib
import resource


@contextlib.contextmanager
def taking(most_bytes=0):
    """No file grows beyond a size: the system refuses as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
