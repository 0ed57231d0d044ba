import dataclasses
import inspect
import json

import keras
import keras_checks
import noise_batches
import numpy as np
import pytest
import tiny_tagger
from keras import ops
from noise_batches import NAMES, SPEC, call, noise

from tftag import losses
from tftag.models import precision, tagger
from tftag.models.backbones import backbone

CONFIG = tagger.TaggerConfig(
    backbone.BackboneConfig(width=1 / 32, blocks=2), dropout=0.3
)


def test_parts_are_attributes_and_the_whole_is_one_after_the_other():
    model = tagger.Tagger(NAMES, SPEC, CONFIG)
    assert model.tags == NAMES
    names = [layer.name for layer in model.layers]
    assert names == ["peak", "waveform", "front_end", "backbone", "head"]
    spectrogram = call(model.front_end, noise())
    assert spectrogram.shape == (3, 32, 16)
    logits = call(model.head, call(model.backbone, spectrogram))
    assert logits.shape == (3, 1, 5)
    np.testing.assert_allclose(
        logits[:, 0], call(model, noise()), rtol=0, atol=1e-6
    )


def test_integers_and_floats_of_any_unit_give_the_same_logits():
    model = tagger.Tagger(NAMES[:4], SPEC, CONFIG)
    inputs = noise()
    expected = call(model, inputs)
    whole = inputs["waveform"].astype("float32")
    for waveform, unit in ((whole, 1), (whole / 32_768, 32_768)):
        peak = inputs["peak"] / unit
        outputs = call(model, {"waveform": waveform, "peak": peak})
        np.testing.assert_allclose(outputs, expected, atol=1e-6)
    outputs = model.predict(inputs, verbose=0)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_each_row_by_itself():
    model = tagger.Tagger(NAMES[:4], SPEC, CONFIG)
    inputs = noise()
    keras_checks.check_batch_independent(
        lambda waveform, peak: model({"waveform": waveform, "peak": peak}),
        inputs["waveform"].astype("float32"),
        inputs["peak"],
        tolerance=1e-5,
    )


def test_any_length():
    model = tagger.Tagger(NAMES[:4], SPEC, CONFIG)
    for samples in (1, 63, 64, 5_000):
        logits = call(model, noise(1, samples))
        assert logits.shape == (1, 4)
        assert np.all(np.isfinite(logits))


@pytest.mark.parametrize("head_units", [0, 4])
def test_an_untrained_tagger_answers_with_the_prior(head_units):
    prior = np.array([0.5, 0.1, 0.0, 1.0])
    config = dataclasses.replace(CONFIG, head_units=head_units)
    model = tagger.Tagger(NAMES[:4], SPEC, config, prior)
    bias = ops.convert_to_numpy(model.head.get_layer("tag_logits").bias)
    np.testing.assert_allclose(
        1 / (1 + np.exp(-bias)), [0.5, 0.1, 0.001, 0.999], rtol=1e-5
    )


def test_logits_are_float32_under_mixed_precision():
    inputs = noise()
    tiny_tagger.seed_weights(0)
    model = tagger.Tagger(NAMES[:4], SPEC, CONFIG)
    expected = call(model, inputs)
    for half in ("float16", "bfloat16"):
        with precision.policy(f"mixed_{half}"):
            mixed = tagger.Tagger(NAMES[:4], SPEC, CONFIG)
        mixed.set_weights(model.get_weights())
        np.testing.assert_array_equal(
            call(mixed.front_end, inputs), call(model.front_end, inputs)
        )
        assert mixed.backbone.output.dtype == half
        logits = call(mixed, inputs)
        assert logits.dtype == "float32"
        np.testing.assert_allclose(logits, expected, atol=0.1)


@pytest.mark.usefixtures("no_graphs")
@pytest.mark.parametrize("members", [1, 3])
def test_masked_shares_every_weight(members):
    config = dataclasses.replace(
        CONFIG,
        backbone=dataclasses.replace(CONFIG.backbone, members=members),
    )
    model = tagger.Tagger(NAMES[:4], SPEC, config)
    noise_batches.check_masked(model, tagger.masked(model), members)


def test_the_logits_of_a_tagger_are_the_mean_of_its_members():
    config = dataclasses.replace(
        CONFIG,
        dropout=0.0,
        backbone=dataclasses.replace(
            CONFIG.backbone, members=2, shared_blocks=1
        ),
    )
    model = tagger.Tagger(NAMES[:4], SPEC, config)
    vectors = call(model.body(), noise()).reshape(3, 2, -1)
    kernels = model.head.get_weights()[0].reshape(2, -1, 4)
    logits = [vectors[:, m] @ kernels[m] for m in range(2)]
    assert np.abs(logits[0] - logits[1]).min() > 1e-6
    np.testing.assert_allclose(
        call(model, noise()), np.mean(logits, axis=0), atol=1e-5
    )


@pytest.mark.usefixtures("no_graphs")
def test_variables_hold_all_that_a_step_changes():
    model = tagger.Tagger(NAMES[:4], SPEC, CONFIG)
    model.compile("sgd", losses.BinaryCrossentropy())
    paths = [variable.path for variable in model.variables]
    assert len(set(paths)) == len(paths)
    assert sum("seed_generator_state" in path for path in paths) == 1
    batch = noise(), np.ones((3, 4), "float32")
    keras_checks.check_variables_hold_all(
        model.variables,
        lambda: model.fit(*batch, epochs=2, shuffle=False, verbose=0),
    )


def test_training_learns_what_it_is_shown():
    tiny_tagger.seed_weights(1)
    inputs, truth = noise_batches.low_and_high()
    config = dataclasses.replace(
        CONFIG.backbone, batch_norm_momentum=0.5, width=1 / 16
    )
    model = tagger.Tagger(NAMES[:2], SPEC, tagger.TaggerConfig(config))
    model.compile(keras.optimizers.Adam(0.01), losses.BinaryCrossentropy())
    for _ in range(30):
        model.train_on_batch(inputs, truth)
    np.testing.assert_array_equal(call(model, inputs) > 0, truth > 0)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_saved_tagger_comes_back(tmp_path, policy):
    model = tagger.Tagger(
        NAMES[:4], SPEC, CONFIG, np.full(4, 0.2), dtype=policy
    )
    model.save(tmp_path / "tagger.keras")
    loaded = keras.saving.load_model(tmp_path / "tagger.keras")
    assert type(loaded) is tagger.Tagger
    assert loaded.get_config() == model.get_config()
    assert loaded.backbone.layers[-1].dtype_policy.name == policy
    inputs = noise()
    np.testing.assert_array_equal(call(loaded, inputs), call(model, inputs))
    tagger.masked(loaded)


def test_the_config_holds_every_argument():
    model = tagger.Tagger(NAMES, SPEC, CONFIG, name="mine")
    arguments = inspect.signature(tagger.Tagger).parameters
    # The prior is in the bias.
    assert model.get_config().keys() == arguments.keys() - {"tag_prior"}
    copy = tagger.Tagger.from_config(json.loads(json.dumps(model.get_config())))
    assert (copy.tags, copy.audio_spec, copy.config, copy.name) == (
        *(NAMES, SPEC, CONFIG),
        "mine",
    )


def test_plain_arrays_are_whole_recordings_by_their_own_peak():
    model = tagger.Tagger(NAMES[:2], SPEC, CONFIG)
    waveform = np.random.default_rng(0).normal(size=(6, 2_000))
    peak = np.abs(waveform).max(axis=1)
    expected = call(model, {"waveform": waveform, "peak": peak})
    np.testing.assert_array_equal(call(model, waveform), expected)
    answer = model.predict(waveform, batch_size=4, verbose=0)
    np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-5)
    for wrong in (waveform[0], waveform[:, :, None]):
        with pytest.raises(ValueError, match=r"must be \[batch, samples\]"):
            model(wrong)


@pytest.mark.parametrize(
    "tags, tag_prior, message",
    [
        ((), None, "at least one tag"),
        (("rock", "rock"), None, "twice: .'rock'"),
        (NAMES[:3], [0.1, 0.2], "one value per tag, 3"),
        (NAMES[:2], [0.1, 1.2], r"in \[0, 1\]"),
        (NAMES[:2], [0.1, np.nan], r"in \[0, 1\]"),
    ],
)
def test_what_does_not_fit_is_refused(tags, tag_prior, message):
    with pytest.raises(ValueError, match=message):
        tagger.Tagger(tags, SPEC, CONFIG, tag_prior)


def test_a_hidden_layer_is_saved_with_its_components(tmp_path):
    config = dataclasses.replace(
        CONFIG, head_units=4, head_members=3, head_components=2
    )
    model = tagger.Tagger(NAMES[:2], SPEC, config)
    assert model.head.output.shape == (None, 3, 2)
    model.save(tmp_path / "tagger.keras")
    loaded = keras.saving.load_model(tmp_path / "tagger.keras")
    assert loaded.config == model.config
    np.testing.assert_array_equal(call(loaded, noise()), call(model, noise()))
