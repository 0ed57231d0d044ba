"""The dual encoder of an experiment, and its vectors of tags and music."""

import dataclasses

import keras_checks
import numpy as np
import pytest
import tone_manifest
import tone_training
import word_tables

from experiments.recordings import unseen_tags
from experiments.runs import run_folder, training_result
from experiments.scoring import evaluation
from experiments.settings import dual_encoder_config
from experiments.training import dual_encoder_training, tagger_training
from experiments.training.transfer_learning import cached_clips
from tftag import losses
from tftag.words import sources

SEEN = ("high", "low")
WORDS = word_tables.of_tags(tone_manifest.TAGS)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dual_training")
    return tone_manifest.make(folder / "data", train=12, validation=6)


@pytest.fixture(scope="module")
def tagger(made):
    settings = dual_encoder_training.tagger_settings(
        tone_training.dual_settings()
    )
    return training_result.Trained(
        tagger_training.build(settings, made), [], 1, 1.0, {}
    )


def test_vectors_of_tags_are_unit_length_in_their_order():
    vectors = word_tables.build()
    found = dual_encoder_training.tag_vectors(("rock", "R&B"), vectors)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(found[0], vectors.lookup("rock").vector)
    np.testing.assert_array_equal(found[1], vectors.lookup("r and b").vector)


def test_a_tag_without_a_vector_is_refused_with_the_nearest_word():
    with pytest.raises(ValueError) as refused:
        dual_encoder_training.tag_vectors(
            ("rock", "rok", "zzqxzzqx"), word_tables.build()
        )
    said = str(refused.value)
    assert "'rok' (nearest: 'rock')" in said
    assert "'zzqxzzqx'" in said and "'rock'," not in said
    assert "a test" in said


def test_the_triplet_loss_takes_plain_cosines(made):
    settings = tone_training.dual_settings(loss="triplet", negatives="hard")
    assert isinstance(
        dual_encoder_training.make_loss(settings), losses.TripletMargin
    )
    names = made.vocabulary.names
    model = dual_encoder_training.build(
        settings, names, dual_encoder_training.tag_vectors(names, WORDS)
    )
    clips = model.audio_tower
    rng = np.random.default_rng(0)
    inputs = {
        "waveform": rng.normal(0, 9_000, (4, 8_000)).astype(np.float32),
        "peak": np.full(4, 32_767.0, np.float32),
    }
    cosines = (
        np.asarray(clips(inputs))
        @ dual_encoder_training.embed_tags(model, names, WORDS).T
    )
    np.testing.assert_allclose(np.asarray(model(inputs)), cosines, atol=1e-5)
    learnt = {weight.path for weight in model.trainable_weights}
    assert not any("similarity" in path for path in learnt)


@pytest.mark.parametrize("loss", ["sigmoid", "infonce"])
def test_other_losses_take_a_scale_that_is_learnt(loss):
    settings = tone_training.dual_settings(loss=loss)
    assert dual_encoder_training.model_config(settings) == settings.model
    assert settings.model.learned_scale


def test_a_recording_is_the_mean_of_the_unit_vectors_of_its_clips(made):
    settings = tone_training.dual_settings()
    model = dual_encoder_training.build(
        settings, SEEN, dual_encoder_training.tag_vectors(SEEN, WORDS)
    )
    found = dual_encoder_training.embed_recordings(model, made, settings)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    clips = evaluation.clip_vectors(model.audio_tower, made, settings.audio, 4)
    lengths = np.linalg.norm(clips.vectors, axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)
    means = clips.means()
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    np.testing.assert_allclose(found, means, atol=1e-5)


@pytest.mark.usefixtures("no_graphs")
def test_on_a_tagger_its_body_stays_and_is_that_of_the_dual_encoder(
    made, tagger
):
    before = tagger.model.get_weights()
    found = dual_encoder_training.on_tagger(
        tone_training.dual_settings(), tagger, made, WORDS
    ).model
    for a, b in zip(before, tagger.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    keras_checks.check_same_body(found, tagger.model)


def test_shuffled_labels_are_those_of_body_and_heads(made, tagger, monkeypatch):
    given = []
    monkeypatch.setattr(
        cached_clips,
        "train_heads",
        lambda model, clips, labels, *more: given.append(labels),
    )
    settings = tone_training.dual_settings(shuffle_labels=True)
    dual_encoder_training.on_tagger(settings, tagger, made, WORDS)
    shuffled = tagger_training.shuffled_labels(made, settings.seed).labels()
    assert np.any(shuffled != made.labels())
    np.testing.assert_array_equal(given[0], shuffled)


def test_recordings_that_the_tagger_lost_are_not_read_again(made, tagger):
    lost = made.tracks[3].path
    tagger = dataclasses.replace(tagger, lost={lost: "gone"})
    left = dual_encoder_training.learnt_from(
        tone_training.dual_settings(), tagger, made
    )
    assert [t.path for t in left.tracks] == [
        track.path for track in made.tracks if track.path != lost
    ]


def test_an_output_that_is_named_like_an_unseen_tag_is_not_asked(monkeypatch):
    """Both taggers have `rock`, one has `hip-hop`."""

    class Built(Exception):
        pass

    def build(*_, outputs):
        raise Built(outputs)

    monkeypatch.setattr(dual_encoder_training, "build", build)
    settings, counts = dual_encoder_config.transfer(), []
    for unseen in ((), ("Hip Hop", "rock")):
        with pytest.raises(Built) as built:
            dual_encoder_training.by_outputs(
                settings, None, None, ("calm",), sources.shipped(), unseen
            )
        counts.append(built.value.args[0])
    assert counts[0] - counts[1] == 3


@pytest.mark.parametrize(
    ("loss", "graphs"),
    [
        ("sigmoid", False),
        pytest.param("sigmoid", True, marks=pytest.mark.slow),
        pytest.param("triplet", False, marks=pytest.mark.slow),
    ],
)
def test_a_body_of_its_own_is_trained_with_the_towers(
    made, tmp_path, loss, graphs, request
):
    if not graphs:
        request.getfixturevalue("no_graphs")
    settings = tone_training.dual_settings(
        body="own", loss=loss, negatives="random"
    )
    seen = unseen_tags.with_tags(made, SEEN)
    found = dual_encoder_training.train(
        settings,
        seen.split("train").subset(range(4)),
        seen.split("validation").subset(range(2)),
        WORDS,
        run_folder.RunDir(tmp_path, "dual", "a"),
    )
    fresh = dual_encoder_training.build(
        settings, SEEN, dual_encoder_training.tag_vectors(SEEN, WORDS)
    )
    for name in ("backbone", "audio_tower", "text_tower"):
        assert any(
            np.any(a != b)
            for a, b in zip(
                getattr(found.model, name).get_weights(),
                getattr(fresh, name).get_weights(),
                strict=True,
            )
        )
    assert found.model.output.shape[-1] == len(SEEN)
    assert 0 <= found.history[0]["validation_map"] <= 1
    # An unseen tag is as good as any.
    tags = dual_encoder_training.embed_tags(
        found.model, ("noise", "high"), WORDS
    )
    np.testing.assert_allclose(np.linalg.norm(tags, axis=1), 1, rtol=1e-5)
