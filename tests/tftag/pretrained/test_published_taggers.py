import dataclasses

import numpy as np
import pytest
import slow_musicnn
import slow_vgg
from keras import ops
from scipy import linalg

from tftag import audio
from tftag.models.backbones import backbone
from tftag.pretrained import published_taggers

SPEC = published_taggers.AUDIO
CONFIG = backbone.BackboneConfig(architecture="musicnn", pooling="embedding")


def _sounds(samples):
    """Noise with a beat, and a falling tone, at full scale."""
    seconds = np.arange(samples) / SPEC.sample_rate_hz
    noise = np.random.default_rng(0).normal(size=samples)
    noise *= np.exp(-8 * (seconds % 0.5))
    tone = np.sin(2 * np.pi * (900 - 200 * seconds) * seconds)
    sounds = np.stack([noise, tone])
    sounds /= np.abs(sounds).max(axis=1, keepdims=True)
    return (np.round(sounds * audio.FULL_SCALE) / audio.FULL_SCALE).astype("f4")


def test_a_clip_is_a_patch_of_the_paper():
    assert (SPEC.clip_samples, SPEC.clip_frames) == (47_616, 187)


@pytest.mark.parametrize(
    ("name", "sound"),
    [("msd_musicnn", 0), ("mtt_musicnn", 1), ("msd_vgg", 0)],
)
def test_a_published_tagger_answers_as_its_arrays_say(name, sound):
    sounds = _sounds(SPEC.clip_samples)[[sound]]
    arrays = published_taggers.read(name)
    model = published_taggers.model(name)
    inputs = {"waveform": sounds, "peak": np.ones(1, "float32")}
    answer = ops.convert_to_numpy(model(inputs, training=False))[0]
    mels = slow_musicnn.log_mel(sounds[0])
    assert mels.shape == (187, 96)
    slow = slow_vgg if name.endswith("vgg") else slow_musicnn
    *_, expected = slow.features(mels, arrays)
    np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-4)


def test_members_and_poolings_are_those_of_each_network():
    names = ["mtt_musicnn", "msd_musicnn"]
    config = dataclasses.replace(
        CONFIG, members=2, pooling="both_and_embedding"
    )
    # A short one: all lengths are taken.
    mels = slow_musicnn.log_mel(_sounds(8_000)[0])
    model = backbone.backbone(SPEC, config)
    arrays = [published_taggers.read(name) for name in names]
    scale = published_taggers.assign(model, arrays)
    standard = (mels - scale.mean) / scale.deviation
    given = ops.convert_to_numpy(model(standard[np.newaxis].astype("float32")))
    expected = np.concatenate(
        [
            part
            for one in arrays
            for part in slow_musicnn.features(mels, one)[:2]
        ]
    )
    np.testing.assert_allclose(given[0], expected, rtol=1e-4, atol=2e-4)


def test_no_member_is_left_with_random_weights():
    arrays = [published_taggers.read("msd_musicnn")] * 2
    for members in (1, 3):
        config = dataclasses.replace(CONFIG, members=members)
        model = backbone.backbone(SPEC, config)
        before = [np.array(each) for each in model.get_weights()]
        with pytest.raises(ValueError, match="a member for each network, 2"):
            published_taggers.assign(model, arrays)
        for one, other in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_logits_are_those_of_the_end_of_every_part():
    members = [published_taggers.read(f"{n}_musicnn") for n in ("msd", "mtt")]
    kernel, bias = published_taggers.logits(2 * 203, members)
    vector = np.random.default_rng(0).normal(size=406)
    expected = [
        vector[at + 3 : at + 203] @ each["tag_logits/kernel"]
        + each["tag_logits/bias"]
        for at, each in zip((0, 203), members, strict=True)
    ]
    np.testing.assert_allclose(
        vector @ kernel + bias, np.concatenate(expected), rtol=1e-5, atol=1e-5
    )
    assert published_taggers.logits(7, [])[0].shape == (7, 0)
    members.append(published_taggers.read("msd_vgg"))
    kernel, _ = published_taggers.logits(200 + 200 + 256, members)
    expected = linalg.block_diag(
        *(each["tag_logits/kernel"] for each in members)
    )
    np.testing.assert_array_equal(kernel, expected)
