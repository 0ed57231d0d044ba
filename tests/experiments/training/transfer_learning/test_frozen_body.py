"""A head learns from vectors alone, and the body stays."""

import keras
import keras_checks
import numpy as np
import pytest
import tensorflow as tf
import tiny_tagger
import tone_manifest
import tone_training

from experiments.scoring import evaluation
from experiments.settings import flags
from experiments.training import tag_sharing, tagger_training
from experiments.training.transfer_learning import frozen_body, vector_cache
from pipelines.reading import augmentation as augmentations


@pytest.fixture
def settings():
    return tone_training.settings(
        epochs=20,
        learning_rate=0.02,
        average_decay=0.0,
        init_from="somewhere",
        freeze=True,
        head_units=16,
        head_members=2,
        head_components=4,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    return tone_manifest.make(folder / "data", train=12, validation=6)


@pytest.fixture
def told(monkeypatch, settings):
    """Vectors that say which tags a recording has, and its level."""

    def clip_vectors(model, manifest, spec):
        labels = manifest.labels()
        rows = np.repeat(np.arange(len(labels)), 2)
        vectors = np.zeros((len(rows), model.backbone.output.shape[1]))
        vectors[:, :3] = labels[rows]
        vectors[:, 3] = rows % 5
        return evaluation.ClipVectors(vectors.astype(np.float32), rows), {}

    monkeypatch.setattr(vector_cache, "clip_vectors", clip_vectors)


def train(settings, made, folder, validation=None):
    tiny_tagger.seed_weights(0)
    model = tagger_training.build(
        settings, made.split("train"), pretrained=False
    )
    before = [part.get_weights() for part in (model.front_end, model.backbone)]
    watched = {"train": made.split("train")}
    if validation is not None:
        watched["validation"] = validation
    progress = frozen_body.train(
        model,
        model.head,
        tagger_training.make_loss("bce", None),
        settings,
        made.split("train"),
        watched,
        tone_training.run_in(folder),
    )
    for part, weights in zip(
        (model.front_end, model.backbone), before, strict=True
    ):
        for now, then in zip(part.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(now, then)
    return model, progress


def test_it_learns_and_ends_the_same_again(settings, made, told, tmp_path):
    model, progress = train(settings, made, tmp_path / "1")
    assert progress.epoch == len(progress.history) == 20
    losses = [row["loss"] for row in progress.history]
    assert losses[-1] < 0.3 * losses[0]
    again, _ = train(settings, made, tmp_path / "2")
    keras_checks.check_same_weights(model.head, again.head)
    text = (tmp_path / "1" / "baseline" / "a" / "history.csv").read_text()
    assert len(text.splitlines()) == 21


@pytest.mark.usefixtures("no_graphs")
def test_loss_and_watched_figures_are_logged(settings, made, told, tmp_path):
    settings = flags.replace(settings, {"epochs": 5, "score_every": 2})
    _, progress = train(settings, made, tmp_path, made.split("validation"))
    events = tone_training.log_of(tone_training.run_in(tmp_path))

    def curve(name):
        values = {}
        for event in events.Tensors(name):
            values[event.step] = tf.make_ndarray(event.tensor_proto).item()
        return values

    for name in ("loss", "learning_rate", "seconds"):
        for row in progress.history:
            assert curve(f"epoch/{name}")[row["epoch"]] == pytest.approx(
                row[name]
            )
    rates = [row["learning_rate"] for row in progress.history]
    assert max(rates) <= 0.02 and rates[-1] < rates[1]
    for name in ("train/map", "validation/map", "validation/loss"):
        # The last epoch is always scored.
        assert list(curve(name)) == [2, 4, 5]
    assert "validation_map" not in progress.history[0]


@pytest.mark.usefixtures("no_graphs")
def test_a_part_of_the_logits_is_shared_at_the_end(
    settings, made, told, tmp_path
):
    settings = flags.replace(settings, {"epochs": 2})
    alone, _ = train(settings, made, tmp_path / "1")
    settings = flags.replace(settings, {"tag_sharing": 0.5})
    shared, _ = train(settings, made, tmp_path / "2")
    labels = made.split("train").labels()
    mixing = 0.5 * np.eye(3) + 0.5 * tag_sharing.correlation(labels)
    kernels = [
        model.head.get_layer("tag_logits").kernel.numpy()
        for model in (alone, shared)
    ]
    np.testing.assert_allclose(kernels[1], kernels[0] @ mixing, atol=1e-5)


@pytest.mark.usefixtures("no_graphs")
def test_members_differ_and_their_mean_is_the_answer(
    settings, made, told, tmp_path
):
    settings = flags.replace(settings, {"epochs": 2})
    model, _ = train(settings, made, tmp_path)
    vectors = np.random.default_rng(0).normal(
        size=(5, model.backbone.output.shape[1])
    )
    logits = model.head.predict(vectors, verbose=0)
    assert logits.shape == (5, 2, 3)
    assert np.abs(logits[:, 0] - logits[:, 1]).max() > 1e-3
    wave = np.random.default_rng(1).normal(size=(2, 8_000))
    body = model.body().predict(
        {"waveform": wave, "peak": np.abs(wave).max(axis=1)}, verbose=0
    )
    np.testing.assert_allclose(
        model.predict(wave, verbose=0),
        model.head.predict(body, verbose=0).mean(axis=1),
        atol=1e-5,
    )


@pytest.mark.usefixtures("no_graphs")
def test_the_weights_are_those_of_the_best_epoch(
    settings, made, told, tmp_path, monkeypatch
):
    found = iter([0.2, 0.9, 0.5, 0.4, 0.3])

    def quick(truth, scores):
        is_validation = len(truth) == 6
        value = next(found) if is_validation else 0.1
        return dict.fromkeys(("map", "roc_auc", "p_at_10"), value)

    monkeypatch.setattr(evaluation, "quick", quick)
    settings = flags.replace(settings, {"epochs": 5, "batch_size": 12})
    best, progress = train(
        settings, made, tmp_path / "1", made.split("validation")
    )
    assert progress.best_epoch == 2
    assert [row["validation_map"] for row in progress.history] == [
        *(0.2, 0.9, 0.5, 0.4, 0.3)
    ]
    last, _ = train(settings, made, tmp_path / "2")
    kernels = [each.head.weights[-2].numpy() for each in (best, last)]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-4
    found = iter([0.9, 0.5, 0.4])
    settings = flags.replace(settings, {"patience": 2})
    _, progress = train(
        settings, made, tmp_path / "3", made.split("validation")
    )
    assert progress.epoch == 3 and progress.stopped


@pytest.mark.usefixtures("no_graphs")
def test_adaptive_weights_follow_recordings_that_are_held_out(
    settings, made, told, tmp_path
):
    asked = {"tag_weights": "adaptive", "epochs": 2, "score_every": 1}
    settings = flags.replace(settings, asked)
    recordings = made.split("train")
    model = tagger_training.build(settings, recordings, pretrained=False)
    loss = tagger_training.make_loss("bce", np.ones(3, np.float32))
    progress = frozen_body.train(
        model,
        model.head,
        loss,
        settings,
        recordings,
        {"held": made.split("validation")},
        tone_training.run_in(tmp_path),
    )
    last = progress.history[-1]
    weights = [last[f"tag_weight {tag}"] for tag in tone_manifest.TAGS]
    np.testing.assert_allclose(loss.weights.numpy(), weights, rtol=1e-6)
    assert np.ptp(weights) > 0


def test_too_many_lost_recordings_end_it(settings, made, monkeypatch, tmp_path):
    def clip_vectors(*_):
        clips = evaluation.ClipVectors(np.zeros((1, 4)), np.array([0]))
        return clips, {"audio/001.wav": "cut short"}

    monkeypatch.setattr(vector_cache, "clip_vectors", clip_vectors)
    with pytest.raises(ValueError, match="max_lost_share.*1 of 12.*cut short"):
        train(settings, made, tmp_path)


def test_components_are_the_principal_ones_of_standardised_vectors():
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(50, 6)) @ draw.normal(size=(6, 6))
    vectors = (vectors * [1, 10, 1, 100, 1, 1] + 7).astype(np.float32)
    layer = keras.layers.Dense(3)
    layer.build((None, 6))
    frozen_body.fit_components(layer, vectors)
    found = np.asarray(layer(vectors), np.float64)
    standard = (vectors - vectors.mean(0)) / vectors.std(0)
    values, directions = np.linalg.eigh(standard.T @ standard / 50)
    expected = standard @ directions[:, ::-1][:, :3]
    expected /= np.sqrt(values[::-1][:3].mean())
    signs = np.sign((found * expected).sum(0))
    np.testing.assert_allclose(found * signs, expected, atol=1e-4)
    assert np.mean(found**2) == pytest.approx(1.0, rel=1e-4)


def test_components_beyond_the_recordings_are_zero():
    vectors = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    layer = keras.layers.Dense(5)
    layer.build((None, 6))
    frozen_body.fit_components(layer, vectors)
    found = np.asarray(layer(vectors))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 3:], 0, atol=1e-6)


def test_labels_are_mixed_as_their_vectors_are():
    labels = np.random.default_rng(0).integers(0, 2, (12, 3)).astype(np.float32)
    vectors = np.concatenate([labels, np.arange(12.0)[:, None]], axis=1)
    draw = np.random.default_rng(1)
    plain, mixed = (
        list(
            frozen_body._batches(
                draw,
                vectors,
                labels,
                5,
                augmentations.Augmentation(mixup_alpha=a),
            )
        )
        for a in (0.0, 0.4)
    )
    # Full batches only, and no recording twice.
    assert len(plain) == len(mixed) == 2
    seen = np.concatenate([inputs[:, 3] for inputs, _ in plain])
    assert len(set(seen)) == 10
    for inputs, tags in mixed:
        np.testing.assert_allclose(inputs[:, :3], tags, atol=1e-6)
    assert not np.isin(np.concatenate([t for _, t in mixed]), (0, 1)).all()


def test_vectors_that_nothing_standardises_are_told():
    draw = np.random.default_rng(0)
    vectors = draw.normal(1.0, 1.0, (200, 7)).astype(np.float32)
    assert frozen_body.far_from_standard(vectors) == ""
    # Whatever the unit.
    assert frozen_body.far_from_standard(1e-3 * vectors) == ""
    said = frozen_body.far_from_standard(vectors + 3)
    assert "lie 4.1 of their deviations" in said
    assert "--head-components" in said
    assert frozen_body.far_from_standard(np.ones((3, 2), np.float32))
