import multiprocessing
import os
import signal
import threading
import time

import ffmpeg_files
import numpy as np
import pytest
import soundfile
from converted_tones import RATE_HZ, contents, make_sources, times

from pipelines.prepare.wav_conversion import convert, journal
from tftag import audio


def converted_to(folder, sources, **how):
    how = {"processes": 1, "array_rate_hz": RATE_HZ, **how}
    return convert.convert_files(sources, folder, RATE_HZ, **how)


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A finished folder with a silent and a broken file in it."""
    top = tmp_path_factory.mktemp("converted")
    sources = make_sources(top / "in")
    soundfile.write(top / "in" / "z.wav", np.zeros(99), RATE_HZ)
    (top / "in" / "b.mp3").write_bytes(b"nothing" * 99)
    sources |= {"z": top / "in" / "z.wav", "b": top / "in" / "b.mp3"}
    answers = converted_to(top / "out", sources)
    return sources, answers, top / "out"


def test_files_are_what_decoding_gives(converted):
    sources, answers, folder = converted
    assert list(answers) == list(sources)
    for track_id in list(sources)[:6]:
        answer = answers[track_id]
        wav = folder / "wav" / f"{track_id}.wav"
        expected = audio.decode_file(sources[track_id], RATE_HZ)
        found = np.fromfile(wav, "<i2", offset=answer["data_offset"])
        np.testing.assert_array_equal(found, expected.samples)
        assert answer["peak"] == expected.peak
        assert answer["samples"] == found.size
        assert answer["file_bytes"] == wav.stat().st_size
    hashes = {answers[f"t{i}"]["audio_hash"] for i in range(6)}
    assert len(hashes) == 6
    assert answers["z"]["reason"] == "silent"
    assert answers["b"]["reason"] == "unreadable"
    assert set(contents(folder)) == {f"t{i}.wav" for i in range(6)}


def test_the_number_of_processes_changes_nothing(converted, tmp_path):
    sources, answers, folder = converted
    again = converted_to(tmp_path, sources, processes=3)
    assert again == answers
    assert contents(tmp_path) == contents(folder)


def test_a_second_call_touches_only_what_changed(tmp_path, monkeypatch):
    sources = make_sources(tmp_path / "in", count=3)
    first = converted_to(tmp_path, sources)
    written = times(tmp_path)

    with monkeypatch.context() as patch:  # nothing left: no process needed
        patch.setattr(convert, "_Worker", None)
        again = converted_to(tmp_path, sources)
    assert again == first
    assert times(tmp_path) == written

    soundfile.write(sources["t1"], np.ones(50), RATE_HZ)
    (tmp_path / "wav" / "t2.wav").unlink()
    again = converted_to(tmp_path, sources)
    assert again["t1"]["samples"] == 50
    assert again["t2"] == first["t2"]
    assert times(tmp_path)["t0.wav"] == written["t0.wav"]

    other = convert.convert_files(sources, tmp_path, 4_000, processes=1)
    assert other["t0"]["samples"] < first["t0"]["samples"]


def test_a_decoder_that_hangs_costs_one_file(tmp_path, monkeypatch):
    sources = make_sources(tmp_path / "in", count=4)
    os.mkfifo(tmp_path / "pipe.npy")  # opening it waits for ever
    sources = {"pipe": tmp_path / "pipe.npy", **sources}
    start = time.monotonic()
    answers = converted_to(tmp_path, sources, processes=2, seconds_per_file=1.0)
    assert time.monotonic() - start < 60
    assert answers["pipe"]["reason"] == "timed out"
    assert all("samples" in answers[f"t{i}"] for i in range(4))
    assert not list((tmp_path / "wav").glob(".*"))
    assert not multiprocessing.active_children()

    # The same limit would end the same way, a longer one may not.
    with monkeypatch.context() as patch:
        patch.setattr(convert, "_Worker", None)
        converted_to(tmp_path, sources, seconds_per_file=0.9)
    again = converted_to(tmp_path, sources, seconds_per_file=1.1)
    assert again["pipe"]["detail"] == "after 1.1 seconds"


def test_a_decoder_that_crashes_costs_one_file_and_is_tried_again(tmp_path):
    sources = make_sources(tmp_path / "in", count=2)
    os.mkfifo(tmp_path / "pipe.npy")
    sources = {"pipe": tmp_path / "pipe.npy", **sources}

    def crash_the_busy_one():
        while not multiprocessing.active_children():
            time.sleep(0.01)
        # Once the pipe's reader is there, this writer can be opened.
        with open(tmp_path / "pipe.npy", "wb"):
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGSEGV)

    thread = threading.Thread(target=crash_the_busy_one)
    thread.start()
    answers = converted_to(tmp_path, sources)
    thread.join()
    assert answers["pipe"]["detail"] == "the decoder crashed"
    assert all("samples" in answers[f"t{i}"] for i in range(2))
    notes = journal.Journal(tmp_path, convert.made_by(RATE_HZ))
    assert notes.find("pipe", str(sources["pipe"])) is None
    notes.close()


def test_a_worker_that_is_killed_before_it_begins_is_replaced(
    tmp_path, monkeypatch
):
    started = []

    class Killed(convert._Worker):
        def __init__(self, *given):
            super().__init__(*given)
            started.append(self)
            if len(started) == 1:
                self.process.kill()

    monkeypatch.setattr(convert, "_Worker", Killed)
    source = tmp_path / "a.wav"
    soundfile.write(source, 0.1 * np.sin(np.arange(400) / 9), 16_000)
    found = converted_to(tmp_path / "out", {"a": source})
    assert found["a"]["samples"] == 200
    assert len(started) == 2


def test_a_worker_that_ends_by_itself_before_it_begins_ends_the_run(tmp_path):
    too_many = (16_000, 1.0, False, None, "no such argument")
    pool = convert._Pool(1, too_many, tmp_path, [("a", "a.wav")])
    with pytest.raises(ChildProcessError, match="exit code 1"):
        list(pool.results())


def test_what_the_decoder_warns_of_is_told(tmp_path, caplog):
    path = make_sources(tmp_path, count=1)["t0"]
    x, rate_hz = soundfile.read(path)
    mp3 = tmp_path / "cut.mp3"
    soundfile.write(mp3, np.tile(x, 20), rate_hz)
    data = mp3.read_bytes()
    mp3.write_bytes(data[: len(data) // 2])
    answers = converted_to(tmp_path, {"a": mp3})
    assert "% of it is there" in answers["a"]["warnings"][0]
    assert "cut.mp3: only" in caplog.text


@pytest.mark.parametrize("wrong", [{"processes": 0}, {"seconds_per_file": 0.0}])
def test_refused_arguments(tmp_path, wrong):
    with pytest.raises(ValueError, match="Received"):
        convert.convert_files({}, tmp_path, RATE_HZ, **wrong)


def outcomes(sources, folder):
    return {
        name: (
            answer.get("reason", answer.get("samples")),
            answer.get("ffmpeg"),
        )
        for name, answer in converted_to(folder, sources).items()
    }


def test_an_ffmpeg_that_comes_later_is_asked(tmp_path, monkeypatch):
    sources = make_sources(tmp_path / "in", count=1)
    sources["m4a"] = tmp_path / "in" / "a.m4a"
    sources["m4a"].write_bytes(b"only a stand-in reads this")
    broken = tmp_path / "in" / "broken.flac"
    broken.write_bytes(sources["t0"].read_bytes()[:-99])
    sources["broken"] = broken
    programs = tmp_path / "bin"
    ffmpeg_files.uninstall(programs, monkeypatch)
    alone = {"t0": (2_902, None), "broken": ("unreadable", None)}
    lost = alone | {"m4a": ("unsupported", None)}
    assert outcomes(sources, tmp_path) == lost
    written = times(tmp_path)

    reads = "header()\nsay(struct.pack('>2f', 1, .5))"
    ffmpeg_files.stand_in(programs, reads, monkeypatch)
    found = {"t0": (2_902, None), "m4a": (2, "0.1-test")}
    found["broken"] = (2, "0.1-test")  # said with a warning
    assert outcomes(sources, tmp_path) == found
    assert times(tmp_path)["t0.wav"] == written["t0.wav"]

    # What it gave stays: without any ffmpeg, and without asking again.
    written = times(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(convert, "_Worker", None)
        assert outcomes(sources, tmp_path) == found
        patch.setattr(convert.ffmpeg, "version", lambda: None)
        assert outcomes(sources, tmp_path) == found
    assert times(tmp_path) == written

    # Another version may give other samples.
    monkeypatch.setattr(convert.ffmpeg, "version", lambda: "0.2")
    outcomes(sources, tmp_path)
    assert times(tmp_path)["m4a.wav"] > written["m4a.wav"]
    assert times(tmp_path)["t0.wav"] == written["t0.wav"]


def test_an_ffmpeg_does_not_outlive_its_file(tmp_path, monkeypatch):
    pulse = tmp_path / "pulse"
    program = f"""
header()
while True:
    say(bytes(1 << 12))
    time.sleep(0.02)
    open({str(pulse)!r}, "a").write(".")
"""
    ffmpeg_files.stand_in(tmp_path / "bin", program, monkeypatch)
    path = tmp_path / "a.m4a"
    path.write_bytes(b"only a stand-in reads this")
    answers = converted_to(tmp_path, {"a": path}, seconds_per_file=2.0)
    assert answers["a"]["reason"] == "timed out"
    assert pulse.read_text()
    time.sleep(0.5)
    beats = pulse.stat().st_size
    time.sleep(0.3)
    assert pulse.stat().st_size == beats
