"""Every voice is in tune and as loud as the others."""

import numpy as np
import pytest

from pipelines.synthetic import sounds, waves


@pytest.mark.parametrize("name", sounds.VOICES)
def test_voices_sound_at_their_pitch_and_at_one_loudness(name):
    generator = np.random.default_rng(0)
    note = sounds.VOICES[name](waves.Note(220.0, 1.0, 16_000, 0.5), generator)
    assert note.dtype == np.float32
    assert np.all(np.isfinite(note))
    assert note.size >= 16_000
    assert abs(note[0]) < 0.02 and abs(note[-1]) < 0.002
    blocks = note[: note.size // 800 * 800].reshape(-1, 800)
    assert 0.08 < np.std(blocks, axis=1).max() < 0.12
    power = np.abs(np.fft.rfft(note * np.hanning(note.size))) ** 2
    hz = np.fft.rfftfreq(note.size, 1 / 16_000)
    near = np.abs(1_200 * np.log2(np.maximum(hz, 1) / 220)) < 80
    around = (hz > 170) & (hz < 300)
    assert power[near].sum() > 0.9 * power[around].sum()
