"""Every tag can be heard: what it means is measured in the samples."""

import numpy as np
import pytest

from pipelines.synthetic import music

RATE_HZ = 8_000


def planned(*tags, seconds=14.0, seed=0):
    """A track of a neutral artist with just these tags."""
    names = (*music.MELODIC, "bass", "drums", "noise")
    artist = music.Artist(
        name="plain",
        cents=0.0,
        tilt_db_per_octave=0.0,
        room_seconds=0.2,
        room_share=0.05,
        hiss_db=-80.0,
        colours=dict.fromkeys(names, 0.5),
    )
    return music.TrackPlan(
        track_id="x",
        artist=artist,
        split="train",
        tags=tags,
        seconds=seconds,
        peak=0.5,
        seed=(seed,),
    )


def loudness(samples, block_seconds=0.05):
    block = int(block_seconds * RATE_HZ)
    blocks = samples[: samples.size // block * block].reshape(-1, block)
    return np.sqrt(np.mean(np.square(blocks), axis=1))


def test_render_reaches_the_planned_peak_and_length():
    samples = music.render(planned("organ", "drums"), RATE_HZ)
    assert samples.dtype == np.float32
    assert samples.size == 14 * RATE_HZ
    assert np.abs(samples).max() == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("name", music.MELODIC)
def test_swelling_rises_for_longer_than_it_falls_and_fading_mirrors(name):
    for tag, sign in (("swelling", 1), ("fading", -1)):
        samples = music.render(planned(name, tag), RATE_HZ)
        level = np.log(loudness(samples, 0.6) + 1e-4)
        steps = np.diff(level)
        assert sign * np.mean(np.sign(steps)) > 0.1
        assert np.ptp(level) > np.log(8)


def test_sparse_rests_and_dense_does_not():
    for name in music.MELODIC:
        quiet = {}
        for tag in ("sparse", "dense"):
            level = loudness(music.render(planned(name, tag), RATE_HZ), 0.2)
            quiet[tag] = np.mean(level < 0.05 * level.max())
        assert quiet["sparse"] > 0.2 > 0.1 > quiet["dense"]


def test_fast_beats_come_twice_as_often():
    onsets = {}
    for tag in ("fast", "slow"):
        samples = music.render(planned("plucked", tag), RATE_HZ)
        level = np.log(loudness(samples, 0.03) + 1e-3)
        onsets[tag] = np.sum(np.diff(level) > 0.4)
    assert onsets["fast"] > 2 * onsets["slow"]


def test_high_lies_above_low():
    centre = {}
    for tag in ("high", "low"):
        samples = music.render(planned("organ", tag), RATE_HZ)
        power = np.abs(np.fft.rfft(samples)) ** 2
        hz = np.fft.rfftfreq(samples.size, 1 / RATE_HZ)
        centre[tag] = np.sum(hz * power) / np.sum(power)
    assert centre["high"] > 2 * centre["low"]


def test_mode_is_in_the_thirds():
    share = {}
    for tag in ("major", "minor"):
        samples = music.render(planned("organ", tag), RATE_HZ)
        power = np.abs(np.fft.rfft(samples)) ** 2
        hz = np.fft.rfftfreq(samples.size, 1 / RATE_HZ)
        keys = 69 + 12 * np.log2(np.maximum(hz, 1) / 440)
        e, e_flat = (
            power[np.abs((keys - k + 6) % 12 - 6) < 0.3].sum() for k in (4, 3)
        )
        share[tag] = e / (e + e_flat)
    assert share["major"] > 0.8 > 0.2 > share["minor"]
