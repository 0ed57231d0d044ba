import os

import numpy as np
import pytest
import soundfile

from tftag import audio_files

RATE = 8_000


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/2.wav", "b/1.FLAC", "c.wav", "a.wav"):
        samples = np.full(RATE // 10, 0.1 * len(name))
        soundfile.write(tmp_path / name, samples, RATE)
    (tmp_path / "cover.jpg").write_bytes(b"")
    (tmp_path / ".hidden.wav").write_bytes(b"")
    return tmp_path


def test_files_are_found_to_the_bottom_in_order(folder):
    failures = []
    paths = list(audio_files.find([folder, folder / "x.txt"], failures.append))
    names = ["a.wav", "c.wav", "b/1.FLAC", "b/2.wav", "x.txt"]
    assert paths == [folder / name for name in names]
    assert not failures
    (folder / "empty").mkdir()
    assert not list(audio_files.find([folder / "empty"], failures.append))
    assert "no audio files" in failures[0]


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
    found = list(audio_files.each(answer, paths, RATE, failures.append))
    assert [path for path, _ in found] == [paths[0], *paths[3:]]
    # All are at full scale once they are decoded.
    assert all(abs(int(peak)) > 32_000 for _, peak in found)
    assert len(failures) == 2
    assert all(str(folder) in reason for reason in failures)
    assert failures[1].endswith("absent.wav: No such file or directory")


def test_a_path_of_any_bytes_can_be_written():
    path = os.fsdecode(b"m\xfcsic/\xc3\xa9.mp3")
    assert audio_files.shown(path) == "m\ufffdsic/é.mp3"
