"""A tagger on an audio module has a head to train, and needs it to be apt."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
import yamnet_shape

from experiments.training import audio_module
from experiments.training.transfer_learning import transfer
from tftag import audio, tags
from tftag.export import saved_model
from tftag.metrics import calibration

TAGS = tags.TagVocabulary(("calm", "high", "low"))


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "yamnet"
    tf.saved_model.save(yamnet_shape.YamnetShape(), str(folder))
    return folder


HUB_SPEC = audio.AudioSpec(sample_rate_hz=16_000, clip_seconds=1.0)


def test_a_module_embeds_each_example_alone(module_folder):
    layer = audio_module.HubEmbedding(str(module_folder))
    waveforms = np.random.default_rng(1).normal(size=(3, 16_000))
    together = np.array(layer(waveforms.astype(np.float32)))
    module = yamnet_shape.YamnetShape()
    for row, waveform in zip(together, waveforms, strict=True):
        _, embeddings, _ = module(waveform.astype(np.float32))
        np.testing.assert_allclose(
            row, np.mean(embeddings, axis=0), rtol=1e-4, atol=1e-6
        )
    again = audio_module.HubEmbedding.from_config(layer.get_config())
    np.testing.assert_array_equal(again(waveforms.astype(np.float32)), together)


@pytest.mark.slow
def test_a_tagger_on_a_module_has_a_head_to_train_and_exports(
    module_folder, tmp_path
):
    pytest.importorskip("tensorflow_hub")
    model = audio_module.hub_tagger(
        f"hub:{module_folder}", HUB_SPEC, 3, np.full(3, 0.25)
    )
    assert len(model.trainable_weights) == 4
    kernels = [w for w in model.weights if w.shape == (160, 12)]
    np.testing.assert_array_equal(
        kernels[0].numpy(), yamnet_shape.YamnetShape().kernel.numpy()
    )
    assert transfer.training_model(model) is model
    answer = model(
        {
            "waveform": np.zeros((2, 16_000), np.float32),
            "peak": np.ones(2, np.float32),
        }
    )
    assert answer.shape == (2, 3)
    folder = saved_model.export_tagger(
        model,
        HUB_SPEC,
        TAGS,
        calibration.identity(3),
        {},
        tmp_path / "hub_tagger",
    )
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    noise = np.random.default_rng(0).normal(size=(1, 16_000)).astype("float32")
    found = signature(waveform=tf.constant(noise))["probabilities"]
    logits = model({"waveform": noise, "peak": np.abs(noise).max(axis=1)})
    np.testing.assert_allclose(found, tf.sigmoid(logits), atol=1e-5)


def test_the_head_on_a_module_has_the_dropout_that_is_asked_for(module_folder):
    model = audio_module.hub_tagger(
        f"hub:{module_folder}", HUB_SPEC, 3, dropout=0.25
    )
    assert model.head.get_layer("dropout").rate == 0.25


def test_modules_that_do_not_fit_are_refused(module_folder, tmp_path):
    slow = dataclasses.replace(HUB_SPEC, sample_rate_hz=8_000, max_hz=4_000.0)
    with pytest.raises(ValueError, match="16000 Hz. Received.*8000"):
        audio_module.hub_tagger(f"hub:{module_folder}", slow, 3)

    class Scores(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, waveform):
            return tf.reduce_mean(waveform)

    tf.saved_model.save(Scores(), str(tmp_path / "scores"))
    with pytest.raises(ValueError, match="must return"):
        audio_module.hub_tagger(f"hub:{tmp_path / 'scores'}", HUB_SPEC, 3)
    with pytest.raises((OSError, ValueError)):
        audio_module.hub_tagger(f"hub:{tmp_path / 'never'}", HUB_SPEC, 3)
