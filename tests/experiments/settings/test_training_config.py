"""How a model is fitted is refused by name where it cannot be."""

import pytest

from experiments.settings import training_config


@pytest.mark.parametrize(
    "name, value",
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("weight_decay", -0.1),
        ("clip_norm", -1.0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("layer_decay", 0.0),
        ("layer_decay", 1.1),
        ("tag_sharing", -0.1),
        ("tag_sharing", 1.5),
        ("average_decay", 1.0),
        ("optimizer", "no such"),
        ("schedule", "no such"),
        ("precision", "float8"),
    ],
)
def test_a_value_that_cannot_be_is_named(name, value):
    with pytest.raises(ValueError, match=f"`{name}`.*Received: .*{value}"):
        training_config.TrainingConfig(**{name: value})


@pytest.mark.parametrize("part", [0.0, 1.0])
def test_all_or_nothing_of_the_logits_may_be_shared(part):
    assert training_config.TrainingConfig(tag_sharing=part).tag_sharing == part
