import dataclasses

import keras
import numpy as np
import pytest
import tiny_tagger
from keras import ops

from tftag import audio
from tftag.models.backbones import backbone

SEED = backbone.BackboneConfig(pooling="flatten", pool_padding="valid")
TINY = backbone.BackboneConfig(width=1 / 32, blocks=3)
SPEC = audio.AudioSpec(clip_seconds=1.0)  # 32 frames


def _log_mel(batch, frames, mels=128, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(batch, frames, mels)).astype("float32")


def test_the_seed_network_has_the_shapes_and_weights_of_the_reference():
    model = backbone.backbone(audio.AudioSpec(), SEED)
    frames, mels, channels, weights = 938, 128, 1, 0
    assert model.input.shape == (None, frames, mels)
    for number, filters in enumerate(
        (128, 256, 256, 256, 512, 512, 256), start=1
    ):
        frames, mels = frames // 2, mels // 2
        outputs = model.get_layer(f"block_{number}_relu").output
        assert outputs.shape == (None, frames, mels, filters)
        weights += 3 * 3 * channels * filters  # convolution, no bias
        weights += 4 * filters  # batch norm: two trained, two moving
        channels = filters
    assert (frames, mels, channels) == (7, 1, 256)
    assert model.output.shape == (None, 7 * 1 * 256)
    assert model.count_params() == weights


def test_width_scales_the_filters_and_leaves_at_least_one():
    for width, filters in (
        (1.0, (128, 256, 256, 256, 512, 512, 256)),
        (0.25, (32, 64, 64, 64, 128, 128, 64)),
        (0.001, (1,) * 7),
    ):
        assert backbone.BackboneConfig(width=width).filters == filters
    assert backbone.BackboneConfig(blocks=2).filters == (128, 256)


@pytest.mark.parametrize("padding, frames", [("same", 3), ("valid", 2)])
def test_padding_keeps_or_drops_the_odd_frame(padding, frames):
    config = dataclasses.replace(TINY, pool_padding=padding, blocks=2)
    spec = audio.AudioSpec(clip_seconds=0.3)  # 10 frames
    model = backbone.backbone(spec, config)
    inner = keras.Model(model.input, model.get_layer("block_2_relu").output)
    assert inner(_log_mel(1, 10)).shape == (1, frames, 32, 8)


def test_pooling_makes_one_vector():
    x = _log_mel(2, 32)
    outputs = {}
    for pooling in backbone.POOLINGS:
        tiny_tagger.seed_weights(0)
        config = dataclasses.replace(TINY, pooling=pooling)
        model = backbone.backbone(SPEC, config)
        outputs[pooling] = ops.convert_to_numpy(model(x))
    blocks = outputs["flatten"].reshape(2, 4 * 16, 8)
    np.testing.assert_allclose(outputs["average"], blocks.mean(1), atol=1e-6)
    np.testing.assert_allclose(outputs["max"], blocks.max(1), atol=1e-6)
    both = np.concatenate([outputs["average"], outputs["max"]], axis=1)
    np.testing.assert_array_equal(outputs["both"], both)


def test_members_share_the_first_blocks_and_nothing_after():
    alone = backbone.backbone(SPEC, TINY)
    config = dataclasses.replace(TINY, members=3, shared_blocks=1)
    model = backbone.backbone(SPEC, config)
    dim = alone.output.shape[1]
    assert model.output.shape == (None, 3 * dim)
    shared = sum(
        weight.size for weight in map(ops.convert_to_numpy, model.weights[:5])
    )
    assert model.count_params() - shared == 3 * (alone.count_params() - shared)
    # Each member is a backbone of its own on the blocks they share.
    x = _log_mel(2, 32)
    expected = []
    for member in (1, 2, 3):
        names = ["block_1", *(f"member_{member}_block_{n}" for n in (2, 3))]
        for number, name in enumerate(names, start=1):
            for part in ("conv", "norm"):
                alone.get_layer(f"block_{number}_{part}").set_weights(
                    model.get_layer(f"{name}_{part}").get_weights()
                )
        expected.append(ops.convert_to_numpy(alone(x)))
    np.testing.assert_allclose(
        ops.convert_to_numpy(model(x)),
        np.concatenate(expected, axis=1),
        atol=1e-5,
    )


def test_any_number_of_frames_unless_flattened():
    model = backbone.backbone(SPEC, TINY)
    for frames in (1, 7, 32, 100):
        assert model(_log_mel(1, frames)).shape == (1, 16)
    fixed = backbone.backbone(
        SPEC, dataclasses.replace(TINY, pooling="flatten")
    )
    with pytest.raises(ValueError, match="expected shape"):
        fixed(_log_mel(1, 33))


@pytest.mark.parametrize(
    "clip_seconds, mel_bands, blocks, message",
    [
        (30.0, 64, 7, "<= 6: .* 64 mel bands"),
        (1.0, 128, 6, "<= 5: .* 32 frames of a clip"),
        (0.9, 128, 5, "<= 4: .* 29 frames of a clip"),
    ],
)
def test_more_blocks_than_can_be_halved_are_refused(
    clip_seconds, mel_bands, blocks, message
):
    spec = audio.AudioSpec(clip_seconds=clip_seconds, mel_bands=mel_bands)
    config = dataclasses.replace(TINY, blocks=blocks, pool_padding="valid")
    with pytest.raises(ValueError, match=message):
        backbone.backbone(spec, config)
    fewer = dataclasses.replace(config, blocks=blocks - 1)
    backbone.backbone(spec, fewer)


def test_padding_that_keeps_the_last_frame_takes_a_clip_of_any_length():
    config = dataclasses.replace(TINY, blocks=6, pooling="flatten")
    for clip_seconds, frames in ((0.9, 29), (0.032, 2), (0.01, 1)):
        spec = audio.AudioSpec(clip_seconds=clip_seconds)
        assert spec.clip_frames == frames
        model = backbone.backbone(spec, config)
        features = ops.convert_to_numpy(model(_log_mel(2, frames)))
        # One frame and two bands are left, of 512 / 32 filters each.
        assert features.shape == (2, 1 * 2 * 16)
        assert np.isfinite(features).all()
    few_bands = audio.AudioSpec(mel_bands=32)
    with pytest.raises(ValueError, match="<= 5: .* 32 mel bands"):
        backbone.backbone(few_bands, config)


@pytest.mark.parametrize(
    "arguments",
    [
        {"width": 0.0},
        {"width": float("nan")},
        {"blocks": 0},
        {"blocks": 8},
        {"pooling": "mean"},
        {"pool_padding": "full"},
        {"batch_norm_momentum": 1.0},
        {"members": 0},
        {"shared_blocks": 7},
        {"shared_blocks": -1},
        {"architecture": "blocks+tree", "members": 2},
        {"architecture": "blocks+musicnn", "members": 2, "pooling": "max"},
        {"architecture": "blocks+musicnn"},
        {"architecture": "blocks+musicnn", "members": 3},
        {"architecture": "blocks+blocks", "members": 2, "shared_blocks": 1},
    ],
)
def test_what_no_backbone_can_have_is_refused(arguments):
    with pytest.raises(ValueError, match="Received: "):
        backbone.BackboneConfig(**arguments)


def test_members_of_several_kinds_stand_in_the_order_of_their_names():
    config = dataclasses.replace(
        TINY, architecture="musicnn+blocks+musicnn", members=3
    )
    mixed = backbone.backbone(SPEC, config)
    x = _log_mel(2, 32)
    expected = []
    for number, name in enumerate(("musicnn", "blocks", "musicnn"), start=1):
        alone = backbone.backbone(
            SPEC, dataclasses.replace(TINY, architecture=name)
        )
        for layer in alone.layers:
            if layer.weights:
                own = mixed.get_layer(f"member_{number}_{layer.name}")
                layer.set_weights(own.get_weights())
        expected.append(ops.convert_to_numpy(alone(x)))
    np.testing.assert_allclose(
        mixed(x), np.concatenate(expected, axis=1), atol=1e-5
    )
