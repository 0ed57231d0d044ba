import errno
import os
import string

import numpy as np
import pytest
from empty_files import touch

from pipelines.sources import listings


def test_audio_files_are_known_by_their_ending_or_their_contents(tmp_path):
    touch(tmp_path, "a.mp3", "b/c.WAV", "b/d/e.flac", "notes.txt", "mp3")
    touch(tmp_path, "...and.mp3", ".b/x.mp3", "._a.mp3", ".git/x.mp3", "a.npy")
    (tmp_path / "no ending").write_bytes(b"fLaC" + bytes(99))
    found = listings.audio_files(tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert names == [
        *("...and.mp3", ".b/x.mp3", "a.mp3", "a.npy", "b/c.WAV"),
        *("b/d/e.flac", "no ending"),
    ]


def test_prepared_and_skipped_folders_are_no_source(tmp_path, monkeypatch):
    touch(tmp_path, "a.mp3", "ready/manifest.json", "ready/audio/x.wav")
    touch(tmp_path, "out/y.wav", "deep/out/z.wav")
    monkeypatch.chdir(tmp_path)
    found = listings.audio_files(tmp_path, skip=["out"])
    assert [path.name for path in found] == ["a.mp3", "z.wav"]
    inside = listings.audio_files(tmp_path / "ready")
    assert [path.name for path in inside] == ["x.wav"]


def test_links_to_folders_are_followed_but_not_into_what_is_skipped(tmp_path):
    for name in ("disk/a.mp3", "disk/.b/b.mp3", "out/wav/a.wav", "audio/c.mp3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    audio = tmp_path / "audio"
    for name, target in (("00", "disk"), ("w", "out/wav"), ("up", ".")):
        (audio / name).symlink_to(tmp_path / target)
    found = listings.audio_files(audio, skip=[tmp_path / "out"])
    assert found == [
        audio / "00" / ".b" / "b.mp3",
        audio / "00" / "a.mp3",
        audio / "c.mp3",
    ]
    # What is written may lie around the audio.
    assert listings.audio_files(audio, skip=[audio, tmp_path]) == [
        audio / "00" / ".b" / "b.mp3",
        audio / "00" / "a.mp3",
        audio / "c.mp3",
        audio / "w" / "a.wav",
    ]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder .*gone"):
        listings.audio_files(tmp_path / "gone")


def test_tags_are_clean_and_there_once():
    texts = ["Rock", " ", "genre---rock", "genre---", "POP"]
    assert listings.clean_tags(texts) == ("rock", "pop")


def test_plain_names_make_plain_ids():
    names = ["a.mp3", "b/c.flac", "d.01.wav", "e", "../f.ogg", "/g/h.mp3"]
    ids = listings.track_ids(names)
    assert ids == ["a", "b__c", "d.01", "e", "f", "g__h"]


def test_ids_are_unique_stable_and_safe():
    rng = np.random.default_rng(0)
    letters = list("aA._-/ é夜\n|,\"'\\") + [os.fsdecode(b"\xff")]
    names = ["x.mp3", "x.wav", "X.mp3", "夜.mp3", "昼.mp3", "a" * 300, "..."]
    names += ["a/b", "a__b", "a" * 299]
    names += ["".join(rng.choice(letters, 6)) for _ in range(2_000)]
    names = list(dict.fromkeys(names))
    ids = listings.track_ids(names)
    assert len({text.casefold() for text in ids}) == len(names)
    safe = set(string.ascii_letters + string.digits + "._-")
    for text in ids:
        assert text and set(text) <= safe and len(text) < 120
        assert not text.startswith((".", "-"))
    shuffled = rng.permutation(len(names))
    again = listings.track_ids([names[place] for place in shuffled])
    assert again == [ids[place] for place in shuffled]


def test_names_in_a_file(tmp_path):
    path = tmp_path / "tags.txt"
    path.write_bytes("\ufeffrock\r\n\n \nhip hop\n".encode())
    assert listings.read_names(path) == ["rock", "hip hop"]
    path.write_bytes(b"caf\xe9")
    with pytest.raises(ValueError, match="UTF-8.*Received: .*tags.txt"):
        listings.read_names(path)
    path.write_text("\n \n")
    with pytest.raises(
        ValueError, match="Received: .*tags.txt, which has none"
    ):
        listings.read_names(path)


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch, caplog):
    touch(tmp_path, "a.wav", "closed/b.wav")
    scandir = os.scandir

    def refuse(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert listings.audio_files(tmp_path) == [tmp_path / "a.wav"]
    assert f"{tmp_path}/closed: Permission denied" in caplog.text
