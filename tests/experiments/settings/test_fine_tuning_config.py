"""Fine-tuning follows a head on a body that stays."""

import pytest

from experiments.settings import baseline_config, flags


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fine_tune_epochs", -1),
        ("fine_tune_layers", -1),
        ("fine_tune_batch_size", 0),
        ("fine_tune_learning_rate", 0.0),
    ],
)
def test_values_that_no_training_can_have_are_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}`.*Received: {value}"):
        flags.replace(baseline_config.transfer(), {name: value})


@pytest.mark.parametrize(
    "values", [{"freeze": False, "head_components": 0}, {"preset": "strong"}]
)
def test_a_body_that_learns_from_the_start_is_not_fine_tuned(values):
    preset = values.pop("preset", "transfer")
    made = baseline_config.PRESETS[preset]()
    with pytest.raises(ValueError, match="set --freeze.*Received: 3"):
        flags.replace(made, {**values, "fine_tune_epochs": 3})


def test_it_may_have_what_cached_vectors_may_not():
    values = {"layer_decay": 0.7, "average_decay": 0.9, "mel_masks": 1}
    made = baseline_config.transfer()
    with pytest.raises(ValueError, match="clip vectors are computed once"):
        flags.replace(made, values)
    tuned = flags.replace(made, {**values, "fine_tune_epochs": 3})
    assert not tuned.is_on_cached_vectors
    assert (tuned.clips_at_once, made.clips_at_once) == (16, 64)
