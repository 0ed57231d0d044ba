"""Tags of a query as one vector, or as one score."""

import numpy as np
import pytest

from tftag.search import combination, query

TERMS = (query.Term("piano", 2.0), query.Term("vocals", -1.0))


def test_vector_is_the_weighted_sum_of_unit_vectors():
    found = combination.query_vector(TERMS, [[3, 0, 0], [0, 0.1, 0]])
    np.testing.assert_allclose(found, np.array([2, -1, 0]) / 5**0.5, rtol=1e-6)
    assert found.dtype == np.float32


def test_one_term_is_its_own_direction_or_the_opposite():
    vector = np.random.default_rng(0).normal(size=(1, 8))
    unit = vector[0] / np.linalg.norm(vector)
    for weight in (1.0, 5.0, -2.0):
        found = combination.query_vector([query.Term("a", weight)], vector)
        np.testing.assert_allclose(found, np.sign(weight) * unit, rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_order_of_terms_and_their_common_weight_change_nothing(seed):
    rng = np.random.default_rng(seed)
    weights, vectors = rng.normal(size=4), rng.normal(size=(4, 8))
    terms = [query.Term(str(at), w) for at, w in enumerate(weights)]
    more = [query.Term(t.phrase, 3 * t.weight) for t in terms][::-1]
    for combine in (combination.query_vector, combination.combined_scores):
        np.testing.assert_allclose(
            combine(more, vectors[::-1]), combine(terms, vectors), rtol=1e-5
        )


def test_no_term_outvotes_the_other_by_its_spread():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(2, 500))
    terms = (query.Term("a"), query.Term("b"))
    found = combination.combined_scores(terms, scores)
    wide = combination.combined_scores(terms, scores * [[50], [0.1]] + 7)
    np.testing.assert_allclose(wide, found, atol=1e-9)
    for row in scores:
        assert np.corrcoef(found, row)[0, 1] == pytest.approx(0.7, abs=0.05)


def test_a_term_that_tells_nothing_apart_counts_nothing():
    scores = np.array([[1.0, 2.0, 3.0], [0.3, 0.3, 0.3 + 1e-9]])
    found = combination.combined_scores(TERMS, scores)
    np.testing.assert_allclose(found, 2 / 3 * np.array([-1, 0, 1]) * 1.5**0.5)


def test_refuses_what_does_not_fit():
    against = (query.Term("piano"), query.Term("keys", -1.0))
    with pytest.raises(ValueError, match=r"cancel out.*piano\^1, keys\^-1"):
        combination.query_vector(against, [[1, 1], [2, 2]])
    for combine in (combination.query_vector, combination.combined_scores):
        for rows in (np.ones((3, 2)), np.ones(2), np.empty((2, 0))):
            with pytest.raises(ValueError, match="a row for each of the 2"):
                combine(TERMS, rows)
        with pytest.raises(ValueError, match="must be a term"):
            combine((), np.empty((0, 2)))
        with pytest.raises(ValueError, match="must be finite"):
            combine(TERMS, [[1, 2], [np.nan, 1]])
