"""Scores cover every clip of every recording; figures say what they are."""

import numpy as np
import pytest
import tiny_tagger
import tone_manifest

from experiments.runs import run_folder
from experiments.scoring import evaluation
from tftag import audio
from tftag.metrics import calibration
from tftag.models import tagger

SPEC = tone_manifest.SPEC


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return tone_manifest.make(
        tmp_path_factory.mktemp("tones") / "data", train=5, validation=0
    )


@pytest.fixture(scope="module")
def model():
    tiny_tagger.seed_weights(0)
    backbone = tagger.backbone_lib.BackboneConfig(width=1 / 64, blocks=2)
    return tagger.Tagger(
        tone_manifest.TAGS, SPEC, tagger.TaggerConfig(backbone)
    )


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def one_by_one(model, manifest, activation=sigmoid):
    """The slow way: each clip alone, averaged by hand."""
    scores = []
    for track in manifest.tracks:
        samples = audio.decode_file(
            manifest.wav_path(track), SPEC.sample_rate_hz
        ).samples
        clips = []
        for start in audio.clip_starts(len(samples), SPEC):
            clip = samples[start : start + SPEC.clip_samples]
            logits = model(
                {
                    "waveform": clip[None].astype(np.float32),
                    "peak": np.float32([audio.FULL_SCALE]),
                }
            )
            clips.append(activation(np.array(logits, np.float64)[0]))
        scores.append(np.mean(clips, axis=0))
    return np.array(scores)


@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_scores_are_means_over_all_clips_in_any_batch(
    model, manifest, batch_size
):
    found = evaluation.score_manifest(model, manifest, SPEC, batch_size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, one_by_one(model, manifest), atol=1e-5)


def test_embeddings_are_what_the_last_layer_sees(model, manifest):
    found = evaluation.output_means(model.body(), manifest, SPEC, 4)
    kernel, bias = model.head.get_weights()
    # Linear, so the mean over the clips is the same before and after it.
    np.testing.assert_allclose(
        found @ kernel + bias,
        one_by_one(model, manifest, activation=lambda logits: logits),
        atol=1e-4,
    )
    clips = evaluation.clip_vectors(model.body(), manifest, SPEC, 4)
    assert len(clips.rows) > len(manifest.tracks)
    np.testing.assert_allclose(clips.means(), found, atol=1e-5)


def test_means_are_over_the_clips_of_a_recording():
    clips = evaluation.ClipVectors(
        np.array([[1, 2], [3, 4], [9, 9], [5, 0]], np.float32),
        np.array([0, 0, 1, 0]),
    )
    np.testing.assert_allclose(clips.means(), [[3, 2], [9, 9]])


def test_a_lost_file_is_one_plain_error(model, tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=5, validation=0)
    made.wav_path(made.tracks[2]).unlink()
    with pytest.raises(ValueError, match="002.wav"):
        evaluation.score_manifest(model, made, SPEC, 4)


def scored(seed=0, recordings=80, tags=4):
    generator = np.random.default_rng(seed)
    truth = (generator.random((recordings, tags)) < 0.3).astype(np.float32)
    logits = generator.normal(size=truth.shape) + 2 * truth - 1
    return truth, 1 / (1 + np.exp(-logits))


def test_quick_figures_are_those_of_the_summary():
    truth, scores = scored()
    quick = evaluation.quick(truth, scores)
    full = evaluation.report(truth, scores, "abcd", None, "here").summary
    expected = {name: full[name]["value"] for name in quick}
    assert quick == pytest.approx(expected)
    assert {"map", "roc_auc"} <= set(quick)


def test_a_tag_without_positives_does_not_count():
    truth, scores = scored()
    before = evaluation.quick(truth[:, :3], scores[:, :3])
    truth[:, 3] = 0
    assert evaluation.quick(truth, scores) == before


def test_without_other_recordings_decisions_are_cross_fitted():
    truth, scores = scored()
    found = evaluation.report(truth, scores, "abcd", None, "validation")
    assert found.summary["evaluated_on"] == "validation"
    at_threshold = found.summary["at_threshold"]
    assert "cross-fitted" in at_threshold["thresholds"]
    _, decisions = calibration.cross_fitted(truth, scores, folds=5)
    hits = (truth * decisions).sum()
    assert at_threshold["recall"] == pytest.approx(hits / truth.sum())
    assert at_threshold["precision"] == pytest.approx(hits / decisions.sum())
    assert at_threshold["accuracy"] == pytest.approx(
        (truth == decisions).mean()
    )
    # Cross-fitted, so there is no single threshold to print.
    assert all(row["threshold"] is None for row in found.table)


def test_few_recordings_are_cross_fitted_in_as_many_parts():
    truth, scores = scored(recordings=3)
    truth[:2, 0], truth[2, 1] = 1, 1
    found = evaluation.report(truth, scores, "abcd", None, "here")
    assert "in 3 parts" in found.summary["at_threshold"]["thresholds"]


def test_with_other_recordings_their_thresholds_are_used():
    fitted = calibration.fit(*scored(seed=1))
    truth, scores = scored(seed=2)
    found = evaluation.report(truth, scores, "abcd", fitted, "test")
    decisions = fitted.decide(scores)
    for tag, row in enumerate(found.table):
        assert row["threshold"] == pytest.approx(fitted.thresholds[tag])
        assert row["recall"] == pytest.approx(
            (truth * decisions)[:, tag].sum() / truth[:, tag].sum()
        )


def test_figures_table_has_value_interval_and_chance():
    text = evaluation.figures_table(
        evaluation.report(*scored(), "abcd", None, "here").summary
    )
    lines = text.splitlines()
    assert "95 %" in lines[0] and "chance" in lines[0]
    assert [line.split()[0] for line in lines[1:3]] == ["MAP", "ROC-AUC"]
    assert lines[2].split()[-2:] == ["0.500", "1.000"]
    assert "left out" not in text


def test_figures_table_counts_the_tags_that_have_no_positive():
    truth, scores = scored()
    truth[:, 1] = 0
    text = evaluation.figures_table(
        evaluation.report(truth, scores, "abcd", None, "here").summary
    )
    last = text.splitlines()[-1]
    assert last == "over 3 tags; 1 without a positive left out"


def test_scores_can_be_read_again(manifest, tmp_path):
    run = run_folder.RunDir(tmp_path, "baseline", "a")
    scores = np.random.default_rng(0).random((5, 3)).astype(np.float32)
    evaluation.write_scores(
        run, manifest, manifest.vocabulary.names, manifest.labels(), scores
    )
    with np.load(run.path / "scores.npz") as saved:
        np.testing.assert_array_equal(saved["scores"], scores)
        np.testing.assert_array_equal(saved["truth"], manifest.labels() > 0)
        assert list(saved["tags"]) == list(manifest.vocabulary.names)
        assert saved["track_ids"][0] == "track-000"


def test_cross_entropy_by_hand():
    truth = np.array([[1, 0], [0, 1]])
    scores = np.array([[0.5, 0.25], [0.0, 1.0]])
    expected = (np.log(2) - np.log(0.75) + 0.0 + 0.0) / 4
    assert evaluation.cross_entropy(truth, scores) == pytest.approx(
        expected, abs=1e-6
    )


def test_a_certain_mistake_stays_a_number():
    loss = evaluation.cross_entropy(np.ones((1, 1)), np.zeros((1, 1)))
    assert 10 < loss < np.inf
