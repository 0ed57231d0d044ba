import errno
import hashlib
import multiprocessing
import os
import signal

import numpy as np
import other_process
import pytest
import soundfile

from pipelines.prepare.wav_conversion import convert_worker
from pipelines.reading.slices import slice_decoders
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


def test_what_is_read_in_slices_is_left_where_it_is(tmp_path, source):
    target = tmp_path / "b.wav"
    converted = convert_worker.convert(source, str(target), RATE_HZ)
    target.unlink()
    answer = convert_worker.convert(source, str(target), RATE_HZ, True)
    assert not target.exists()
    assert answer == converted | {
        "data_offset": 0,
        "file_bytes": os.path.getsize(source),
        "codec": "wav/pcm_16",
        "source_rate_hz": RATE_HZ,
        "source_frames": 999,
    }


def test_what_is_not_is_converted_and_told(tmp_path, source, monkeypatch):
    def facts(*_):
        raise slice_decoders.Undecodable("its parts are not its whole")

    monkeypatch.setattr(convert_worker.in_place_check, "facts", facts)
    target = tmp_path / "b.wav"
    answer = convert_worker.convert(source, str(target), RATE_HZ, True)
    assert target.exists() and "codec" not in answer
    (warning,) = answer["warnings"]
    assert (
        warning == "converted, not left in place: its parts are not its whole"
    )


def test_an_array_is_a_source_like_any_other(tmp_path):
    wave = np.sin(np.arange(5_000) / 9).astype(np.float32)
    np.save(tmp_path / "a.npy", wave)
    source, target = str(tmp_path / "a.npy"), tmp_path / "b.wav"
    answers = [
        convert_worker.convert(source, str(target), RATE_HZ, *more)
        for more in ((False, 11_025), (True, 11_025))
    ]
    assert answers[0]["audio_hash"] == answers[1]["audio_hash"]
    assert answers[1]["codec"] == "npy"
    refused = convert_worker.convert(source, str(target), RATE_HZ)
    assert refused["detail"] == "An array does not tell its rate."


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


class Connection:
    """The end of a worker whose other end has named all files already."""

    def __init__(self, *files):
        self.files, self.answers = list(files), []

    def recv(self):
        if not self.files:
            raise EOFError
        return self.files.pop(0)

    def send(self, answer):
        self.answers.append(answer)


def test_what_nobody_thought_of_is_named_and_costs_one_file(
    tmp_path, source, monkeypatch
):
    right = convert_worker.convert

    def sometimes(path, target, *more):
        if path == "odd":
            (tmp_path / "odd.part").write_bytes(b"half")
            raise RuntimeError("nobody thought of it")
        return right(path, target, *more)

    monkeypatch.setattr(convert_worker, "convert", sometimes)
    # What a process of its own may do, and this one not.
    for module, name in ((os, "dup2"), (signal, "signal"), (signal, "alarm")):
        monkeypatch.setattr(module, name, lambda *_: None)
    connection = Connection(
        (source, str(tmp_path / "a.part")), ("odd", str(tmp_path / "odd.part"))
    )
    convert_worker.serve(connection, RATE_HZ, 60.0)
    ready, answer, odd = connection.answers
    assert ready is None and answer["samples"] == 999
    assert odd == {
        "reason": "unreadable",
        "detail": "RuntimeError: nobody thought of it",
        "final": False,
    }
    assert [path.name for path in tmp_path.glob("*.part")] == ["a.part"]


def test_a_worker_starts_without_tensorflow():
    said = other_process.printed(
        [
            "import sys",
            "from pipelines.prepare.wav_conversion import convert_worker",
            "print({'tensorflow', 'keras', 'sklearn'} & set(sys.modules))",
        ]
    )
    assert said == "set()"
