"""Hides what native libraries write to stderr past Python."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from tftag.console import terminal


@contextlib.contextmanager
def everything() -> Iterator[None]:
    """Hides all that is written to descriptor 2, by Python too."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
        stderr = os.dup(2)
    except (OSError, ValueError):  # closed: nobody hears it
        yield
        return
    with _hidden_but_for(stderr):
        yield


@contextlib.contextmanager
def libraries() -> Iterator[None]:
    """Hides what libraries write to stderr past Python.

    libmpg123 has a note for every odd byte of an MP3. What Python writes,
    warnings and the reasons of refused files, stays. One thread at a time.
    """
    sys.stderr.flush()
    python, stderr = sys.stderr, os.dup(2)
    with _hidden_but_for(stderr):
        if _is_stderr(python):
            moved = open(
                stderr,
                "w",
                buffering=1,
                encoding=python.encoding,
                errors=python.errors,
                closefd=False,
            )
            sys.stderr = terminal.PlainStream(moved, is_stderr=True)
        try:
            yield
        finally:
            sys.stderr.flush()
            sys.stderr = python


@contextlib.contextmanager
def _hidden_but_for(stderr: int) -> Iterator[None]:
    """Hides what is written to descriptor 2, which is a copy's again after."""
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def _is_stderr(stream: Any) -> bool:
    try:
        return stream.fileno() == 2
    except (AttributeError, OSError, ValueError):
        return False  # no file: what is written goes elsewhere
