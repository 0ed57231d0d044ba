"""A model is judged on what nobody has looked at, or the label says so."""

import types

import numpy as np
import pytest
import tone_manifest
import tone_training

from experiments.scoring import evaluation, held_out
from tftag.metrics import calibration

SETTINGS = tone_training.settings()
TRAINED = types.SimpleNamespace(model=None, lost={"audio/001.wav": "gone"})


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """Train, validation and test; a model that is right more than not."""

    def score(model, part, spec, batch_size):
        noise = np.random.default_rng(len(part.tracks)).random
        truth = part.labels()
        return (0.6 * truth + 0.4 * noise(truth.shape)).astype(np.float32)

    monkeypatch.setattr(evaluation, "score_manifest", score)
    made = tone_manifest.make(tmp_path / "data", validation=12, test=6)
    return [made.split(name) for name in ("train", "validation", "test")]


def test_the_test_split_is_scored_with_what_validation_gave(parts):
    train, validation, test = parts
    judged = held_out.evaluate(SETTINGS, TRAINED, train, validation, test)
    assert judged.recordings is test
    assert judged.scores.shape == (6, 3)
    assert judged.report.summary["evaluated_on"] == "test"
    scores = evaluation.score_manifest(None, validation, None, 0)
    expected = calibration.fit(validation.labels(), scores)
    np.testing.assert_array_equal(judged.fitted.thresholds, expected.thresholds)
    assert judged.fitted.slope == expected.slope


def test_without_a_test_split_validation_is_scored_and_labelled(parts):
    train, validation, _ = parts
    judged = held_out.evaluate(SETTINGS, TRAINED, train, validation, None)
    assert judged.recordings is validation
    summary = judged.report.summary
    assert summary["evaluated_on"] == held_out.ON_VALIDATION
    assert "cross-fitted" in summary["at_threshold"]["thresholds"]


def test_without_any_held_out_what_was_read_is_scored_and_labelled(parts):
    train, _, _ = parts
    judged = held_out.evaluate(SETTINGS, TRAINED, train, None, None)
    names = [track.path for track in judged.recordings.tracks]
    assert len(names) == 15 and "audio/001.wav" not in names
    summary = judged.report.summary
    assert summary["evaluated_on"] == held_out.ON_TRAINING
    assert judged.fitted.slope == calibration.identity(3).slope


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_model_that_was_not_changed_has_the_same_figures(parts, count):
    given = [*parts[:count], None, None][:3]
    result = held_out.evaluate(SETTINGS, TRAINED, *given)
    again = held_out.evaluate_again(SETTINGS, None, result)
    assert again.summary == result.report.summary
    assert again.table == result.report.table
