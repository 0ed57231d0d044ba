"""Layers are counted from the head down, by those that have a kernel."""

import pytest
import tiny_tagger
import tone_manifest

from experiments.training.transfer_learning import body_layers
from tftag.models import tagger
from tftag.models.backbones import backbone
from tftag.pretrained import published_taggers


@pytest.fixture
def two_members():
    tiny_tagger.seed_weights(0)
    config = backbone.BackboneConfig(1 / 64, blocks=2, members=2)
    return tagger.Tagger(
        tone_manifest.TAGS, tone_manifest.SPEC, tagger.TaggerConfig(config)
    )


@pytest.fixture
def musicnn():
    config = backbone.BackboneConfig(
        architecture="musicnn", pooling="embedding"
    )
    return tagger.Tagger(
        ["a"], published_taggers.AUDIO, tagger.TaggerConfig(config)
    )


def of_layers(shares):
    return {path.split("/")[-2]: share for path, share in shares.items()}


def test_shares_of_the_learning_rate_fall_downwards(two_members):
    shares = body_layers.shares_of_rate(two_members, 0.5)
    found = of_layers(shares)
    for member in ("member_1", "member_2"):
        for kind in ("conv", "norm"):
            assert found[f"{member}_block_2_{kind}"] == 0.5
            assert found[f"{member}_block_1_{kind}"] == 0.25
    assert not any("tag_logits" in path for path in shares)


def test_a_norm_of_its_own_is_no_layer(musicnn):
    found = of_layers(body_layers.shares_of_rate(musicnn, 0.5))
    expected = {"embedding": 1, "frames_3": 2, "frames_2": 3, "frames_1": 4}
    for name, depth in expected.items():
        assert found[name] == 0.5**depth
    assert found["pooled_norm"] == 0.5


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, {"embedding"}), (3, {"embedding", "frames_3", "frames_2"})],
)
def test_the_last_layers_are_thawed_without_their_norms(
    musicnn, count, expected
):
    body_layers.freeze(musicnn)
    assert not musicnn.backbone.trainable_weights
    body_layers.thaw(musicnn, count)
    paths = [weight.path for weight in musicnn.backbone.trainable_weights]
    assert {path.split("/")[-2] for path in paths} == expected
    assert not musicnn.front_end.trainable_weights


def test_all_layers_are_thawed_by_0(musicnn):
    body_layers.freeze(musicnn)
    body_layers.thaw(musicnn, 0)
    paths = [weight.path for weight in musicnn.backbone.trainable_weights]
    found = {path.split("/")[-2] for path in paths}
    assert len(found) == 9 and "timbral_38" in found
    assert not any("norm" in name for name in found)
