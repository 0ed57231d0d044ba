"""The best rows against a full sort."""

import numpy as np
import pytest

from tftag.search import top_scores


@pytest.mark.parametrize("seed", range(5))
def test_best_rows_equal_a_stable_sort_with_ties(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, 50).astype(np.float32)
    expected = sorted(range(50), key=lambda row: -scores[row])
    for count in (1, 7, 49, 50, 51):
        assert top_scores.best_rows(scores, count).tolist() == expected[:count]


def test_standardized_has_mean_0_and_deviation_1():
    scores = np.random.default_rng(0).normal(0.01, 0.003, 500)
    standard = top_scores.standardized(scores.astype(np.float32))
    assert standard.mean() == pytest.approx(0, abs=1e-9)
    assert standard.std() == pytest.approx(1)
    np.testing.assert_array_equal(np.argsort(standard), np.argsort(scores))


def test_equal_scores_do_not_stand_out():
    nearly = np.float32(0.3) + np.float32([0, 3e-8, 0])
    assert top_scores.standardized(nearly).tolist() == [0, 0, 0]
    assert top_scores.standardized(np.zeros(3)).tolist() == [0, 0, 0]
    assert top_scores.standardized(np.empty(0)).shape == (0,)
