"""Files in a bucket: listed, copied to be read, and nothing of them left."""

import os
import pathlib
import tempfile

import numpy as np
import pytest
import soundfile

from tftag.audio import audio_files, remote_files
from tftag.storage.remote import address as addresses
from tftag.storage.remote import fetched_files, remote_listing, transfers

RATE = 8_000
FOLDER = addresses.Address("s3://music/songs")
NAMES = ["a.wav", "b/c d.flac", "b/e.wav"]


@pytest.fixture
def here(tmp_path):
    folder = tmp_path / "songs"
    (folder / "b").mkdir(parents=True)
    for seed, name in enumerate(NAMES):
        drawn = np.random.default_rng(seed).uniform(-0.5, 0.5, RATE // 8 + seed)
        soundfile.write(folder / name, drawn, RATE)
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    return folder


@pytest.fixture
def stored(door, here, tmp_path, monkeypatch):
    for path in here.rglob("*.*"):
        transfers.put_file(path, FOLDER / str(path.relative_to(here)))
    (tmp_path / "copies").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "copies"))
    door.requests.clear()
    return door


def refuse(place, error):
    raise AssertionError(f"{place}: {error}")


def read(places, failed=None):
    def decode(paths, fail):
        return audio_files.decoded(paths, RATE, fail)

    def fail(place, error):
        failed.append((str(place), audio_files.reason(error)))

    fail = refuse if failed is None else fail
    files = fetched_files.FetchedFiles()
    return list(remote_files.decoded(places, decode, fail, files))


def copies(tmp_path):
    return [path for path in (tmp_path / "copies").rglob("*.*")]


def test_a_bucket_is_read_as_the_folder_is(stored, here, tmp_path):
    places = list(remote_files.find([str(FOLDER)], refuse))
    assert [place.relative_to(FOLDER) for place in places] == NAMES
    assert all(
        place.facts.file_bytes and place.facts.version for place in places
    )
    found = read(places)
    expected = read(remote_files.find([here], refuse))
    assert [place for place, _ in found] == places
    for (_, samples), (path, same) in zip(found, expected, strict=True):
        assert isinstance(path, pathlib.Path)
        np.testing.assert_array_equal(samples, same)
    assert copies(tmp_path) == []


def test_few_copies_lie_here_at_a_time(stored, here, tmp_path):
    folder = FOLDER / "many"
    for number in range(12):
        transfers.put_file(here / "a.wav", folder / f"{number:02d}.wav")
    most = []

    def decode(paths, fail):
        for path in paths:
            most.append(len(copies(tmp_path)))
            yield path, np.zeros(1, np.int16)

    places = remote_files.find([folder], refuse)
    files = fetched_files.FetchedFiles()
    found = remote_files.decoded(places, decode, refuse, files)
    assert len(list(found)) == 12
    assert max(most) <= remote_files._FETCHED_AHEAD + 1
    assert copies(tmp_path) == []


def test_bad_files_are_named_by_their_address(stored, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    transfers.put_file(tmp_path / "bad.wav", FOLDER / "bad.wav")
    places = list(remote_files.find([FOLDER], refuse))
    transfers.remove(FOLDER / "b/e.wav")
    stored.fail(503, 99, "GET", "/c%20d.flac")
    failed = []
    assert [str(place) for place, _ in read(places, failed)] == [
        "s3://music/songs/a.wav"
    ]
    said = dict(failed)
    assert list(said) == [
        f"s3://music/songs/{name}" for name in ("bad.wav", *NAMES[1:])
    ]
    assert all(reason.startswith(name) for name, reason in said.items())
    assert "503" in said["s3://music/songs/b/c d.flac"]
    assert "not there" in said["s3://music/songs/b/e.wav"]
    assert tempfile.gettempdir() not in said["s3://music/songs/bad.wav"]
    assert copies(tmp_path) == []


def test_a_file_may_be_named_alone(stored, here):
    named = [f"{FOLDER}/a.wav", f"{FOLDER}/no.wav", here / "a.wav"]
    failed = []
    found = list(remote_files.find(named, lambda *one: failed.append(one)))
    assert list(map(str, found)) == [f"{FOLDER}/a.wav", str(here / "a.wav")]
    assert isinstance(found[0], remote_listing.ListedFile)
    assert [str(place) for place, _ in failed] == [f"{FOLDER}/no.wav"]


def test_a_folder_that_cannot_be_listed_is_named(stored):
    failed = []
    stored.fail(403, 9)

    def fail(place, error):
        failed.append(audio_files.reason(error))

    assert list(remote_files.find([FOLDER], fail)) == []
    stored.mend()
    assert list(remote_files.find([FOLDER / "none"], fail)) == []
    assert "403" in failed[0] and "no audio files" in failed[1]


def test_who_stops_leaves_no_copies(stored, tmp_path):
    places = remote_files.find([FOLDER], refuse)

    def decode(paths, fail):
        for path in paths:
            yield path, np.zeros(1, np.int16)

    files = fetched_files.FetchedFiles()
    reading = remote_files.decoded(places, decode, refuse, files)
    next(reading)
    reading.close()
    assert os.listdir(tmp_path / "copies") == []
