"""Exports that are asked over and over are opened once.

To open one and to run each of its signatures for the first time takes seconds.
"""

import contextlib
import functools

import pytest

from tftag.serving import c_runtime, python_runtime


class OpeningOnce:
    """Remembers what was opened of the exports below a folder."""

    def __init__(self, folder):
        self._folder = folder
        self._in_c = self._remembering(c_runtime.CRuntime)
        self._in_python = self._remembering(python_runtime.PythonRuntime)

    @contextlib.contextmanager
    def inside(self):
        """Whatever opens an export here gets what was opened before."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(c_runtime, "CRuntime", self._in_c)
            patch.setattr(python_runtime, "PythonRuntime", self._in_python)
            yield

    def _remembering(self, runtime):
        remembered = functools.cache(runtime)

        def opened(folder):
            is_shared = self._folder in folder.parents
            return (remembered if is_shared else runtime)(folder)

        return opened
