import numpy as np
import pytest

from pipelines.synthetic import waves

RATE_HZ = 16_000


def test_gate_rises_from_nothing_and_falls_to_nothing():
    time = waves.time_axis(0.5, RATE_HZ)
    assert time.size == 8_000
    assert time[RATE_HZ // 4] == pytest.approx(0.25)
    gain = waves.gate(time, 0.1, 0.2)
    assert gain[0] == 0 and gain[-1] == 0 and gain.max() == 1
    assert np.all(np.diff(gain[:1_600]) > 0)
    assert np.all(np.diff(gain[-3_000:]) < 0)


def test_harmonics_stay_below_half_the_rate_and_leave_one_at_least():
    assert waves.harmonics(1_000, RATE_HZ, 40).tolist() == list(range(1, 8))
    assert waves.harmonics(100, RATE_HZ, 3).tolist() == [1, 2, 3]
    assert waves.harmonics(7_900, RATE_HZ, 3).tolist() == [1]


def test_a_wave_has_the_harmonics_it_was_given():
    time = waves.time_axis(1.0, RATE_HZ)
    wave = waves.table_wave(100 * time, np.array([1.0, 0.0, 0.5]))
    amplitudes = np.abs(np.fft.rfft(wave)) / (RATE_HZ / 2)
    np.testing.assert_allclose(
        amplitudes[[100, 200, 300]], [1, 0, 0.5], atol=2e-3
    )


def test_level_is_that_of_the_loudest_50_ms():
    time = waves.time_axis(1.0, RATE_HZ)
    for gain in (1e-3, 20):
        note = waves.level(gain * np.sin(2 * np.pi * 440 * time) * (time < 0.3))
        assert note.dtype == np.float32
        assert np.std(note[:4_000]) == pytest.approx(0.1, rel=0.01)
