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


def test_table_has_a_row_per_tag_with_scikit_learns_figures():
    truth, scores = tied_scores.draw(10)
    names = [f"tag {index}" for index in range(12)]
    thresholds = np.full(12, 0.8)
    rows = metrics.per_tag_table(truth, scores, names, thresholds)
    assert [row["tag"] for row in rows] == names
    assert rows[0]["ap"] is rows[0]["recall"] is rows[0]["chance_ap"] is None
    assert rows[1]["roc_auc"] is None
    for tag in range(2, 12):
        decided = scores[:, tag] >= 0.8
        row = rows[tag]
        assert row["count"] == truth[:, tag].sum()
        assert row["chance_ap"] == pytest.approx(truth[:, tag].mean())
        for name, figure in (
            ("precision", reference.precision_score),
            ("recall", reference.recall_score),
            ("accuracy", reference.accuracy_score),
        ):
            assert row[name] == pytest.approx(figure(truth[:, tag], decided))


def test_table_judges_decisions_that_were_made_elsewhere():
    truth, scores = tied_scores.draw(11)
    names = list("abcdefghijkl")
    nothing = metrics.per_tag_table(truth, scores, names)
    assert nothing[3]["threshold"] is nothing[3]["accuracy"] is None
    rows = metrics.per_tag_table(
        truth, scores, names, np.zeros(12), decisions=truth > 0
    )
    assert rows[3]["precision"] == rows[3]["accuracy"] == 1.0
    assert rows[3]["ap"] == nothing[3]["ap"] < 1.0
    never = np.zeros(truth.shape, bool)
    rows = metrics.per_tag_table(truth, scores, names, decisions=never)
    assert rows[3]["precision"] is None
    assert rows[3]["recall"] == 0.0
    assert [list(row) for row in rows] == [list(row) for row in nothing]


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
    with pytest.raises(ValueError, match="`names`"):
        metrics.per_tag_table(truth, scores, ["a"])
    with pytest.raises(ValueError, match="`thresholds`"):
        metrics.per_tag_table(truth, scores, ["a", "b"], [0.5])
    with pytest.raises(ValueError, match="`decisions`"):
        metrics.per_tag_table(truth, scores, ["a", "b"], decisions=[True])
