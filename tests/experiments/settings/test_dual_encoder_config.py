"""Settings that cannot be are refused with their name and value."""

import dataclasses

import pytest

from experiments.settings import dual_encoder_config, flags


@pytest.mark.parametrize(
    "values, said",
    [
        ({"protocol": "none"}, "protocol.*hidden-labels, strict.*'none'"),
        ({"body": "mine"}, "body.*own, tagger.*'mine'"),
        ({"negatives": "easy"}, "negatives.*'easy'"),
        ({"loss": "bce"}, "loss.*'bce'"),
        ({"tag_weights": "frequency"}, "tag_weights.*'frequency'"),
        ({"unseen_count": -1}, "unseen_count.*-1"),
        ({"freeze": True}, "freeze.*init_from"),
        ({"init_from": "hub:somewhere"}, "audio module.*hub:somewhere"),
        ({"heads_epochs": 0}, "heads_epochs.*0"),
        ({"heads_batch_size": 0}, "heads_batch_size.*0"),
        ({"heads_learning_rate": float("nan")}, "heads_learning_rate.*nan"),
    ],
)
def test_impossible_settings_are_named(values, said):
    with pytest.raises(ValueError, match=said):
        flags.replace(dual_encoder_config.demo(), values)


@pytest.mark.parametrize("name", dual_encoder_config.PRESETS)
def test_presets_keep_their_name_and_every_value_by_flag(name):
    made = dual_encoder_config.PRESETS[name]()
    assert made.preset == name
    assert flags.replace(dual_encoder_config.demo(), flags.leaves(made)) == made
    assert made.audio.clip_frames >= 2**made.model.backbone.blocks
    assert dataclasses.replace(made, body="own").body == "own"
