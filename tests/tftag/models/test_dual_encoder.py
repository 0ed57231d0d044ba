import dataclasses

import keras
import keras_checks
import noise_batches
import numpy as np
import pytest
import tiny_tagger
from keras import ops
from noise_batches import SPEC, call, masks, noise

from tftag import losses
from tftag.models import dual_encoder, precision, tagger
from tftag.models.backbones import backbone

CONFIG = dual_encoder.DualEncoderConfig(
    backbone.BackboneConfig(width=1 / 32, blocks=2),
    dim=6,
    dropout=0.3,
    text_units=32,
)
NAMES = noise_batches.NAMES[:4]
COSINES = {"initial_scale": 1.0, "initial_bias": 0.0, "learned_scale": False}
WORDS = np.random.default_rng(9).normal(size=(4, 5)).astype("float32")


def _config(members=1, **changes):
    body = dataclasses.replace(CONFIG.backbone, members=members)
    return dataclasses.replace(CONFIG, backbone=body, **changes)


def _model(members=1, **changes):
    tiny_tagger.seed_weights(2)
    return dual_encoder.DualEncoder(
        NAMES, WORDS, SPEC, _config(members, **changes)
    )


@pytest.mark.parametrize("members", [1, 2])
def test_hidden_layers_have_towers_of_their_own(members, tmp_path):
    model = _model(members, head_units=4, head_members=3, head_components=2)
    assert call(model.audio_tower, noise()).shape == (3, 3 * 6)
    assert call(model.text_tower, WORDS).shape == (4, 3 * 6)
    vectors = call(model.body(), noise())
    before = call(model.audio_tower.head, vectors).reshape(3, 3, 6)
    hidden = model.audio_tower.head.get_layer("hidden")
    kernel, bias = hidden.get_weights()
    kernel[:, 4:8] = 1
    hidden.set_weights([kernel, bias])
    after = call(model.audio_tower.head, vectors).reshape(3, 3, 6)
    np.testing.assert_array_equal(after[:, [0, 2]], before[:, [0, 2]])
    assert np.abs(after[:, 1] - before[:, 1]).max() > 1e-4
    model.save(tmp_path / "dual.keras")
    loaded = keras.saving.load_model(tmp_path / "dual.keras")
    assert loaded.config == model.config
    np.testing.assert_allclose(
        call(loaded, noise()), call(model, noise()), atol=1e-6
    )


def test_one_tower_for_all_sees_the_vector_beside_the_hidden_layers():
    model = _model(joint=True, head_units=4, head_members=3)
    assert call(model.audio_tower, noise()).shape == (3, 6)
    head = model.audio_tower.head
    seen = head.get_layer("hidden_and_vector").output
    vectors = call(model.body(), noise())
    beside = call(keras.Model(head.input, seen), vectors)
    np.testing.assert_array_equal(beside[:, 3 * 4 :], vectors)


def test_front_end_and_backbone_are_those_of_a_tagger():
    config = tagger.TaggerConfig(CONFIG.backbone, CONFIG.dropout)
    plain, model = tagger.Tagger(NAMES, SPEC, config), _model()
    for part in ("front_end", "backbone"):
        getattr(plain, part).set_weights(getattr(model, part).get_weights())
    np.testing.assert_array_equal(
        call(plain.body(), noise()), call(model.body(), noise())
    )


@pytest.mark.parametrize("members", [1, 3])
def test_towers_meet_in_one_space(members):
    model = _model(members, **COSINES)
    clips_tower, text_tower = model.audio_tower, model.text_tower
    clips = call(clips_tower, noise())
    tags = call(text_tower, WORDS)
    assert clips.shape == (3, members * 6) and tags.shape == (4, members * 6)
    for vectors in (clips, tags):
        np.testing.assert_allclose(
            np.linalg.norm(vectors, axis=1), 1, rtol=1e-5
        )
    np.testing.assert_allclose(call(model, noise()), clips @ tags.T, atol=1e-5)


def test_members_have_towers_of_their_own():
    model = _model(2, text_dropout=0.0)
    clips_tower, text_tower = model.audio_tower, model.text_tower
    before = call(clips_tower, noise()), call(text_tower, WORDS)
    for tower, name in (
        (clips_tower.head, "audio_projection"),
        (text_tower, "text_dense_2"),
        (text_tower, "text_projection"),
    ):
        kernel = tower.get_layer(name).kernel
        kernel.assign(
            ops.stack([kernel[0], ops.roll(kernel[1], 1, axis=-1)], axis=0)
        )
    after = call(clips_tower, noise()), call(text_tower, WORDS)
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old[:, :6], new[:, :6])
        assert np.abs(old[:, 6:] - new[:, 6:]).max() > 1e-3


def test_each_row_by_itself_and_any_length():
    model = _model(2)
    inputs = noise()
    keras_checks.check_batch_independent(
        lambda waveform, peak: model({"waveform": waveform, "peak": peak}),
        inputs["waveform"],
        inputs["peak"],
        tolerance=1e-4,
    )
    for samples in (1, 63, 5_000):
        logits = call(model, noise(1, samples))
        assert logits.shape == (1, 4) and np.all(np.isfinite(logits))


def test_starts_at_the_bias_of_rare_pairs():
    logits = call(_model(), noise())
    assert np.all(np.abs(logits + 3) <= 10 + 1e-4)
    assert logits.std() > 1e-3


@pytest.mark.usefixtures("no_graphs")
@pytest.mark.parametrize("members", [1, 3])
def test_masked_shares_every_weight(members):
    model = _model(members)
    noise_batches.check_masked(model, dual_encoder.masked(model), members)


@pytest.mark.usefixtures("no_graphs")
def test_variables_hold_all_that_a_step_changes():
    model = _model(2)
    training = dual_encoder.masked(model)
    training.compile("adam", losses.MultiPositiveInfoNCE())
    training.optimizer.build(training.trainable_variables)
    paths = [variable.path for variable in model.variables]
    assert len(set(paths)) == len(paths)
    assert sum("seed_generator_state" in path for path in paths) == 3
    truth = np.eye(3, 4, dtype="float32")[:, None]
    batch = {**noise(), **masks(width=2)}, truth
    keras_checks.check_variables_hold_all(
        [*training.variables, *training.optimizer.variables],
        lambda: training.fit(*batch, epochs=2, shuffle=False, verbose=0),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "loss, members, changes",
    [
        (losses.BinaryCrossentropy, 2, {}),
        (losses.MultiPositiveInfoNCE, 1, {}),
        (losses.TripletMargin, 1, COSINES),
    ],
)
def test_training_learns_what_it_is_shown(loss, members, changes):
    inputs, low_high = noise_batches.low_and_high()
    truth = np.concatenate([low_high, low_high], axis=1)
    body = backbone.BackboneConfig(
        width=1 / 16, blocks=2, batch_norm_momentum=0.5, members=members
    )
    tiny_tagger.seed_weights(1)
    config = dataclasses.replace(
        CONFIG, backbone=body, dropout=0.0, text_dropout=0.0, **changes
    )
    model = dual_encoder.DualEncoder(NAMES, WORDS, SPEC, config)
    held = model.comparison.get_layer("similarity").get_weights()
    training = dual_encoder.masked(model)
    training.compile(keras.optimizers.Adam(0.01), loss())
    for _ in range(30):
        training.train_on_batch({**inputs, **masks(4)}, truth[:, None])
    logits = call(model, inputs)
    assert logits[truth == 1].min() > logits[truth == 0].max()
    # The temperature is the model's, and learned unless it is told not to.
    for before, after in zip(
        held,
        model.comparison.get_layer("similarity").get_weights(),
        strict=True,
    ):
        if changes:
            np.testing.assert_array_equal(before, after)
    log_scale = model.comparison.get_layer("similarity").get_weights()[0]
    assert np.any(log_scale != held[0]) != bool(changes)
    np.testing.assert_array_equal(model.word_vectors, WORDS)


def test_vectors_are_float32_under_mixed_precision():
    inputs = noise()
    model = _model(2, **COSINES)
    expected = call(model, inputs)
    for half in ("float16", "bfloat16"):
        with precision.policy(f"mixed_{half}"):
            mixed = _model(2, **COSINES)
        mixed.set_weights(model.get_weights())
        assert mixed.backbone.output.dtype == half
        for tower, x in zip(
            (mixed.audio_tower, mixed.text_tower), (inputs, WORDS), strict=True
        ):
            vectors = call(tower, x)
            assert vectors.dtype == "float32"
            np.testing.assert_allclose(
                np.linalg.norm(vectors, axis=1), 1, rtol=1e-5
            )
        np.testing.assert_allclose(call(mixed, inputs), expected, atol=0.05)


def test_a_saved_dual_encoder_comes_back(tmp_path):
    model = _model(2)
    dual_encoder.masked(model)  # must not change what is saved
    model.save(tmp_path / "dual_encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "dual_encoder.keras")
    inputs = noise()
    np.testing.assert_array_equal(call(loaded, inputs), call(model, inputs))
    assert type(loaded) is dual_encoder.DualEncoder
    assert loaded.get_config() == model.get_config()
    for tower, x in (("audio_tower", inputs), ("text_tower", WORDS)):
        np.testing.assert_array_equal(
            call(getattr(loaded, tower), x), call(getattr(model, tower), x)
        )
    training = dual_encoder.masked(loaded)
    assert training.output.shape == (None, 2, 4)


@pytest.mark.usefixtures("no_graphs")
def test_weights_per_clip_are_refused():
    training = dual_encoder.masked(_model())
    training.compile("sgd", losses.MultiPositiveInfoNCE())
    truth = np.ones((3, 1, 4), "float32")
    with pytest.raises(ValueError, match="no weight per clip"):
        training.train_on_batch(
            {**noise(), **masks()}, truth, sample_weight=np.ones(3)
        )


@pytest.mark.parametrize(
    "words, message",
    [
        (WORDS[0], r"shape \(5,\)"),
        (WORDS[:1], "at least 2 tags"),
        (WORDS[:3], "a row per tag, 4"),
        (WORDS[:, :0], r"shape \(4, 0\)"),
        (np.where(np.eye(4, 5, 2) > 0, np.nan, WORDS), r"rows \[0, 1, 2\]"),
    ],
)
def test_word_vectors_that_do_not_fit_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        dual_encoder.DualEncoder(NAMES, words, SPEC, CONFIG)


@pytest.mark.parametrize(
    "name, value",
    [("dim", 0), ("text_units", 0), ("word_noise", -1), ("text_dropout", -0.1)],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        dual_encoder.DualEncoderConfig(**{name: value})


@pytest.mark.usefixtures("no_graphs")
@pytest.mark.parametrize("members", [1, 2])
def test_heads_are_those_of_the_whole_model(members):
    model = _model(members)
    heads = dual_encoder.heads(model)
    body = model.body()
    backbone_before = model.backbone.get_weights()
    before = call(model, noise())
    vectors = call(body, noise())
    tiny_tagger.seed_weights(0)
    heads.compile("sgd", losses.BinaryCrossentropy())
    truth = np.eye(3, 4, dtype="float32")[:, np.newaxis]
    heads.fit(vectors, truth, epochs=2, verbose=0)
    after = call(model, noise())
    assert np.abs(after - before).max() > 1e-3
    logits = call(heads, vectors)
    assert logits.shape == (3, members, 4)
    np.testing.assert_allclose(logits.mean(axis=1), after, atol=1e-5)
    for a, b in zip(backbone_before, model.backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.usefixtures("no_graphs")
def test_fits_plain_arrays_and_ranks_other_words():
    model = _model(dropout=0.0, text_dropout=0.0)
    waveform = np.random.default_rng(0).normal(size=(4, 2_000))
    model.compile(keras.optimizers.Adam(0.01), losses.MultiPositiveInfoNCE())
    found = model.fit(waveform, np.eye(4), epochs=8, verbose=0)
    assert min(found.history["loss"][1:]) < found.history["loss"][0]
    clips = model.audio_tower.predict(waveform, verbose=0)
    others = model.text_tower.predict(WORDS[:2] + 0.1, verbose=0)
    assert (clips @ others.T).shape == (4, 2)
