"""A start from published taggers names all that follows from it."""

import dataclasses

import pytest

from experiments.settings import baseline_config, flags, pretrained
from tftag import audio
from tftag.models.backbones import backbone
from tftag.pretrained import presets, published_taggers

BODY = backbone.BackboneConfig(architecture="musicnn", pooling="both")


def test_names_stand_for_a_network_per_member():
    assert pretrained.networks("mtt_musicnn+msd_musicnn") == (
        presets.MTT,
        presets.MSD,
    )
    for other in ("", "runs/baseline/a", "./msd_musicnn", "hub:x"):
        assert pretrained.networks(other) == ()


def test_a_name_that_is_none_has_a_nearest():
    with pytest.raises(ValueError, match="'msd_musicn'.*'msd_musicnn'"):
        pretrained.networks("mtt_musicnn+msd_musicn")


def test_settings_that_fit_are_taken():
    spec = dataclasses.replace(published_taggers.AUDIO, clip_seconds=9.0)
    pretrained.check("msd_musicnn", spec, BODY)
    pretrained.check("runs/baseline/a", baseline_config.demo().audio, BODY)


def test_an_error_says_all_flags_at_once():
    with pytest.raises(ValueError, match="--preset transfer") as error:
        flags.replace(
            baseline_config.demo(), {"init_from": "msd_musicnn+mtt_musicnn"}
        )
    said = str(error.value)
    for flag in (
        "--window-samples 512",
        "--hop-samples 256",
        "--mel-bands 96",
        "--min-hz 0.0",
        "--log-floor 0.0001",
        "--mel-scale slaney",
        "--mel-norm slaney",
        "--edges reflect",
        "--compression log10",
        "--architecture musicnn",
        "--members 2",
        "--pooling embedding",
    ):
        assert flag in said
    assert "--sample-rate-hz" not in said and "members 1" in said


def test_members_of_several_kinds_have_patches_of_the_published_length():
    values = {"init_from": "msd_vgg+mtt_musicnn"}
    said = "--architecture vgg.musicnn --pooling embedding"
    with pytest.raises(ValueError, match=said):
        flags.replace(baseline_config.transfer(), values)
    values |= {"architecture": "vgg+musicnn", "members": 2}
    flags.replace(baseline_config.transfer(), values)
    for frames in (0, 100):
        with pytest.raises(ValueError, match="--patch-frames 187. Received"):
            flags.replace(
                baseline_config.transfer(), {**values, "patch_frames": frames}
            )
    # As long as a patch is a clip, it needs none.
    values["clip_seconds"] = published_taggers.AUDIO.clip_seconds
    values["average_with"] = ""
    flags.replace(baseline_config.transfer(), {**values, "patch_frames": 0})


def test_the_flags_that_an_error_names_are_all_that_it_needs():
    values = {
        "init_from": "mtt_musicnn",
        "architecture": "musicnn",
        "pooling": "embedding",
    }
    for name in audio.FRONT_END:
        values[name] = getattr(published_taggers.AUDIO, name)
    found = flags.replace(baseline_config.demo(), values)
    assert found.init_from == "mtt_musicnn"


def test_a_rate_that_the_data_has_is_refused_by_name():
    with pytest.raises(ValueError, match="--sample-rate-hz 16000.*22050"):
        flags.replace(baseline_config.transfer(), {"sample_rate_hz": 22_050})
