import dataclasses
import inspect
import json

import keras
import keras_checks
import noise_batches
import numpy as np
import pytest
import tiny_tagger
from noise_batches import NAMES, SPEC, call, noise

from tftag import audio, losses
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


def test_seed_preset_counts():
    config = tagger.TaggerConfig(
        backbone.BackboneConfig(pooling="flatten", pool_padding="valid")
    )
    spec = audio.AudioSpec()
    names = [f"tag {number}" for number in range(67)]
    model = tagger.Tagger(names, spec, config)
    assert model.input["waveform"].shape == (None, 480_000)
    assert model.front_end.output.shape == (None, 938, 128)
    trained = 9 * (128 + 128 * 256 + 2 * 256**2 + 256 * 512 + 512**2)
    trained += 9 * 512 * 256
    trained += 2 * (128 + 256 * 4 + 512 * 2)
    trained += 7 * 256 * 67 + 67
    assert trained == sum(np.prod(w.shape) for w in model.trainable_variables)


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


def test_any_length_unless_flattened():
    model = tagger.Tagger(NAMES[:4], SPEC, CONFIG)
    for samples in (1, 63, 64, 5_000):
        logits = call(model, noise(1, samples))
        assert logits.shape == (1, 4)
        assert np.all(np.isfinite(logits))
    fixed = tagger.Tagger(
        NAMES[:4],
        SPEC,
        tagger.TaggerConfig(
            dataclasses.replace(CONFIG.backbone, pooling="flatten")
        ),
    )
    assert fixed.input["waveform"].shape == (None, 2_000)
    assert call(fixed, noise()).shape == (3, 4)


def test_an_untrained_tagger_answers_with_the_prior():
    prior = np.array([0.5, 0.1, 0.0, 1.0])
    model = tagger.Tagger(NAMES[:4], SPEC, CONFIG, prior)
    _, bias = model.head.get_weights()
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


def test_masks_hide_what_they_cover():
    model = tagger.Tagger(NAMES[:4], SPEC, CONFIG)
    training = tagger.masked(model)
    all_bands = np.array([[[0, 16]]], "int32")
    logits = [
        call(
            training,
            {
                **noise(1, seed=seed),
                "mel_masks": all_bands,
                "time_masks": all_bands[:, :0],
            },
        )
        for seed in (1, 2)
    ]
    np.testing.assert_array_equal(*logits)


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
    seconds = np.arange(2_000) / 4_000
    hz = np.array([[200], [250], [1_000], [1_200]])
    waveform = np.sin(2 * np.pi * hz * seconds).astype("float32")
    inputs = {"waveform": waveform, "peak": np.ones(4, "float32")}
    truth = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], "float32")
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


@pytest.mark.usefixtures("no_graphs")
def test_fits_plain_arrays():
    tiny_tagger.seed_weights(1)
    config = dataclasses.replace(CONFIG, dropout=0.0)
    model = tagger.Tagger(NAMES[:2], SPEC, config)
    model.compile(keras.optimizers.Adam(0.01), losses.BinaryCrossentropy())
    waveform = np.random.default_rng(0).normal(size=(4, 2_000))
    truth = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
    found = model.fit(waveform, truth, epochs=5, verbose=0).history["loss"]
    assert found[-1] < found[0]


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


def test_dropout_of_everything_is_refused():
    with pytest.raises(ValueError, match="dropout"):
        tagger.TaggerConfig(dropout=1.0)


def with_hidden_layer(**changed):
    config = tagger.TaggerConfig(
        backbone.BackboneConfig(1 / 64, blocks=2),
        **{"head_units": 4, "head_members": 3, **changed},
    )
    return tagger.Tagger(["calm", "loud"], audio.AudioSpec(), config)


def test_members_of_a_hidden_layer_see_all_and_share_nothing():
    model = with_hidden_layer()
    vectors = np.random.default_rng(0).normal(
        size=(5, model.backbone.output.shape[1])
    )
    before = model.head.predict(vectors, verbose=0)
    assert before.shape == (5, 3, 2)
    hidden = model.head.get_layer("hidden")
    kernel, bias = hidden.get_weights()
    kernel[:, 4:8] = 0
    hidden.set_weights([kernel, bias])
    after = model.head.predict(vectors, verbose=0)
    np.testing.assert_array_equal(after[:, [0, 2]], before[:, [0, 2]])
    assert np.abs(after[:, 1] - before[:, 1]).max() > 1e-4


def test_a_hidden_layer_is_saved_with_its_components(tmp_path):
    model = with_hidden_layer(head_components=2, head_dropout=0.5)
    components = model.head.get_layer("components")
    assert not components.trainable_weights and len(components.weights) == 2
    model.save(tmp_path / "tagger.keras")
    loaded = keras.saving.load_model(tmp_path / "tagger.keras")
    assert loaded.config == model.config
    wave = np.random.default_rng(0).normal(size=(2, 8_000))
    np.testing.assert_allclose(
        loaded.predict(wave, verbose=0),
        model.predict(wave, verbose=0),
        atol=1e-6,
    )


def test_a_hidden_layer_starts_at_the_prior():
    config = tagger.TaggerConfig(
        backbone.BackboneConfig(1 / 64, blocks=2), head_units=4
    )
    model = tagger.Tagger(["a", "b"], None, config, np.array([0.1, 0.9]))
    bias = model.head.get_layer("tag_logits").bias
    np.testing.assert_allclose(bias, np.log([1 / 9, 9]), rtol=1e-4)
