import math

import numpy as np
import pytest

from pipelines.inspect import levels

RATE_HZ = 8_000


def measure(samples, pieces=1):
    meter = levels.LevelMeter(RATE_HZ)
    for piece in np.array_split(np.asarray(samples, np.int16), pieces):
        meter.add(piece)
    return meter.finish()


def sine(hz=440, seconds=2.0, peak=levels.FULL_SCALE):
    time = np.arange(round(RATE_HZ * seconds)) / RATE_HZ
    return np.rint(peak * np.sin(2 * np.pi * hz * time)).astype(np.int16)


def test_a_sine_has_three_decibels_less_than_its_peak():
    assert measure(sine()).rms_db == pytest.approx(-3.01, abs=0.01)
    assert measure(sine(peak=3_277)).rms_db == pytest.approx(-23.01, abs=0.01)


def test_a_sine_is_not_clipped():
    for hz in (100, 440, 1_000):
        assert measure(sine(hz)).clipped_share == 0


def test_a_cut_sine_is_clipped_for_as_long_as_it_is_cut():
    cut = np.clip(2 * sine(100).astype(int), -32_767, 32_767)
    # |sin| is above a half for two thirds of the time.
    assert measure(cut).clipped_share == pytest.approx(2 / 3, abs=0.02)


def test_two_loud_samples_are_no_run():
    samples = np.zeros(100)
    samples[[10, 11, 50]] = 32_767
    samples[[20, 21]] = -32_768
    assert measure(samples).clipped_share == 0
    samples[22] = 32_767
    assert measure(samples).clipped_share == pytest.approx(0.03)


def test_silence_at_the_ends_is_measured():
    samples = np.concatenate([np.full(4_000, 20), sine(), np.zeros(2_000)])
    found = measure(samples)
    assert found.silent_start_seconds == pytest.approx(0.5, abs=0.001)
    assert found.silent_end_seconds == pytest.approx(0.25, abs=0.001)


def test_a_silent_recording_is_silent_from_both_ends():
    found = measure(np.zeros(4_000))
    assert found == levels.Levels(-math.inf, 0.0, 0.5, 0.5)
    assert levels.LevelMeter(RATE_HZ).finish().silent_end_seconds == 0


def test_pieces_give_what_the_whole_gives():
    samples = np.concatenate([np.zeros(3_333), sine(), np.zeros(77)])
    whole, pieces = measure(samples), measure(samples, 7)
    assert pieces.rms_db == pytest.approx(whole.rms_db)
    assert pieces.silent_start_seconds == whole.silent_start_seconds
    assert pieces.silent_end_seconds == whole.silent_end_seconds
