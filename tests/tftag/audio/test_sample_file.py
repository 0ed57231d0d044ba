"""Long waveforms lie in files, and the memory has what is looked at."""

import errno
import os
import pickle
import tempfile

import numpy as np
import pytest

from tftag.audio import sample_file


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sample_file, "LEAST_BYTES", 1 << 20)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def noise(count):
    return np.random.default_rng(0).integers(-999, 999, count, np.int16)


def filled(count):
    samples = sample_file.empty(count)
    samples[:] = noise(count)
    return samples


@pytest.mark.parametrize("count", [0, 1, (1 << 19) - 1, 1 << 19, 2_500_001])
def test_short_or_long_it_holds_what_was_put_into_it(count, folder):
    samples = filled(count)
    assert sample_file.is_in_file(samples) == (count >= 1 << 19)
    assert not os.listdir(folder)  # nothing to clear away, whatever happens
    sample_file.release(samples)
    np.testing.assert_array_equal(samples, noise(count))
    blocks = list(sample_file.blocks(samples))
    np.testing.assert_array_equal(
        np.concatenate([*blocks, np.zeros(0, np.int16)]), noise(count)
    )


def resident_bytes():
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return 1024 * int(lines["VmRSS"].split()[0])


def test_what_was_looked_at_does_not_stay_in_the_memory():
    samples = sample_file.empty(1 << 24)
    before = resident_bytes()
    for block in sample_file.blocks(samples):
        block[:] = 7
    assert sum(int(b.sum()) for b in sample_file.blocks(samples)) == 7 << 24
    assert resident_bytes() - before < samples.nbytes / 4
    samples.sum()
    assert resident_bytes() - before > samples.nbytes / 2
    sample_file.release(samples[5:9])  # a part knows the whole
    assert resident_bytes() - before < samples.nbytes / 4


def test_without_room_on_the_disk_it_lies_in_the_memory(monkeypatch, folder):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "posix_fallocate", full)
    samples = filled(1 << 19)
    assert not sample_file.is_in_file(samples)
    np.testing.assert_array_equal(samples, noise(1 << 19))
    assert not os.listdir(folder)


def test_one_process_leaves_it_for_another(folder):
    left = pickle.loads(pickle.dumps(sample_file.Left(noise(99), str(folder))))
    assert len(os.listdir(folder)) == 1
    samples = left.take()
    assert not os.listdir(folder)
    np.testing.assert_array_equal(samples, noise(99))
    assert sample_file.is_in_file(samples)


def test_where_there_is_no_room_nothing_is_left(folder, monkeypatch):
    def full(samples):
        yield samples[:9]
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(sample_file, "blocks", full)
    with pytest.raises(OSError, match="full"):
        sample_file.Left(noise(99), str(folder))
    assert not os.listdir(folder)
