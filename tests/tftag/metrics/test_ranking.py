"""Ranking figures against scikit-learn and slow, obvious references."""

import json

import numpy as np
import pytest
import tied_scores
from sklearn import metrics as reference

from tftag import metrics


@pytest.mark.parametrize("seed", range(5))
def test_equals_scikit_learn_with_ties_and_missing_tags(seed):
    truth, scores = tied_scores.draw(seed)
    precision = metrics.average_precision(truth, scores)
    area = metrics.roc_auc(truth, scores)
    assert np.isnan(precision[0])
    assert np.isnan(area[:2]).all()
    for tag in range(1, truth.shape[1]):
        assert precision[tag] == pytest.approx(
            reference.average_precision_score(truth[:, tag], scores[:, tag]),
            abs=1e-9,
        )
    for tag in range(2, truth.shape[1]):
        assert area[tag] == pytest.approx(
            reference.roc_auc_score(truth[:, tag], scores[:, tag]), abs=1e-9
        )


def test_precision_at_takes_the_first_of_equal_scores():
    truth = np.zeros((30, 2))
    truth[:5, 0] = 1
    truth[25:, 1] = 1
    equal = np.zeros((30, 2))
    np.testing.assert_allclose(metrics.precision_at(truth, equal), [0.5, 0])
    np.testing.assert_allclose(metrics.precision_at(truth, equal, 5), [1, 0])
    np.testing.assert_allclose(metrics.r_precision(truth, equal), [1, 0])
    np.testing.assert_allclose(
        metrics.precision_at(truth, equal, 100), [5 / 30, 5 / 30]
    )


@pytest.mark.parametrize("seed", range(3))
def test_precision_equals_a_sorted_list(seed):
    truth, scores = tied_scores.draw(seed)
    at_10 = metrics.precision_at(truth, scores)
    at_r = metrics.r_precision(truth, scores)
    for tag in range(1, truth.shape[1]):
        ranked = sorted(range(60), key=lambda row: -scores[row, tag])
        hits = [truth[row, tag] for row in ranked]
        assert at_10[tag] == pytest.approx(np.mean(hits[:10]))
        assert at_r[tag] == pytest.approx(np.mean(hits[: int(sum(hits))]))


def test_recording_precision_ranks_tags_and_leaves_out_the_untagged():
    truth = np.zeros((3, 12))
    truth[0, :4] = truth[1, 10:] = 1
    scores = np.zeros((3, 12))
    scores[1, 11] = 1.0
    np.testing.assert_allclose(
        metrics.recording_precision_at(truth, scores), [0.4, 0.1, np.nan]
    )


def test_any_increasing_change_of_the_scores_leaves_the_figures():
    truth, scores = tied_scores.draw(7)
    before = metrics.summarize(truth, scores, draws=20)
    after = metrics.summarize(truth, np.exp(scores) * 3, draws=20)
    for name in ("map", "roc_auc", "p_at_10", "r_precision"):
        assert after[name] == before[name]


def test_perfect_and_reversed_rankings():
    truth, _ = tied_scores.draw(1)
    best = metrics.summarize(truth, truth, draws=50)
    assert best["map"]["value"] == best["roc_auc"]["value"] == 1.0
    assert best["r_precision"]["ci95"] == [1.0, 1.0]
    for name in ("p_at_10", "recording_p_at_10"):
        assert best[name]["value"] == pytest.approx(best[name]["ceiling"])
    assert metrics.summarize(truth, -truth, draws=0)["roc_auc"]["value"] == 0


def test_equal_scores_give_chance():
    truth, scores = tied_scores.draw(2)
    summary = metrics.summarize(truth, np.zeros_like(scores), draws=0)
    for name in ("map", "roc_auc"):
        assert summary[name]["value"] == pytest.approx(summary[name]["chance"])


def test_random_scores_come_to_chance_on_average():
    rng = np.random.default_rng(3)
    truth = rng.random((400, 60)) < 0.2
    summary = metrics.summarize(truth, rng.random((400, 60)), draws=0)
    for name in ("map", "roc_auc", "p_at_10", "recording_p_at_10"):
        assert summary[name]["value"] == pytest.approx(
            summary[name]["chance"], abs=0.03
        )


def test_summary_counts_what_it_leaves_out_and_is_json():
    truth, scores = tied_scores.draw(4)
    truth[5] = 0
    summary = metrics.summarize(truth, scores, draws=30)
    assert summary["tags_counted"] == 11
    assert summary["tags_left_out"] == [0]
    assert summary["recordings"] == 60
    assert summary["roc_auc"]["tags_counted"] == 11
    assert summary["recording_p_at_10"]["recordings_counted"] == 59
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert metrics.summarize(truth, scores, draws=30) == summary
    assert metrics.summarize(truth, scores, draws=30, seed=1) != summary
    exact = metrics.summarize(truth, scores, draws=0)
    assert exact["map"]["ci95"] is None
    assert exact["map"]["value"] == summary["map"]["value"]


@pytest.mark.parametrize(
    "truth, scores, message",
    [
        (np.ones((3, 2)), np.ones((3, 1)), "shapes"),
        (np.ones(3), np.ones(3), "shapes"),
        (np.ones((0, 2)), np.ones((0, 2)), "shapes"),
        (np.full((3, 2), 0.5), np.ones((3, 2)), "0 and 1"),
        (np.full((3, 2), np.nan), np.ones((3, 2)), "0 and 1"),
        (np.ones((3, 2)), np.full((3, 2), np.nan), "finite"),
    ],
)
def test_refuses_what_cannot_be_ranked(truth, scores, message):
    with pytest.raises(ValueError, match=message):
        metrics.summarize(truth, scores)


def test_refuses_what_makes_no_figure():
    truth, scores = np.zeros((4, 2)), np.zeros((4, 2))
    with pytest.raises(ValueError, match="No tag has a positive"):
        metrics.summarize(truth, scores)
    with pytest.raises(ValueError, match="No tag has a positive"):
        metrics.differences(truth, scores, scores)
    for trainings in ([], [scores]):
        with pytest.raises(ValueError, match=f"{len(trainings)} and 0"):
            metrics.mean_differences(truth + 1, trainings, [])
    with pytest.raises(ValueError, match="`k`"):
        metrics.precision_at(truth, scores, 0)
    with pytest.raises(ValueError, match="`draws`"):
        metrics.summarize(truth + 1, scores, draws=-1)
