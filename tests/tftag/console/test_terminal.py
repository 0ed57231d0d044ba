import io
import sys

import pytest

from tftag.console import terminal


def _said(encoding, *texts, to="stdout"):
    held = io.BytesIO()
    stream = io.TextIOWrapper(held, encoding=encoding, newline="")
    before = getattr(sys, to)
    setattr(sys, to, stream)
    try:
        with terminal.plain_streams():
            for text in texts:
                getattr(sys, to).write(text)
    finally:
        setattr(sys, to, before)
    stream.flush()
    assert stream.errors == "strict"
    return held.getvalue()


@pytest.mark.parametrize("to", ["stdout", "stderr"])
def test_a_terminal_obeys_no_name(to):
    name = "\x1b]0;title\x07\x1b[31m\x9b2J\x08\x7f"
    said = _said("utf-8", f"{name}\tx\n", to=to).decode()
    assert said.isascii() and said.endswith("\tx\n")
    assert all(letter.isprintable() for letter in said[:-3])
    assert "\\x1b[31m" in said


def test_letters_that_the_encoding_lacks_are_written_as_escapes():
    assert _said("ascii", "\u65e5.wav\n", "b.wav") == b"\\u65e5.wav\nb.wav"
    assert _said("latin-1", "\xe9\u7d42") == b"\xe9\\u7d42"


def test_a_progress_bar_returns_to_its_line_and_rows_do_not():
    assert _said("utf-8", "\r50%", to="stderr") == b"\r50%"
    assert _said("utf-8", "a\rb") == b"a\\rb"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_stream_that_is_closed_ends_nothing(name, monkeypatch):
    monkeypatch.setattr(sys, name, None)
    with terminal.plain_streams():
        getattr(sys, name).write("nobody reads it")


def test_what_nobody_sees_is_written_as_escapes():
    name = "a\u200bb\u202egpj\ufeff\u2028\U000e0041"
    for to in ("stdout", "stderr"):
        said = _said("utf-8", f"{name}\n", to=to).decode()
        assert said == "a\\u200bb\\u202egpj\\ufeff\\u2028\\U000e0041\n"


def test_rows_keep_what_joins_letters_and_messages_show_it():
    name = "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\u3000\u65e5"
    assert _said("utf-8", name).decode() == name
    assert "\\u200c" in _said("utf-8", name, to="stderr").decode()
