import functools
import itertools
import sys

import pytest
import soundfile

from experiments.speed.comparison import files, report, row


def test_copies_are_files_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_DIFFERENT", 1)
    paths = files.mp3_files(tmp_path / "music", 3)
    assert len(set(paths)) == 3
    for path in paths:
        found = soundfile.info(path)
        assert found.samplerate == 44_100 and found.channels == 2
        assert found.duration == pytest.approx(30, abs=0.1)


def test_a_command_gives_seconds_and_notes_its_memory(tmp_path):
    peaks = []
    program = (
        "import pathlib, resource, time; x = b'x' * 200_000_000; time.sleep(.1)"
        "; most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss"
        f"; pathlib.Path({str(tmp_path / 'most')!r}).write_text(str(most))"
    )
    passed = files._run([sys.executable, "-c", program], peaks)
    assert 0.1 < passed < 60
    # Linux counts in 1,024 bytes.
    most_bytes = 1_024 * int((tmp_path / "most").read_text())
    assert peaks[0] == pytest.approx(most_bytes / 1e6, rel=0.01)


def test_a_command_that_fails_says_why():
    with pytest.raises(ValueError, match="no network"):
        program = "raise SystemExit('no network')"
        files._run([sys.executable, "-c", program], [])


def test_rows_of_time_are_followed_by_those_of_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "mp3_files", lambda _, count: ["x"] * count)
    clock = itertools.count(1)

    def run(command, peaks):
        assert command[-4:] == ["x"] * 4
        peaks.append(100.0 + next(clock))
        return 1.0

    monkeypatch.setattr(files, "_run", run)
    rows = files.tagging_rows("py", tmp_path, tmp_path, 4)
    seconds = row.measure(next(rows), 0, 2)
    memory = next(rows)
    assert seconds.name.startswith("4 MP3s") and seconds.unit == "s"
    assert memory.figures.keys() == seconds.figures.keys()
    figures = memory.figures["tftag tag"]
    assert memory.unit == "MB" and figures == [101, 105, 109]
    assert next(rows).name.startswith("one MP3")


def test_a_command_that_fails_has_no_memory_to_compare(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "mp3_files", lambda _, count: ["x"] * count)

    def run_until(rounds, command, peaks):
        if command[0] == "py" and len(peaks) == rounds:
            raise ValueError("no network")
        peaks.append(100.0)
        return 1.0

    for rounds in (0, 1):
        run = functools.partial(run_until, rounds)
        monkeypatch.setattr(files, "_run", run)
        rows = files.tagging_rows("py", tmp_path, tmp_path, 4)
        seconds = row.measure(next(rows), 0, 2)
        memory = next(rows)
        assert memory.figures.keys() == seconds.figures.keys()
        assert "tftag tag: 100" in report.to_lines(memory)
        # Nor one that was not asked for, as with --only.
        next(rows)
        assert not list(rows)
