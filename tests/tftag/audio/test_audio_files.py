import errno
import os

import numpy as np
import pytest
import soundfile

from tftag.audio import audio_files

RATE = 8_000


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/2.wav", "b/1.FLAC", "c.wav", "a.wav"):
        samples = np.full(RATE // 10, 0.1 * len(name))
        soundfile.write(tmp_path / name, samples, RATE)
    (tmp_path / "cover.jpg").write_bytes(b"")
    # Beside the files of other systems a Mac keeps such.
    (tmp_path / "._c.wav").write_bytes(b"\0\5\x16\7" + bytes(99))
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return tmp_path


def test_files_are_found_to_the_bottom_in_order(folder):
    failures = []

    def fail(path, error):
        failures.append((path, audio_files.reason(error)))

    paths = list(audio_files.find([folder, folder / "cover.jpg"], fail))
    names = ["a.wav", "c.wav", "b/1.FLAC", "b/2.wav", "cover.jpg"]
    assert paths == [folder / name for name in names]
    assert not failures
    (folder / "empty").mkdir()
    assert not list(audio_files.find([folder / "empty"], fail))
    ((path, why),) = failures
    assert path == folder / "empty"
    assert why == f"{path}: There are no audio files in this folder."


def test_links_to_folders_are_followed(folder, tmp_path_factory):
    disk = tmp_path_factory.mktemp("disk")
    (folder / "c.wav").rename(disk / "c.wav")
    (folder / "b" / "disk").symlink_to(disk)
    found = list(audio_files.find([folder], None))
    names = ["a.wav", "b/1.FLAC", "b/2.wav", "b/disk/c.wav"]
    assert found == [folder / name for name in names]


def test_of_a_folder_that_cannot_be_listed_nothing_else_is_said(
    tmp_path, monkeypatch
):
    # The rights of a folder do not stop root.
    def scandir(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", scandir)
    failures = []
    found = audio_files.find([tmp_path], lambda *one: failures.append(one))
    assert not list(found)
    ((path, error),) = failures
    assert path == tmp_path
    assert audio_files.reason(error) == f"{tmp_path}: Permission denied"


@pytest.mark.parametrize("at_once", [1, 3])
def test_each_answer_stands_with_its_file(folder, at_once):
    """Whoever answers may read ahead."""

    def answer(recordings):
        waiting = []
        for samples in recordings:
            waiting.append(samples)
            if len(waiting) == at_once:
                yield from map(np.max, waiting)
                waiting = []
        yield from map(np.max, waiting)

    failures = []
    paths = [folder / "a.wav", folder / "cover.jpg", folder / "absent.wav"]
    paths += [folder / "c.wav", folder / "b" / "2.wav", folder / "b" / "1.FLAC"]
    found = list(
        audio_files.each(
            answer,
            audio_files.decoded(paths, RATE, lambda *one: failures.append(one)),
        )
    )
    assert [path for path, _ in found] == [paths[0], *paths[3:]]
    # All are at full scale once they are decoded.
    assert all(abs(int(peak)) > 32_000 for _, peak in found)
    assert len(failures) == 2
    assert [path for path, _ in failures] == paths[1:3]
    reasons = [audio_files.reason(error) for _, error in failures]
    assert all(str(folder) in reason for reason in reasons)
    assert reasons[1].endswith("absent.wav: No such file or directory")


def test_a_path_of_any_bytes_can_be_written():
    path = os.fsdecode(b"m\xfcsic/\xc3\xa9.mp3")
    assert audio_files.shown(path) == "m\ufffdsic/é.mp3"
