"""What a command writes on the terminal: text, and nothing else.

The name of a file, a tag or a message of a library may hold anything: what a
terminal would obey (escape sequences), what nobody sees or what turns a line
around, and what its encoding does not have. All are written as escapes, and no
command ends over them.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

_OBEYED = (*range(0x20), *range(0x7F, 0xA0))
# Signs without a width, and those that say which way to read.
_UNSEEN = (
    *(0xAD, 0x61C, 0x180E, 0xFEFF),
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xE0000, 0xE0080),
)
_ESCAPES = {
    code: ascii(chr(code))[1:-1]
    for code in (*_OBEYED, *_UNSEEN)
    if chr(code) not in "\n\t"
}
# Progress bars return to the beginning of their line.
_ESCAPES_OF_STDERR = {k: v for k, v in _ESCAPES.items() if chr(k) != "\r"}
# Rows keep what joins letters: names in many scripts are spelled with it.
_ESCAPES_OF_STDOUT = {
    k: v for k, v in _ESCAPES.items() if k not in (0x200C, 0x200D)
}


class PlainStream:
    """A text stream that writes what is obeyed or not seen as escapes.

    Line ends and tabs stay; on stderr the carriage returns of progress bars,
    on stdout what joins letters. All else is the stream's own.
    """

    def __init__(self, stream: TextIO, *, is_stderr: bool) -> None:
        """Wraps a stream, which stays open."""
        self._stream = stream
        self._escapes = _ESCAPES_OF_STDERR if is_stderr else _ESCAPES_OF_STDOUT

    def write(self, text: str) -> int:
        """Writes text."""
        return self._stream.write(text.translate(self._escapes))

    def writelines(self, lines: Any) -> None:
        """Writes several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Returns what the stream has."""
        return getattr(self._stream, name)


@contextlib.contextmanager
def plain_streams() -> Iterator[None]:
    """Makes stdout and stderr plain for as long."""
    before = {"stdout": sys.stdout, "stderr": sys.stderr}
    plain = {}
    with contextlib.ExitStack() as stack:
        for name, stream in before.items():
            if stream is None:  # closed by who has started us
                nowhere = open(os.devnull, "w", encoding="utf-8")
                stream = stack.enter_context(nowhere)
            stack.enter_context(_with_stand_ins(stream))
            plain[name] = PlainStream(stream, is_stderr=name == "stderr")
            setattr(sys, name, plain[name])
        try:
            yield
        finally:
            for name, stream in plain.items():
                # Another was put there where the reader has gone.
                if getattr(sys, name) is stream:
                    setattr(sys, name, before[name])


@contextlib.contextmanager
def _with_stand_ins(stream: Any) -> Iterator[Any]:
    """Lets a stream write letters that its encoding does not have."""
    if not hasattr(stream, "reconfigure"):  # no text of a file
        yield
        return
    errors = stream.errors
    stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):  # closed by now
            stream.reconfigure(errors=errors)
