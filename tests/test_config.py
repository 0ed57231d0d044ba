"""Settings: one default each, flags from fields, presets as documented."""

import argparse
import dataclasses

import pytest

from experiments import config


def parse(*line):
    parser = argparse.ArgumentParser()
    config.add_flags(parser, config.PRESETS)
    return config.from_arguments(
        parser.parse_args(list(line)), config.PRESETS
    )


@pytest.mark.parametrize("name", config.PRESETS)
def test_a_preset_without_flags_is_itself(name):
    assert parse("--preset", name) == config.PRESETS[name]()


def test_demo_is_the_default():
    assert parse() == config.demo()


def test_the_seed_preset_has_the_numbers_of_the_reference():
    found = config.seed()
    training = found.training
    assert (training.optimizer, training.learning_rate) == ("sgd", 0.001)
    assert (training.schedule, training.epochs) == ("constant", 100)
    assert (training.loss, training.tag_weights) == ("bce", "none")
    assert (training.weight_decay, training.clip_norm) == (0, 0)
    assert (training.average_decay, training.patience) == (0, 0)
    assert not training.tag_prior
    assert training.precision == "float32"
    backbone = found.model.backbone
    assert backbone.filters == (128, 256, 256, 256, 512, 512, 256)
    assert (backbone.pooling, backbone.pool_padding) == ("flatten", "valid")
    assert found.model.dropout == 0
    assert found.audio.clip_seconds == 30.0
    assert found.augmentation == type(found.augmentation)()


def test_a_flag_changes_its_leaf_and_nothing_else():
    found = parse("--clip-seconds", "7.5", "--width", "0.5", "--no-tag-prior")
    changed = config.leaves(found)
    for name, value in config.leaves(config.demo()).items():
        if name not in ("clip_seconds", "width", "tag_prior"):
            assert changed[name] == value
    assert changed["clip_seconds"] == found.audio.clip_seconds == 7.5
    assert changed["width"] == found.model.backbone.width == 0.5
    assert changed["tag_prior"] is False


def test_an_optional_number_is_a_number():
    assert parse("--clip-step-seconds", "2.5").audio.clip_step_seconds == 2.5


def test_every_leaf_has_a_flag_and_a_name_of_its_own():
    parser = argparse.ArgumentParser()
    config.add_flags(parser, config.PRESETS)
    flags = parser.format_help()
    for name in config.leaves(config.demo()):
        assert "--" + name.replace("_", "-") in flags


def test_help_names_what_the_presets_differ_in():
    parser = argparse.ArgumentParser()
    config.add_flags(parser, config.PRESETS)
    text = " ".join(parser.format_help().split())
    assert "seed sgd" in text
    assert "seed 100" in text


def test_leaves_and_back():
    for make in config.PRESETS.values():
        assert config.from_leaves(config.leaves(make())) == make()
    with pytest.raises(ValueError, match="this version.*Received: old_knob"):
        config.from_leaves({**config.leaves(config.demo()), "old_knob": 1})


def test_two_leaves_of_one_name_are_refused():
    @dataclasses.dataclass(frozen=True)
    class Inner:
        a: int = 1

    @dataclasses.dataclass(frozen=True)
    class Outer:
        a: int = 2
        inner: Inner = Inner()

    with pytest.raises(ValueError, match="a"):
        config.leaves(Outer())


def test_differences_name_the_field_and_both_values():
    old = config.leaves(config.demo())
    new = {**old, "width": 0.5, "name": "x", "checkpoint_seconds": 1.0}
    assert config.differences(old, old) == []
    assert config.differences(old, new) == ["width: 0.125 -> 0.5"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (("--optimizer", "lamb"), "`optimizer` must be one of.*'lamb'"),
        (("--schedule", "step"), "`schedule`"),
        (("--loss", "mse"), "`loss`"),
        (("--precision", "int8"), "`precision`"),
        (("--train-on", "test"), "`train_on`"),
        (("--epochs", "0"), "`epochs` must be at least 1. Received: 0"),
        (("--batch-size", "0"), "`batch_size`"),
        (("--learning-rate", "0"), "`learning_rate`"),
        (("--learning-rate", "nan"), "`learning_rate`"),
        (("--weight-decay", "-1"), "`weight_decay`"),
        (("--average-decay", "1"), "`average_decay`"),
        (("--freeze",), "`freeze` needs `init_from`"),
        (("--loss", "focal", "--tag-weights", "adaptive"), "`tag_weights`"),
        (("--clip-seconds", "-1"), "clip_seconds"),
        (("--blocks", "9"), "blocks"),
        (("--dropout", "1"), "dropout"),
        (("--mixup-alpha", "-1"), "mixup_alpha"),
    ],
)
def test_what_cannot_be_is_refused_by_name(line, message):
    with pytest.raises(ValueError, match=message):
        parse(*line)
