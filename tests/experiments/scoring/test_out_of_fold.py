"""Scores over the prior: what a fold learnt of a tag's share says nothing."""

import numpy as np
import sklearn.metrics

from experiments.scoring import evaluation, out_of_fold


def three_folds(recordings=60, tag_count=4, seed=0):
    """Truth whose folds are rich in different tags, and their rows."""
    draw = np.random.default_rng(seed)
    rows = np.array_split(draw.permutation(recordings), 3)
    truth = np.zeros((recordings, tag_count), np.float32)
    for number, held in enumerate(rows):
        share = 0.1 + 0.3 * ((number + np.arange(tag_count)) % 3)
        truth[held] = draw.random((len(held), tag_count)) < share
    return truth, rows


def test_a_model_that_only_knows_the_prior_of_training_is_at_chance():
    truth, rows = three_folds()
    probabilities = np.zeros(truth.shape)
    for held in rows:
        outside = np.delete(truth, held, axis=0).astype(np.float64)
        probabilities[held] = (outside.sum(0) + 1) / (len(outside) + 2)
    scores = out_of_fold.over_prior(probabilities, truth, rows)
    for tag in range(truth.shape[1]):
        auc = sklearn.metrics.roc_auc_score
        assert auc(truth[:, tag], scores[:, tag]) == 0.5
        assert auc(truth[:, tag], probabilities[:, tag]) < 0.45


def test_the_order_within_a_fold_is_that_of_the_probabilities():
    truth, rows = three_folds()
    drawn = np.random.default_rng(1).random(truth.shape).astype(np.float32)
    scores = out_of_fold.over_prior(drawn, truth, rows)
    for held in rows:
        np.testing.assert_array_equal(
            drawn[held].argsort(axis=0), scores[held].argsort(axis=0)
        )


def test_every_float32_keeps_its_place_and_so_do_the_figures():
    certain = [0, 1e-45, 1e-30, 1e-9, 1e-8, 0.5, 1 - 2**-23, 1 - 2**-24, 1]
    probabilities = np.array(certain, np.float32)[:, np.newaxis]
    learnt = np.array([[0], [0], [1]])
    scores = out_of_fold.above(probabilities, learnt)
    assert np.isfinite(scores).all() and (np.diff(scores[:, 0]) > 0).all()
    # Of the tags' two training recordings without it and one with: log-odds of
    # 2 / 5.
    np.testing.assert_allclose(scores[5], np.log(3 / 2), rtol=1e-12)
    truth = np.array([0, 0, 0, 0, 1, 0, 0, 1, 1])[:, np.newaxis]
    found = evaluation.quick(truth, scores)
    assert found == evaluation.quick(truth, probabilities)
    np.testing.assert_allclose(found["map"], (1 + 1 + 3 / 5) / 3)


def test_labels_of_the_scored_fold_do_not_change_its_scores():
    truth, rows = three_folds()
    drawn = np.random.default_rng(1).random(truth.shape)
    before = out_of_fold.over_prior(drawn, truth, rows)
    for held in rows:
        other = truth.copy()
        other[held] = 1 - other[held]
        after = out_of_fold.over_prior(drawn, other, rows)
        np.testing.assert_array_equal(before[held], after[held])
        assert np.any(before != after)  # they are read elsewhere


def test_certain_probabilities_stay_finite():
    truth, rows = three_folds()
    truth[:, 0], truth[:, 1] = 0, 1
    for certain in (0.0, 1.0):
        scores = out_of_fold.over_prior(
            np.full(truth.shape, certain, np.float32), truth, rows
        )
        assert np.isfinite(scores).all()
