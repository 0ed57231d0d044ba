import errno
import hashlib
import multiprocessing
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from pipelines import convert_worker
from tftag import audio

RATE_HZ = 8_000


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.linspace(-0.5, 0.4, 999), RATE_HZ)
    return str(path)


def test_the_answer_describes_the_file(tmp_path, source):
    target = tmp_path / "b.wav"
    answer = convert_worker.convert(source, str(target), RATE_HZ)
    recording = audio.decode_file(source, RATE_HZ)
    data = recording.samples.tobytes()
    assert target.read_bytes()[answer["data_offset"] :] == data
    assert answer == {
        "samples": 999,
        "peak": recording.peak,
        "data_offset": 44,
        "file_bytes": 44 + 2 * 999,
        "audio_hash": hashlib.blake2b(data, digest_size=16).hexdigest(),
        "warnings": [],
        "final": True,
    }


def test_unusable_audio_is_an_answer(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"")
    target = tmp_path / "b.wav"
    answer = convert_worker.convert(
        str(tmp_path / "a.mp3"), str(target), RATE_HZ
    )
    assert answer == {
        "reason": "empty",
        "detail": "There are no bytes.",
        "final": True,
    }
    gone = convert_worker.convert(str(tmp_path / "c"), str(target), RATE_HZ)
    assert gone["reason"] == "unreadable"
    assert not gone["final"]
    assert not target.exists()


def test_a_full_disk_is_an_error_and_leaves_nothing(
    tmp_path, source, monkeypatch
):
    target = tmp_path / "x.part"

    def full(path, *_):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(audio, "write_wav", full)
    with pytest.raises(OSError, match="No space") as caught:
        convert_worker.convert(source, str(target), RATE_HZ)
    assert caught.value.filename == str(tmp_path)
    assert not target.exists()


def test_a_worker_serves_until_the_other_end_hangs_up(tmp_path, source):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=convert_worker.serve, args=(theirs, RATE_HZ, 60.0)
    )
    process.start()
    theirs.close()
    assert ours.recv() is None
    ours.send((source, str(tmp_path / "b.wav")))
    assert ours.recv()["samples"] == 999
    ours.send((source, str(tmp_path / "nowhere" / "b.wav")))
    assert isinstance(ours.recv(), OSError)
    ours.close()
    process.join(timeout=20)
    assert process.exitcode == 0
    process.close()


def test_a_worker_starts_without_tensorflow():
    program = (
        "import sys; from pipelines import convert_worker;"
        "print({'tensorflow', 'keras', 'sklearn'} & set(sys.modules))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    said = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "set()\n"
