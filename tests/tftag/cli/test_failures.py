"""A file that fails is a line and is counted."""

from tftag.cli import failures


def test_each_is_a_line_and_counts(capsys):
    fail = failures.Failures("not tagged")
    fail("a.wav", ValueError("a.wav: No\nsound."))
    fail("b.wav", OSError(28, "No space left", "b.wav"), "not written")
    first, second = capsys.readouterr().err.splitlines()
    assert first == "not tagged: a.wav: No sound."
    assert second.startswith("not written: ") and "b.wav" in second
    assert fail.count == 2


def test_a_line_end_in_a_name_is_seen(capsys):
    fail = failures.Failures("not tagged")
    fail("a\r", FileNotFoundError("a\r: No such file.\r\nThe nearest is 'a'."))
    fail("b\nc", ValueError("b\nc: No sound."))
    assert capsys.readouterr().err.splitlines() == [
        r"not tagged: a\r: No such file. The nearest is 'a'.",
        r"not tagged: b\nc: No sound.",
    ]
