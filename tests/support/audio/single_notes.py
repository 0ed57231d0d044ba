"""One note of a voice, and what every note has to be."""

import numpy as np

from pipelines.synthetic import waves

RATE_HZ = 16_000


def play(voice, hz=220.0, colour=0.5):
    """One second of it."""
    generator = np.random.default_rng(0)
    return voice(waves.Note(hz, 1.0, RATE_HZ, colour), generator)


def loudness(sound):
    """Of its loudest twentieth of a second."""
    blocks = sound[: sound.size // 800 * 800].reshape(-1, 800)
    return np.std(blocks, axis=1).max()


def assert_in_tune(sound):
    """Checks a note of 220 Hz that begins and ends without a click."""
    assert sound.dtype == np.float32
    assert np.all(np.isfinite(sound))
    assert sound.size >= RATE_HZ
    assert abs(sound[0]) < 0.02 and abs(sound[-1]) < 0.002
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.size))) ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / RATE_HZ)
    near = np.abs(1_200 * np.log2(np.maximum(hz, 1) / 220)) < 80
    around = (hz > 170) & (hz < 300)
    assert power[near].sum() > 0.9 * power[around].sum()
