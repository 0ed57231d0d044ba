import logging
import sys
import types

from pipelines.prepare.wav_conversion import progress


def test_results_are_passed_on_and_the_log_says_how_far(monkeypatch, caplog):
    # Ten seconds a file, and a line each half minute.
    seconds = iter(range(0, 10_000, 10))
    # For this module alone: the event loops of other tests have a clock, too.
    clock = types.SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    with caplog.at_level(logging.INFO):
        assert list(progress.shown("abcdefgh", 8)) == list("abcdefgh")
    assert caplog.messages
    for message in caplog.messages:
        done, total = message.split(" files")[0].split(" of ")
        assert 1 <= int(done) <= int(total) == 8
        assert message.endswith("minutes left")


def test_a_person_at_a_terminal_sees_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(progress.shown("abc", 3)) == list("abc")
    assert "3/3" in capsys.readouterr().err
