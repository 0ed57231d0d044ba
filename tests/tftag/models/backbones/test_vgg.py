import keras_checks
import numpy as np
import pytest
import slow_vgg
from keras import ops

from tftag import audio
from tftag.models.backbones import backbone

CONFIG = backbone.BackboneConfig(architecture="vgg", pooling="embedding")
# The least that leaves something: 66 frames of 63 bands.
SPEC = audio.AudioSpec(
    clip_seconds=65 * 256 / 16_000, hop_samples=256, mel_bands=63
)


def _mels(batch):
    rng = np.random.default_rng(0)
    return rng.normal(size=(batch, 66, 63)).astype("float32")


def test_the_vector_is_that_of_a_slow_network_of_the_same_arrays():
    model = backbone.backbone(SPEC, CONFIG)
    assert model.input.shape == (None, 66, 63)
    rng = np.random.default_rng(1)
    arrays = {}
    for layer in filter(lambda layer: layer.weights, model.layers):
        for weight in layer.weights:
            drawn = rng.normal(size=weight.shape)
            if weight.name == "kernel":
                drawn /= 20  # so that nothing grows from layer to layer
            if weight.name == "moving_variance":
                drawn = 0.5 + np.abs(drawn)
            weight.assign(drawn)
            arrays[f"{layer.name}/{weight.name}"] = drawn
    arrays["tag_logits/kernel"] = rng.normal(size=(128, 3))
    arrays["tag_logits/bias"] = rng.normal(size=3)
    mels = _mels(1)
    expected, logits = slow_vgg.features(mels[0], arrays)
    vector = ops.convert_to_numpy(model(mels, training=False))[0]
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(vector, expected, rtol=0, atol=1e-4)
    answer = vector @ arrays["tag_logits/kernel"] + arrays["tag_logits/bias"]
    np.testing.assert_allclose(answer, logits, rtol=1e-5, atol=1e-4)


def test_rows_do_not_mix():
    model = backbone.backbone(SPEC, CONFIG)
    keras_checks.check_batch_independent(
        model, _mels(2), tolerance=1e-5, training=False
    )


@pytest.mark.parametrize(
    ("frames", "bands", "said"),
    [(65, 96, "frames >= 66.*Received: 65"), (187, 62, "bands >= 63.*62")],
)
def test_spectrograms_of_which_nothing_would_be_left_are_refused(
    frames, bands, said
):
    spec = audio.AudioSpec(
        clip_seconds=(frames - 1) * 256 / 16_000,
        hop_samples=256,
        mel_bands=bands,
    )
    with pytest.raises(ValueError, match=said):
        backbone.backbone(spec, CONFIG)
