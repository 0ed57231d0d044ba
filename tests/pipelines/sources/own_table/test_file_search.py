"""Files are found as other systems spell them, and are never guessed."""

import logging
import os

import pytest

from pipelines.sources.own_table import file_search
from tftag.storage.remote import address as addresses


def _search(folder, *names):
    files = []
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        files.append(path)
    return file_search.FileSearch(folder, files)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("rock\\A.wav", "rock/a.wav"),
        (".\\rock\\a.wav", "rock/a.wav"),
        ("S0.WAV", "s0.wav"),
        ("b.mp3", " b.mp3"),
        (" s0.wav", "s0.wav"),
        ("file://FOLDER/c%20d.mp3", "c d.mp3"),
        ("FOLDER/C D.mp3", "c d.mp3"),
        ("rock/\u200ba.wav", "rock/a.wav"),
        ("rock\\E\u0301.wav", "rock/\u00e9.wav"),
        ("c%20d.mp3", "c d.mp3"),
        ("rock/%C3%A9.wav", "rock/\u00e9.wav"),
        ("file:FOLDER/c%20d.mp3", "c d.mp3"),
        ("'=x.wav", "=x.wav"),
        ("50%.wav", "50%.wav"),
        ("rock/a", "rock/a.wav"),
        ("rock\\a", "rock/a.wav"),
        ("~/rock/a.wav", "rock/a.wav"),
    ],
)
def test_other_spellings(tmp_path, caplog, monkeypatch, written, name):
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    names = "rock/a.wav", "s0.wav", " b.mp3", "c d.mp3", "rock/\u00e9.wav"
    search = _search(tmp_path, *names, "=x.wav", "50%.wav")
    found = search.find(written.replace("FOLDER", os.fspath(tmp_path)))
    assert found == os.path.join(tmp_path, name)
    assert search.problems == {}


def test_a_name_without_its_ending_is_that_of_one_file(tmp_path):
    search = _search(tmp_path, "1.wav", "2.mp3", "2.wav", "3", "3.wav", "4.txt")
    assert search.find("1") == os.path.join(tmp_path, "1.wav")
    assert search.find("3") == os.path.join(tmp_path, "3")
    assert search.problems == {}
    assert search.problems[search.find("2")].startswith("ambiguous: 2 files")
    assert search.find("001") == os.path.join(tmp_path, "001")
    search.find("4")
    assert len(search.problems) == 1


def test_what_is_found_otherwise_is_counted(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    search = _search(tmp_path, "a.wav", "b.wav")
    search.find("a.wav")
    search.tell("list.csv")
    assert caplog.text == ""
    search.find("B.wav")
    search.tell("list.csv")
    assert "1 path of list.csv in another spelling" in caplog.text


def test_the_spelling_of_the_table_comes_first(tmp_path):
    names = ["a.wav", "A.wav", " a.wav", "r\\a.wav", "r/a.wav"]
    search = _search(tmp_path, *names)
    for name in names:
        assert search.find(name) == os.path.join(tmp_path, name)
    assert search.problems == {}
    found = search.find("a.WAV")
    assert search.problems[found].startswith("ambiguous: 3 files")


def test_addresses(tmp_path):
    bucket = addresses.Address("s3://b/music")
    search = file_search.FileSearch(
        bucket, [bucket / "a.wav", bucket / "B.wav"]
    )
    assert search.find("A.WAV") == bucket / "a.wav"
    assert search.find("gone.wav") == bucket / "gone.wav"
    assert search.find("s3://c/x.wav") == addresses.Address("s3://c/x.wav")
    found = search.find("S3A://KEY:SE/CRET@b/x.wav")
    assert "must be at s3, gs, https" in search.problems[found]
    assert "CRET" not in found + search.problems[found]
