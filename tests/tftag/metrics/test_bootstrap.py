"""Intervals by recordings that are drawn with replacement."""

import time

import numpy as np
import pytest
import tied_scores

from tftag import metrics
from tftag.metrics import bootstrap, weighted_ranking


def test_draws_do_not_depend_on_the_block(monkeypatch):
    truth, scores = tied_scores.draw(5)
    whole = metrics.summarize(truth, scores, draws=25)
    monkeypatch.setattr(bootstrap, "_BLOCK_CELLS", 420)
    blocks = list(bootstrap.counts_per_draw(60, 25))
    assert [block.shape[1] for block in blocks] == [7, 7, 7, 4]
    assert all((block.sum(axis=0) == 60).all() for block in blocks)
    in_blocks = metrics.summarize(truth, scores, draws=25)
    for name in ("map", "roc_auc", "p_at_10", "recording_p_at_10"):
        assert in_blocks[name]["ci95"] == pytest.approx(whole[name]["ci95"])


def test_interval_holds_the_figure_and_narrows_with_more_recordings():
    rng = np.random.default_rng(6)
    widths = []
    for recordings in (100, 1600):
        truth = rng.random((recordings, 20)) < 0.05
        truth[0] = True
        scores = rng.normal(size=truth.shape) + 1.5 * truth
        summary = metrics.summarize(truth, scores, draws=200)
        for name in ("map", "roc_auc", "p_at_10", "recording_p_at_10"):
            low, high = summary[name]["ci95"]
            assert 0 <= low <= summary[name]["value"] <= high <= 1
        low, high = summary["roc_auc"]["ci95"]
        widths.append(high - low)
    assert 2.5 < widths[0] / widths[1] < 6.5


@pytest.mark.slow
def test_interval_covers_the_mean_of_many_test_sets():
    rng = np.random.default_rng(8)
    prevalence = np.exp(rng.uniform(np.log(0.008), np.log(0.2), 40))

    def test_set():
        truth = rng.random((300, 40)) < prevalence
        return truth, rng.normal(size=truth.shape) + 1.3 * truth

    expected = np.mean(
        [np.nanmean(metrics.average_precision(*test_set())) for _ in range(300)]
    )
    covered = 0
    for seed in range(100):
        summary = metrics.summarize(*test_set(), draws=200, seed=seed)
        low, high = summary["map"]["ci95"]
        covered += low <= expected <= high
    assert covered >= 86


def test_a_thousand_draws_of_148_tags_take_seconds():
    rng = np.random.default_rng(9)
    truth = rng.random((636, 148)) < 0.05
    scores = rng.normal(size=truth.shape) + truth
    start = time.process_time()
    metrics.summarize(truth, scores, draws=1_000)
    assert time.process_time() - start < 5


def test_differences_are_of_the_same_draws_and_keep_their_sign():
    truth, scores = tied_scores.draw(7)
    worse = scores + np.random.default_rng(0).normal(0, 2, scores.shape)
    found = metrics.differences(truth, worse, scores, draws=50)
    back = metrics.differences(truth, scores, worse, draws=50)
    counts = np.concatenate([*bootstrap.counts_per_draw(60, 50)], axis=1)
    one, other = (
        weighted_ranking.figures(truth.astype(bool), scored, counts)
        for scored in (worse, scores)
    )
    drawn = np.nanmean(one.average_precision, axis=1) - np.nanmean(
        other.average_precision, axis=1
    )
    value = found["map"]["value"]
    assert value == pytest.approx(
        metrics.summarize(truth, worse, draws=0)["map"]["value"]
        - metrics.summarize(truth, scores, draws=0)["map"]["value"]
    )
    expected = np.percentile(drawn, (2.5, 97.5)) - drawn.mean() + value
    np.testing.assert_allclose(found["map"]["ci95"], expected)
    assert found["map"]["ci95"][1] < 0
    for name, figure in found.items():
        low, high = back[name]["ci95"]
        assert figure["value"] == pytest.approx(-back[name]["value"])
        np.testing.assert_allclose(figure["ci95"], [-high, -low], atol=1e-12)


def test_a_model_is_no_better_than_itself():
    truth, scores = tied_scores.draw(8)
    for figure in metrics.differences(truth, scores, scores, draws=5).values():
        assert figure == {"value": 0.0, "ci95": [0.0, 0.0]}


def test_the_interval_of_a_figure_refuses_differences():
    """They would be cut at 0, and every difference would seem certain."""
    drawn = np.array([-0.1, 0.0, 0.2])
    with pytest.raises(ValueError, match="`difference_interval`.*-0.1"):
        bootstrap.interval(0.05, drawn)
    low, high = bootstrap.difference_interval(0.05, drawn)
    assert low < 0 < high
