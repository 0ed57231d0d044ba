"""A step is a step: the weights move, and the time is that of the work."""

import time

import tone_manifest

from experiments.settings import baseline_config, flags
from experiments.speed.comparison import step


def test_both_ways_take_time_per_clip():
    small = {**tone_manifest.SMALL, "members": 1}
    settings = flags.replace(baseline_config.demo(), small)
    ways = step.ways(settings, tags=3)
    assert set(ways) == {"training step", "inference"}
    begin = time.perf_counter()
    per_clip = [measure() for measure in ways.values()]
    passed = time.perf_counter() - begin
    assert all(value > 0 for value in per_clip)
    assert sum(per_clip) * settings.training.batch_size <= passed


def test_settings_of_a_step_are_those_of_the_experiment():
    names = step.setting_names()
    assert names <= flags.leaves(baseline_config.demo()).keys()
    assert {"width", "clip_seconds", "batch_size", "precision"} <= names
    assert not {"epochs", "data", "clip_step_seconds"} & names


def test_seconds_are_those_of_the_work():
    assert 0.05 <= step.seconds(lambda: time.sleep(0.05)) < 5
