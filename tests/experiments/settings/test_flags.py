"""Flags are made from fields: one default each, one name each."""

import argparse
import dataclasses
import re

import pytest

from experiments.settings import baseline_config, flags
from tftag.models.backbones import backbone


@pytest.fixture(scope="module")
def parser():
    made = argparse.ArgumentParser()
    flags.add_flags(made, baseline_config.PRESETS)
    return made


@pytest.fixture(scope="module")
def said(parser):
    """The help, in one line."""
    return " ".join(parser.format_help().split())


@pytest.fixture
def parse(parser):
    """The settings of a command line."""
    return lambda *line: flags.from_arguments(
        parser.parse_args(line), baseline_config.PRESETS
    )


@pytest.mark.parametrize("name", baseline_config.PRESETS)
def test_a_preset_without_flags_is_itself(parse, name):
    assert parse("--preset", name) == baseline_config.PRESETS[name]()


def test_demo_is_the_default(parse):
    assert parse() == baseline_config.demo()


def test_a_flag_changes_its_leaf_and_nothing_else(parse):
    found = parse("--clip-seconds", "7.5", "--width", "0.5", "--no-tag-prior")
    changed = flags.leaves(found)
    for name, value in flags.leaves(baseline_config.demo()).items():
        if name not in ("clip_seconds", "width", "tag_prior"):
            assert changed[name] == value
    assert changed["clip_seconds"] == found.audio.clip_seconds == 7.5
    assert changed["width"] == found.model.backbone.width == 0.5
    assert changed["tag_prior"] is False


def test_an_optional_number_is_a_number(parse):
    assert parse("--clip-step-seconds", "2.5").audio.clip_step_seconds == 2.5


def test_every_leaf_has_a_flag_and_a_name_of_its_own(parser):
    listed = re.findall(r"^  (--[\w-]+)", parser.format_help(), re.M)
    leaves = flags.leaves(baseline_config.demo())
    expected = [f"--{name.replace('_', '-')}" for name in leaves]
    assert sorted(listed) == sorted(expected)


def test_only_some_leaves_may_have_a_flag():
    parser = argparse.ArgumentParser()
    flags.add_flags(parser, baseline_config.PRESETS, {"preset", "width"})
    arguments = parser.parse_args(["--preset", "seed", "--width", "0.5"])
    assert vars(arguments) == {"preset": "seed", "width": 0.5}
    found = flags.from_arguments(arguments, baseline_config.PRESETS)
    assert found == flags.replace(baseline_config.seed(), {"width": 0.5})


def test_help_says_what_docstrings_say_and_presets_differ_in(said):
    assert "INT number of passes over the training recordings (demo 40" in said
    assert "the first 5 % of the steps" in said
    assert "seed sgd" in said and "seed 100" in said
    assert f"{{{','.join(baseline_config.PRESETS)}}}" in said
    assert "()" not in said


def test_two_leaves_of_one_name_are_refused():
    @dataclasses.dataclass(frozen=True)
    class Inner:
        a: int = 1

    @dataclasses.dataclass(frozen=True)
    class Outer:
        a: int = 2
        inner: Inner = Inner()

    with pytest.raises(ValueError, match="a"):
        flags.leaves(Outer())


def test_differences_name_the_field_and_both_values():
    old = flags.leaves(baseline_config.demo())
    new = {**old, "width": 0.5, "name": "x", "checkpoint_seconds": 1.0}
    assert flags.differences(old, old) == []
    assert flags.differences(old, new) == ["width: 0.125 -> 0.5"]


def test_differences_within_lists_and_dicts_are_found_and_long_values_cut():
    old = {"arms": [["a", {"width": 1, "words": "w" * 99}], "b"]}
    assert flags.differences(old, old) == []
    assert flags.differences(
        old, {"arms": [["a", {"width": 2, "words": "w" * 99}], "c"]}
    ) == ["arms, 0, 1, width: 1 -> 2", "arms, 1: 'b' -> 'c'"]
    (more,) = flags.differences(old, {"arms": [*old["arms"], "w" * 9_999]})
    assert more.startswith("arms: [['a', {'width': 1")
    assert len(more) < 1_000


def test_help_names_the_entries_of_the_table_that_a_value_is_from(said):
    for leaf, table in baseline_config.BaselineConfig.TABLES.items():
        assert leaf in flags.leaves(baseline_config.demo())
        table = table() if callable(table) else table
        assert f"one of {', '.join(table)} (" in said


def test_help_names_the_poolings_of_every_architecture(said):
    _, of_pooling = said.split("--pooling STR ")
    listed = re.search(r"one of ([\w, ]+) \(", of_pooling)[1].split(", ")
    for architecture in backbone.ARCHITECTURES.values():
        assert set(architecture.poolings) <= set(listed)
    assert len(listed) == len(set(listed))
