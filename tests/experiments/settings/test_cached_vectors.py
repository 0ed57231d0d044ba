"""Clip vectors that are computed once see no other training."""

import pytest

from experiments.settings import baseline_config, flags


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mel_masks", 1),
        ("time_masks", 2),
        ("average_decay", 0.9),
        ("layer_decay", 0.7),
        ("trace_logits", True),
    ],
)
def test_what_vectors_computed_once_cannot_do_is_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}`.*Received: {value}"):
        flags.replace(baseline_config.transfer(), {name: value})


def test_components_of_vectors_that_move_are_refused():
    with pytest.raises(ValueError, match="--head-components 0.*400 without"):
        flags.replace(baseline_config.transfer(), {"freeze": False})
    tuned = {"freeze": False, "head_components": 0, "layer_decay": 0.7}
    found = flags.replace(baseline_config.transfer(), tuned)
    assert not found.is_on_cached_vectors
