"""How every command ends: a status, and one line where input was bad."""

import logging
import os
import sys
from collections.abc import Callable

BAD_INPUT = 2
BROKEN_PIPE = 141
INTERRUPTED = 130

_log = logging.getLogger(__name__)


def run(
    main: Callable[[list[str] | None], int], argv: list[str] | None = None
) -> int:
    """Calls `main(argv)` and turns bad input into one line on stderr.

    The traceback of such an error is logged at level DEBUG.

    Args:
        main: What the command does; returns its exit status.
        argv: Arguments without the program's name; None takes `sys.argv`.

    Returns:
        The status of `main`; 2 after bad input or a file that cannot be read
        or written, 130 after an interrupt, 141 when the reader of the output
        went away.
    """
    try:
        status = main(argv)
        # Text still in the buffer would fail after the status is decided.
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Otherwise the interpreter flushes again at exit and complains.
        sys.stdout = open(os.devnull, "w")
        return BROKEN_PIPE
    except (ValueError, OSError) as error:
        _log.debug("%s", type(error).__name__, exc_info=True)
        line = " ".join(_describe(error).splitlines())
        sys.stderr.write(f"error: {line}\n")
        return BAD_INPUT


def _describe(error: ValueError | OSError) -> str:
    """The message without the errno that Python puts before it."""
    if isinstance(error, OSError) and error.strerror:
        names = [n for n in (error.filename, error.filename2) if n is not None]
        return ": ".join([error.strerror, *(os.fsdecode(n) for n in names)])
    return str(error) or type(error).__name__
