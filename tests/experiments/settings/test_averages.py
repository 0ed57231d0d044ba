"""Presets that a tagger cannot be averaged with."""

import pytest

from experiments.settings import baseline_config, flags
from tftag.models.backbones import backbone


@pytest.mark.parametrize(
    "values, said",
    [
        ({"average_share": 1.0}, "`average_share`.*1.0"),
        ({"average_with": "storng"}, "storng"),
        ({"average_with": "strong+strong"}, "is named twice"),
        (
            {"average_with": "strong+descriptors", "average_share": 0.5},
            "leave something.*< 1/2.*0.5",
        ),
        ({"init_from": "hub:x", "freeze": False}, "audio module"),
        ({"sample_rate_hz": 22_050}, "recordings at 16000 Hz"),
        (
            {"average_with": "descriptors", "clip_seconds": 4.0},
            "`clip_seconds` of 4.04 or more",
        ),
        (
            {"average_with": "seed", "clip_seconds": 4.0},
            "`clip_seconds` of 4.07 or more",
        ),
    ],
)
def test_what_cannot_be_averaged_is_refused(values, said):
    base = flags.replace(
        baseline_config.demo(), {"average_with": "strong", "init_from": "x"}
    )
    with pytest.raises(ValueError, match=said):
        flags.replace(base, values)


def test_a_plus_too_many_is_no_preset_and_has_no_share():
    values = {"average_with": "strong+", "average_share": 0.6}
    found = flags.replace(baseline_config.demo(), values)
    assert list(found.averaged_networks()) == ["strong"]


def test_several_presets_may_have_a_share_each():
    settings = baseline_config.transfer()
    networks = settings.averaged_networks()
    assert list(networks) == ["transfer_vgg", "strong", "descriptors"]
    assert settings.average_share * len(networks) < 1


def test_the_network_has_the_data_the_seed_and_the_labels_of_the_run():
    values = {"data": "x", "seed": 3, "train_on": "all", "shuffle_labels": True}
    settings = flags.replace(baseline_config.transfer(), values)
    assert settings.averaged_networks()["strong"] == flags.replace(
        baseline_config.strong(), {**values, "average_with": ""}
    )


def test_a_network_of_one_length_takes_the_clips_of_the_run():
    settings = flags.replace(
        baseline_config.strong(),
        {
            "average_with": "transfer+descriptors",
            "clip_seconds": 20.0,
            "clip_step_seconds": 7.0,
        },
    )
    beside = settings.averaged_networks()
    for name, network in beside.items():
        signal, own = network.audio, baseline_config.PRESETS[name]().audio
        assert (signal.clip_seconds, signal.clip_step_seconds) == (20.0, 7.0)
        assert signal.mel_scale == own.mel_scale
    assert beside["transfer"].average_with == ""
    assert beside["transfer"].is_on_cached_vectors
    assert settings.starts == ("", "msd_musicnn+mtt_musicnn", "")


def test_clips_as_long_as_the_refusal_says_are_enough():
    def beside(name, clip_seconds):
        settings = flags.replace(
            baseline_config.demo(),
            {"average_with": name, "clip_seconds": clip_seconds},
        )
        return settings.averaged_networks()[name]

    patched = beside("descriptors", 4.04)
    assert patched.audio.clip_frames >= patched.model.backbone.patch_frames
    halved = beside("seed", 4.07)
    backbone.check_halvings(halved.audio, halved.model.backbone)
