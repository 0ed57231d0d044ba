"""Settings that cannot be are refused with their name and value."""

import pytest

from experiments.settings import dual_encoder_config, flags


@pytest.mark.parametrize(
    "values, said",
    [
        ({"protocol": "none"}, "protocol.*hidden-labels, strict.*'none'"),
        ({"body": "mine"}, "body.*own, tagger, outputs.*'mine'"),
        ({"negatives": "easy"}, "negatives.*'easy'"),
        ({"loss": "bce"}, "loss.*'bce'"),
        ({"tag_weights": "frequency"}, "tag_weights.*'frequency'"),
        ({"unseen_count": -1}, "unseen_count.*-1"),
        ({"unseen_count": 3, "unseen_draws": "a.json"}, "3 and a.json"),
        ({"freeze": True}, "freeze.*init_from"),
        ({"head_units": 4}, "head_units.*--freeze"),
        ({"tag_sharing": 0.1}, "tag_sharing.*0.1"),
        ({"init_from": "hub:somewhere"}, "audio module.*hub:somewhere"),
        ({"heads_epochs": 0}, "heads_epochs.*0"),
        ({"heads_batch_size": 0}, "heads_batch_size.*0"),
        ({"heads_learning_rate": float("nan")}, "heads_learning_rate.*nan"),
    ],
)
def test_impossible_settings_are_named(values, said):
    with pytest.raises(ValueError, match=said):
        flags.replace(dual_encoder_config.demo(), values)


def test_vectors_that_are_computed_once_have_no_masks():
    with pytest.raises(ValueError, match="mel_masks.*2"):
        flags.replace(dual_encoder_config.transfer(), {"mel_masks": 2})


@pytest.mark.parametrize(
    "values, said",
    [
        ({"head_units": 0, "head_members": 1}, "outputs.*--freeze"),
        ({"dim": 64}, "dim.*--body own. Received: 64"),
        ({"word_noise": 1.0}, "word_noise.*1.0"),
        ({"body": "own"}, "tag_sharing.*0.1"),
    ],
)
def test_what_asks_outputs_trains_no_text_tower(values, said):
    with pytest.raises(ValueError, match=said):
        flags.replace(
            dual_encoder_config.transfer(),
            {"head_components": 0, "head_dropout": 0.0, **values},
        )


@pytest.mark.parametrize("name", dual_encoder_config.PRESETS)
def test_presets_keep_their_name_and_every_value_by_flag(name):
    made = dual_encoder_config.PRESETS[name]()
    assert made.preset == name
    assert flags.replace(dual_encoder_config.demo(), flags.leaves(made)) == made
    assert made.audio.clip_frames >= 2**made.model.backbone.blocks
