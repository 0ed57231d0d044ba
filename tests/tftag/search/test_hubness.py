"""Hubs: how they are counted, and what CSLS does to them."""

import numpy as np
import pytest
from scipy import stats

from tftag.search import hubness


def _cosines(seed, queries=200, items=150, dim=4, level=0.0):
    """Cosines, some items nearer to everything by up to `level`."""
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(queries, dim)), rng.normal(size=(items, dim))
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    return one @ other.T + level * rng.normal(size=items)


@pytest.mark.parametrize("seed", range(3))
def test_counts_equal_a_loop_over_sorted_lists(seed):
    scores = np.round(_cosines(seed, 20, 30), 1)
    expected = np.zeros(30)
    for row in scores:
        for item in sorted(range(30), key=lambda item: -row[item])[:7]:
            expected[item] += 1
    assert hubness.k_occurrence(scores, 7).tolist() == expected.tolist()
    found = hubness.hubness(scores, 7)
    assert found["skewness"] == pytest.approx(stats.skew(expected))
    assert found["never_found"] == np.mean(expected == 0)
    assert found["largest"] == expected.max() / 20


def test_random_lists_leave_as_many_as_chance_says():
    scores = np.random.default_rng(0).random((50, 2000))
    found = hubness.hubness(scores)
    assert found["never_found"] == pytest.approx(
        found["never_found_by_chance"], abs=0.02
    )
    assert hubness.hubness(scores, 5000)["never_found_by_chance"] == 0


def test_equal_counts_have_no_skewness():
    assert hubness.hubness(np.eye(6), 1)["skewness"] == 0
    assert hubness.hubness(np.ones((3, 4)), 9)["skewness"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_correction_takes_hubs_away(seed):
    scores = _cosines(seed, level=0.3)
    plain = hubness.hubness(scores)
    better = hubness.hubness(hubness.corrected(scores, scores))
    assert better["skewness"] < 0.7 * plain["skewness"]
    assert better["never_found"] < plain["never_found"] / 2
    assert better["largest"] < plain["largest"]


def test_correction_finds_what_a_hub_stood_before():
    # Each query has its own item, and item 0 is near to all.
    scores = np.eye(12) * 0.5
    scores[:, 0] = 0.6
    assert (scores.argmax(axis=1) == 0).all()
    fixed = hubness.corrected(scores, scores, nearest=5)
    assert (fixed[1:].argmax(axis=1) == np.arange(1, 12)).all()


def test_correction_equals_its_formula():
    scores, background = _cosines(0, 5, 8), _cosines(1, 20, 8)
    fixed = hubness.corrected(scores, background, nearest=3)
    for query in range(5):
        for item in range(8):
            near_item = np.mean(sorted(background[:, item])[-3:])
            near_query = np.mean(sorted(scores[query])[-3:])
            assert fixed[query, item] == pytest.approx(
                2 * scores[query, item] - near_item - near_query
            )


def test_refuses_other_shapes_and_numbers():
    scores = np.ones((3, 4))
    with pytest.raises(ValueError, match="`scores` must be"):
        hubness.hubness(np.ones(3))
    with pytest.raises(ValueError, match="`k`"):
        hubness.hubness(scores, 0)
    with pytest.raises(ValueError, match="1 not finite"):
        hubness.k_occurrence([[np.nan, 1.0]])
    with pytest.raises(ValueError, match="same items"):
        hubness.corrected(scores, scores[:, 1:])
    with pytest.raises(ValueError, match="`nearest`"):
        hubness.corrected(scores, scores, 0)
