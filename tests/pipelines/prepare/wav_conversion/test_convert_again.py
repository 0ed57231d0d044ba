"""Conversions that are called again, beside another, or lose a worker."""

import numpy as np
import pytest
from converted_tones import RATE_HZ, make_sources, times

from pipelines.prepare.wav_conversion import convert, journal


def test_the_rate_of_arrays_decides_arrays_alone(tmp_path):
    sources = make_sources(tmp_path / "in", count=2)
    sources["array"] = tmp_path / "in" / "x.npy"
    np.save(sources["array"], np.sin(np.arange(8_000, dtype=np.float32)))

    def convert_at(array_rate_hz):
        answers = convert.convert_files(
            sources,
            tmp_path,
            RATE_HZ,
            processes=1,
            array_rate_hz=array_rate_hz,
        )
        return answers["array"]["samples"], times(tmp_path)

    samples, before = convert_at(8_000)
    halved, after = convert_at(16_000)
    assert samples == RATE_HZ
    assert halved == samples // 2
    assert {name for name in before if before[name] != after[name]} == {
        "array.wav"
    }


def test_a_worker_that_dies_between_two_files_costs_one(tmp_path, monkeypatch):
    sources = make_sources(tmp_path / "in", count=3)
    receive, killed = convert._Pool._receive, []

    class Dying:
        """A connection whose worker was killed after its latest answer."""

        def __init__(self, worker):
            self.answers = [worker.connection.recv()]
            worker.process.kill()
            worker.process.join()
            self.send = worker.connection.send
            self.fileno, self.close = (
                worker.connection.fileno,
                worker.connection.close,
            )

        def recv(self):
            if not self.answers:
                raise EOFError
            return self.answers.pop()

    def kill_first(self, worker):
        if worker.ready and not killed:
            killed.append(worker.track_id)
            worker.connection = Dying(worker)
        yield from receive(self, worker)

    monkeypatch.setattr(convert._Pool, "_receive", kill_first)
    answers = convert.convert_files(sources, tmp_path, RATE_HZ, processes=1)
    assert killed == ["t0"]
    assert "samples" in answers["t0"] and "samples" in answers["t2"]
    assert answers["t1"]["detail"] == "the decoder crashed"
    assert not answers["t1"]["final"]


def test_one_preparation_per_folder(tmp_path):
    notes = journal.Journal(tmp_path, "me")
    with pytest.raises(ValueError, match="Another process"):
        convert.convert_files({}, tmp_path, RATE_HZ)
    notes.close()
    assert convert.convert_files({}, tmp_path, RATE_HZ) == {}


def test_a_source_that_went_away_is_unreadable(tmp_path):
    answers = convert.convert_files(
        {"a": tmp_path / "gone.wav"}, tmp_path, RATE_HZ
    )
    assert answers["a"]["reason"] == "unreadable"
    assert "No such file" in answers["a"]["detail"]
