import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from multiprocessing import connection

import numpy as np
import odd_audio
import pytest
import soundfile
import waiting

from tftag import audio
from tftag.audio import decoding_pool, sample_file

RATE = odd_audio.RATE_HZ
# Bytes that stand for a file over which a decoder dies, or comes to no end.
DEADLY = b"deadly"
REAL = decoding_pool._decode


@pytest.fixture
def songs(tmp_path):
    paths = []
    for number in range(12):
        paths.append(tmp_path / f"{number:02d}.wav")
        samples = odd_audio.tone(0.02 * (13 - number))
        soundfile.write(paths[-1], samples, RATE)
    return paths


def decode(paths, processes=2):
    failures = []
    found = decoding_pool.decoded(
        iter(paths), RATE, lambda *one: failures.append(one), processes
    )
    return list(found), failures


def test_order_and_samples_are_those_of_one_process(songs, caplog):
    songs[3].write_bytes(odd_audio.unusable()["silent.wav"].data)
    songs[5].unlink()
    whole = songs[7].read_bytes()
    songs[7].write_bytes(whole[: len(whole) // 2])
    found, failures = decode(songs)
    assert [path for path, _ in failures] == [songs[3], songs[5]]
    silent, lost = (error for _, error in failures)
    assert isinstance(silent, audio.UnusableAudio)
    assert silent.reason == "silent" and str(songs[3]) in str(silent)
    assert isinstance(lost, FileNotFoundError)
    assert [path for path, _ in found] == [
        path for path in songs if path not in (songs[3], songs[5])
    ]
    for path, samples in found:
        alone = audio.decode_file(path, RATE).samples
        np.testing.assert_array_equal(samples, alone)
    # What a decoder warns of in its process is said here.
    assert any(str(songs[7]) in text for text in caplog.messages)


def decode_long(path, rate_hz):
    """Decodes as if every waveform were long; the disk is full for some."""
    sample_file.LEAST_BYTES = 2
    folder = decoding_pool._folder
    is_full = path.name.startswith("02")
    if is_full:
        decoding_pool._folder = "/no/such/folder"
    samples, warnings = REAL(path, rate_hz)
    assert isinstance(samples, np.ndarray) == is_full
    decoding_pool._folder = folder
    return samples, warnings


def test_long_waveforms_pass_in_files(songs, monkeypatch, tmp_path):
    expected = [audio.decode_file(path, RATE).samples for path in songs[:4]]
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(decoding_pool, "_decode", decode_long)
    found, failures = decode(songs[:4])
    assert not failures
    for (path, samples), alone in zip(found, expected, strict=True):
        np.testing.assert_array_equal(samples, alone)
        is_full = path.name.startswith("02")
        assert sample_file.is_in_file(samples) != is_full
    assert not os.listdir(folder)


def test_what_a_process_left_outlives_it(songs, monkeypatch):
    monkeypatch.setattr(decoding_pool, "_decode", decode_long)
    expected = audio.decode_file(songs[0], RATE).samples
    with contextlib.closing(decoding_pool._Pool(1, RATE)) as pool:
        future = pool._submit(songs[0], RATE)
        assert isinstance(future.result()[0], sample_file.Left)
        for child in list(pool._executor._processes.values()):
            child.kill()
        pool._waiting.append((songs[0], future))
        ((_, (samples, _)),) = pool.each(iter([]))
    np.testing.assert_array_equal(samples, expected)


def die_of(path, rate_hz):
    """Stands in for the decoder, in the process of a worker."""
    if path.read_bytes() == DEADLY:
        os.kill(os.getpid(), signal.SIGSEGV)
    return decoding_pool.audio.decode_file(path, rate_hz).samples, []


@pytest.mark.parametrize(
    "deadly", [[2], pytest.param([2, 3], marks=pytest.mark.slow)]
)
def test_a_decoder_that_crashes_costs_its_file_alone(
    songs, monkeypatch, deadly
):
    for place in deadly:
        songs[place].write_bytes(DEADLY)
    monkeypatch.setattr(decoding_pool, "_decode", die_of)
    found, failures = decode(songs)
    assert [path for path, _ in failures] == [songs[i] for i in deadly]
    assert all("crashed" in str(error) for _, error in failures)
    others = [path for i, path in enumerate(songs) if i not in deadly]
    assert [path for path, _ in found] == others


def test_whoever_stops_early_leaves_no_process(songs):
    found = decoding_pool.decoded(iter(songs), RATE, None, 2)
    next(found)
    found.close()
    waiting.until(lambda: not multiprocessing.active_children())


def hang_over(path, rate_hz, seconds):
    """Stands in for the decoder: comes to no end over some files."""
    signal.alarm(seconds)
    while path.read_bytes() == DEADLY:
        time.sleep(0.01)
    signal.alarm(0)
    return decoding_pool.audio.decode_file(path, rate_hz).samples, []


def test_a_worker_goes_on_after_one_that_hangs(songs, monkeypatch):
    monkeypatch.setattr(decoding_pool, "_decode", hang_over)
    songs[0].write_bytes(DEADLY)
    with contextlib.closing(decoding_pool.Worker(1, 60)) as worker:
        with pytest.raises(TimeoutError, match="more than 1 second[.]"):
            worker.decode(songs[0], RATE)
        samples, _ = worker.decode(songs[1], RATE)
    alone = audio.decode_file(songs[1], RATE).samples
    np.testing.assert_array_equal(samples, alone)


def test_a_worker_refuses_what_is_longer_than_it_takes(songs):
    soundfile.write(songs[0], odd_audio.tone(2.5), RATE)
    with contextlib.closing(decoding_pool.Worker(60, 2)) as worker:
        with pytest.raises(audio.UnusableAudio) as caught:
            worker.decode(songs[0], RATE)
    assert caught.value.reason == "too long"


def test_a_worker_that_is_killed_leaves_its_file_and_no_other_comes(
    songs, monkeypatch
):
    monkeypatch.setattr(decoding_pool, "_decode", hang_over)
    songs[0].write_bytes(DEADLY)
    worker = decoding_pool.Worker(600, 60)
    (process,) = worker._executor._processes.values()
    threading.Timer(0.2, worker.kill).start()
    with pytest.raises(audio.UnusableAudio):
        worker.decode(songs[0], RATE)
    # The executor may be the one who is told by the system that it ended.
    assert connection.wait([process.sentinel], 30)
    assert not worker._executor._processes
    with pytest.raises(audio.UnusableAudio):  # nor for who comes later
        worker.decode(songs[1], RATE)
    assert not worker._executor._processes
    worker.kill()  # again, and nothing happens
