"""Settings: presets as documented, and what cannot be is refused."""

import argparse

import pytest

from experiments.settings import baseline_config, flags


def parse(*line):
    parser = argparse.ArgumentParser()
    flags.add_flags(parser, baseline_config.PRESETS)
    return flags.from_arguments(
        parser.parse_args(list(line)), baseline_config.PRESETS
    )


@pytest.mark.parametrize("name", baseline_config.PRESETS)
def test_a_preset_without_flags_is_itself(name):
    assert parse("--preset", name) == baseline_config.PRESETS[name]()


def test_demo_is_the_default():
    assert parse() == baseline_config.demo()


def test_the_seed_preset_has_the_numbers_of_the_reference():
    found = baseline_config.seed()
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


def test_leaves_and_back():
    for make in baseline_config.PRESETS.values():
        assert baseline_config.from_leaves(flags.leaves(make())) == make()
    with pytest.raises(ValueError, match="this version.*Received: old_knob"):
        baseline_config.from_leaves(
            {**flags.leaves(baseline_config.demo()), "old_knob": 1}
        )


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
