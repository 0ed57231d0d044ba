import dataclasses
import os

import melodies
import numpy as np
import pytest

from pipelines.inspect import levels, measurements
from pipelines.inspect.fingerprints import fingerprint
from tftag.storage import no_links


def test_each_recording_is_measured(prepared, tmp_path):
    measured = measurements.measure(prepared, tmp_path / "kept")
    assert measured.unreadable == {}
    for row, track in enumerate(prepared.tracks):
        samples = np.fromfile(
            prepared.wav_path(track), "<i2", offset=track.data_offset
        )
        start, end = measured.places[row]
        expected = fingerprint.fingerprint(samples, melodies.RATE_HZ)
        assert np.array_equal(measured.words[start:end], expected)
        meter = levels.LevelMeter(melodies.RATE_HZ)
        meter.add(samples)
        assert measured.levels[row] == meter.finish()


def test_long_recordings_are_read_in_chunks(prepared, tmp_path, monkeypatch):
    whole = measurements.measure(prepared, tmp_path / "one")
    monkeypatch.setattr(measurements, "_CHUNK_SECONDS", 3)
    pieces = measurements.measure(prepared, tmp_path / "other")
    assert np.array_equal(whole.words, pieces.words)


def test_nothing_is_measured_twice(prepared, tmp_path, monkeypatch):
    first = measurements.measure(prepared, tmp_path)
    monkeypatch.setattr(measurements, "_measure", None)
    # In another order, and fewer.
    again = measurements.measure(prepared.subset([3, 2, 0]), tmp_path)
    assert again.levels == tuple(first.levels[row] for row in (3, 2, 0))
    (pair,) = again.near_duplicates()
    assert (pair.first, pair.second) == (0, 2)
    assert pair.offset_seconds == pytest.approx(-2.0, abs=0.03)


def test_pairs_with_recordings_of_yesterday_are_not_told(prepared, tmp_path):
    measurements.measure(prepared, tmp_path)
    fewer = measurements.measure(prepared.subset([1, 3]), tmp_path)
    assert fewer.near_duplicates() == []


def test_a_killed_call_goes_on(prepared, tmp_path):
    whole = measurements.measure(prepared, tmp_path / "whole")
    kept = tmp_path / "cut"
    measurements.measure(prepared.subset([0, 1]), kept)
    with open(kept / measurements.TABLE_NAME, "r+b") as file:
        file.truncate(os.path.getsize(file.name) - 20)
    with open(kept / measurements.WORDS_NAME, "ab") as file:
        file.write(b"123")
    measured = measurements.measure(prepared, kept)
    assert measured.levels == whole.levels
    for row in range(4):
        one, other = (m.words[slice(*m.places[row])] for m in (measured, whole))
        assert np.array_equal(one, other)
    assert len(measured.near_duplicates()) == 1


def test_words_that_are_gone_are_made_again(prepared, tmp_path):
    measurements.measure(prepared, tmp_path)
    (tmp_path / measurements.WORDS_NAME).write_bytes(b"")
    assert len(measurements.measure(prepared, tmp_path).near_duplicates()) == 1


def test_other_audio_under_the_name_is_measured_again(prepared, tmp_path):
    measurements.measure(prepared, tmp_path)
    changed = dataclasses.replace(prepared.tracks[0], audio_hash="other")
    changed = dataclasses.replace(
        prepared, tracks=(changed, *prepared.tracks[1:])
    )
    before = (tmp_path / measurements.WORDS_NAME).stat().st_size
    measurements.measure(changed, tmp_path)
    assert (tmp_path / measurements.WORDS_NAME).stat().st_size > before


def test_unreadable_files_are_named_and_the_rest_is_measured(
    prepared, tmp_path
):
    (prepared.folder / "audio/1.wav").unlink()
    with open(prepared.folder / "audio/2.wav", "r+b") as file:
        file.truncate(1_000)
    measured = measurements.measure(prepared, tmp_path)
    assert list(measured.unreadable) == ["audio/1.wav", "audio/2.wav"]
    assert "No such file" in measured.unreadable["audio/1.wav"]
    assert "1000 bytes" in measured.unreadable["audio/2.wav"]
    assert [levels is None for levels in measured.levels] == [0, 1, 1, 0]
    assert len(measured.near_duplicates()) == 1
    # So is what has been lost since it was measured.
    (prepared.folder / "audio/3.wav").unlink()
    measured = measurements.measure(prepared, tmp_path)
    assert measured.unreadable["audio/3.wav"] == "No such file or directory"
    assert measured.near_duplicates() == []


def test_two_writers_are_refused(prepared, tmp_path):
    tmp_path.joinpath(measurements.WORDS_NAME).touch()
    with open(tmp_path / measurements.TABLE_NAME, "a") as file:
        no_links.take(file, "not ours")
        with pytest.raises(ValueError, match="Another process"):
            measurements.measure(prepared, tmp_path)
