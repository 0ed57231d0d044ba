"""Settings: presets as documented, and what cannot be is refused."""

import pytest

from experiments.settings import baseline_config, flags


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


def test_a_run_that_is_older_than_averages_stays_one_network():
    values = flags.leaves(baseline_config.strong())
    assert baseline_config.from_leaves(values) == baseline_config.strong()
    del values["average_with"]
    assert baseline_config.from_leaves(values).average_with == ""


def test_a_run_of_a_preset_that_is_gone_is_refused_by_its_name():
    values = flags.leaves(baseline_config.strong())
    for name in ("preset", "average_with"):
        with pytest.raises(ValueError, match=f"`{name}`.*'modulation'"):
            baseline_config.from_leaves({**values, name: "modulation"})


def test_the_presets_fit_their_own_network():
    for make in baseline_config.PRESETS.values():
        settings = make()
        assert settings.audio.clip_frames >= 2**settings.model.backbone.blocks


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"train_on": "test"}, "`train_on`"),
        ({"loss": "mse"}, "`loss`"),
        ({"freeze": True}, "`freeze` needs `init_from`"),
        ({"loss": "focal", "tag_weights": "adaptive"}, "`tag_weights`"),
        # Of the parts of a config.
        ({"optimizer": "lamb"}, "`optimizer` must be one of.*'lamb'"),
        ({"clip_seconds": -1.0}, "clip_seconds"),
        ({"blocks": 9}, "blocks"),
        ({"mixup_alpha": -1.0}, "mixup_alpha"),
    ],
)
def test_what_cannot_be_is_refused_by_name(values, message):
    with pytest.raises(ValueError, match=message):
        flags.replace(baseline_config.demo(), values)
