"""Heads learn from clip vectors alone."""

import numpy as np
import pytest
import tone_manifest
import tone_training

from experiments.scoring import evaluation
from experiments.settings import flags
from experiments.training import dual_encoder_training
from experiments.training.transfer_learning import cached_clips
from tftag.models import tagger

HEAD = {
    "head_units": 16,
    "head_members": 2,
    "freeze": True,
    "init_from": "somewhere",
    "average_decay": 0.0,
}


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cached")
    made = tone_manifest.make(folder / "data", train=12, validation=0)
    settings = tone_training.dual_settings()
    words = np.random.default_rng(0).normal(size=(3, 5))
    model = dual_encoder_training.build(settings, made.vocabulary.names, words)
    return made, settings, model


@pytest.mark.usefixtures("no_graphs")
def test_heads_learn_and_the_body_stays(cached):
    made, settings, model = cached
    settings = flags.replace(
        settings,
        {
            "heads_epochs": 12,
            "heads_batch_size": 18,
            "heads_learning_rate": 0.02,
        },
    )
    body = {
        weight.path: weight.numpy()
        for part in (model.front_end, model.backbone)
        for weight in part.weights
    }
    clips = dual_encoder_training.clip_vectors(settings, model, made)
    # What the tags are is written into the vectors.
    vectors = np.zeros_like(clips.vectors)
    vectors[:, :3] = made.labels()[clips.rows]
    clips = evaluation.ClipVectors(vectors, clips.rows)
    loss = dual_encoder_training.make_loss(settings)
    heads = dual_encoder_training.dual_encoder.heads(model)
    truth = made.labels()[clips.rows]

    def error():
        logits = heads(vectors, training=False)
        return float(loss(truth[:, np.newaxis], logits))

    before = error()
    cached_clips.train_heads(model, clips, made.labels(), settings, loss)
    assert error() < 0.7 * before
    for weight in model.weights:
        if weight.path in body:
            np.testing.assert_array_equal(weight.numpy(), body[weight.path])


def test_with_tag_balance_a_rare_tag_is_seen_as_often_as_a_frequent_one(
    cached, monkeypatch
):
    _, settings, model = cached
    settings = flags.replace(
        settings,
        {"heads_epochs": 50, "tag_balance": 1.0, "heads_batch_size": 8},
    )
    # Three recordings with the first tag, of 6, 1 and 1 clips; one with the
    # second, of 1 clip.
    rows = np.array([0] * 6 + [1, 2, 3])
    labels = np.array([[1, 0, 0]] * 3 + [[0, 1, 0]], np.float32)
    width = model.head.input.shape[1]
    clips = evaluation.ClipVectors(np.zeros((9, width), np.float32), rows)
    seen = []

    def fit(self, vectors, targets, batch_size, epochs, verbose):
        seen.append(targets[:, 0].sum(axis=0))
        assert len(vectors) == 9 and epochs == 1

    monkeypatch.setattr(cached_clips.dual_encoder.WholeBatchModel, "fit", fit)
    loss = dual_encoder_training.make_loss(settings)
    cached_clips.train_heads(model, clips, labels, settings, loss)
    assert len(seen) == 50
    first, second, third = np.sum(seen, axis=0)
    assert first + second == 450 and third == 0
    assert 0.4 < first / 450 < 0.6


def test_vectors_from_cached_clips_are_those_of_the_audio_tower(cached):
    made, settings, model = cached
    clips = dual_encoder_training.clip_vectors(settings, model, made)
    found = cached_clips.embed(model, clips)
    expected = dual_encoder_training.embed_recordings(model, made, settings)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_word_is_asked_of_the_outputs_that_are_named_so():
    """What is published beside the tagger is one value of the vector."""
    settings = tone_training.dual_settings(
        **HEAD,
        joint=True,
        dim=5,
        text_units=20,
    )
    names = np.eye(4)
    encoder = dual_encoder_training.build(
        settings, ("a", "b", "c"), names[:3], take_body=False
    )
    of_tagger = dual_encoder_training.tagger_settings(settings)
    trained = tagger.Tagger(("a", "b", "c"), of_tagger.audio, of_tagger.model)
    draw = np.random.default_rng(0)
    dim = encoder.backbone.output.shape[-1]
    clips = evaluation.ClipVectors(
        draw.normal(size=(20, dim)).astype(np.float32), np.arange(20) // 2
    )
    kernel = np.eye(dim)[:, :1]
    cached_clips.fill_outputs(
        encoder, trained, clips, (kernel, np.zeros(1)), names
    )
    sees = clips.means()
    asked = np.array(encoder.text_tower(names, training=False))
    found = np.asarray(encoder.audio_tower.head(sees)) @ asked.T
    logits = np.asarray(trained.head(sees)).mean(axis=1)
    # All clips have the same constant, and are about as long.
    for column, said in zip(found.T, [*logits.T, sees[:, 0]], strict=True):
        assert np.corrcoef(column, said)[0, 1] > 0.95
    assert np.abs(asked[:, -1]).max() < 1e-6
