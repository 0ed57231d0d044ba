import os

import numpy as np
import pytest
import soundfile

from pipelines.reading.slices import arrays
from tftag import audio

RATE_HZ = 8_000


def tones(channels=2, samples=3_000):
    time = np.arange(samples) / RATE_HZ
    pitches = 300 * (1 + np.arange(channels))
    return 0.4 * np.sin(2 * np.pi * pitches[:, np.newaxis] * time)


def saved(folder, values):
    np.save(folder / "a.npy", values)
    return folder / "a.npy"


def read(path, first, frames):
    with open(path, "rb", buffering=0) as file:
        layout = arrays.read_layout(file)
        return arrays.read_frames(file, layout, first, frames)


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<f4", ">f4", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("turned", [False, True])
def test_any_layout_gives_the_frames(tmp_path, dtype, order, turned):
    wave = tones()
    if dtype.endswith("i2"):
        wave = np.rint(wave * 32_768)
    wave = wave.astype(dtype)
    path = saved(tmp_path, np.array(wave.T if turned else wave, order=order))
    expected = wave.T.astype(np.float32)
    if dtype.endswith("i2"):
        expected /= 32_768
    for first, frames in ((0, 5), (17, 1_000), (2_990, 10), (2_990, 99)):
        found = read(path, first, frames)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected[first : first + frames])


def test_an_array_is_what_the_same_samples_in_a_file_are(tmp_path):
    wave = tones().astype(np.float32)
    soundfile.write(tmp_path / "a.wav", wave.T, 11_025, "FLOAT")
    expected = audio.decode_file(tmp_path / "a.wav", RATE_HZ)
    found = arrays.decode_array(saved(tmp_path, wave), 11_025, RATE_HZ)
    np.testing.assert_array_equal(found.samples, expected.samples)
    assert found.peak == expected.peak


def test_only_the_bytes_of_a_slice_are_read(tmp_path, read_bytes):
    path = saved(tmp_path, tones(samples=300_000).astype(np.float32))
    read(path, 100_000, 50)
    assert sum(read_bytes) == 50 * 2 * 4


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.zeros((128, 900), np.float32), "unsupported"),  # a spectrogram
        (np.zeros((2, 7), np.float32), "unsupported"),  # which is which?
        (np.zeros((2, 3, 90), np.float32), "unsupported"),
        (np.zeros((), np.float32), "unsupported"),
        (np.zeros(90, np.int32), "unsupported"),
        (np.zeros(90, np.complex64), "unsupported"),
        (np.zeros(90, [("left", np.int16)]), "unsupported"),
        (np.array([{}] * 90), "unsupported"),  # would need pickle
        (np.zeros(0, np.float32), "empty"),
        (np.zeros((2, 0), np.float32), "empty"),
        (np.zeros(90, np.float32), "silent"),
        (np.full(90, np.nan), "unreadable"),
        (np.full(90, 1e300), "unreadable"),  # infinite as float32
    ],
)
def test_what_is_no_audio_is_refused_with_its_reason(tmp_path, values, reason):
    path = saved(tmp_path, values)
    with pytest.raises(audio.UnusableAudio, match="a.npy: ") as caught:
        arrays.decode_array(path, 11_025, RATE_HZ)
    assert caught.value.reason == reason


def test_nothing_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    path = saved(tmp_path, np.array([Trap()] * 20))
    with pytest.raises(audio.UnusableAudio):
        arrays.decode_array(path, RATE_HZ, RATE_HZ)
    assert not (tmp_path / "ran").exists()


def test_a_cut_file_is_refused_and_never_ends_the_process(tmp_path):
    path = saved(tmp_path, tones().astype(np.float32))
    whole = path.read_bytes()
    for size in (*range(0, 140, 7), len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(audio.UnusableAudio) as caught:
            arrays.decode_array(path, RATE_HZ, RATE_HZ)
        assert caught.value.reason == "unreadable"
    path.write_bytes(whole)
    with open(path, "rb", buffering=0) as file:
        layout = arrays.read_layout(file)
        os.truncate(path, len(whole) // 2)  # between the header and the rest
        with pytest.raises(OSError, match="early"):
            arrays.read_frames(file, layout, 2_000, 900)


def test_any_header_is_read_or_refused(tmp_path):
    path = saved(tmp_path, tones().astype(np.float32))
    whole = bytearray(path.read_bytes())
    generator = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        changed = whole.copy()
        for place in generator.integers(0, 128, 2):
            changed[place] = generator.integers(0, 256)
        path.write_bytes(changed)
        try:
            arrays.decode_array(path, RATE_HZ, RATE_HZ)
        except audio.UnusableAudio:
            refused += 1
    assert 100 < refused <= 300
