import numpy as np
import pytest

from tftag.search.index.segments import moments

DRAW = np.random.default_rng(0)
ROWS = DRAW.normal(size=(20_000, 5)) * [1, 2, 3, 0.1, 0] + 4


def test_mean_and_spread_are_those_of_all_products():
    directions = DRAW.normal(size=(3, 5))
    means, spreads = moments.of(ROWS).mean_and_spread(directions)
    products = ROWS @ directions.T
    np.testing.assert_allclose(means, products.mean(axis=0))
    np.testing.assert_allclose(spreads, products.std(axis=0))


def test_parts_add_up_and_what_goes_is_taken_off():
    whole = moments.of(ROWS)
    parts = moments.of(ROWS[:7]) + moments.of(ROWS[7:]) - moments.of(ROWS[50:])
    assert parts.count == 50
    left = moments.of(ROWS[:50])
    np.testing.assert_allclose(parts.total, left.total)
    np.testing.assert_allclose(parts.outer, left.outer, atol=1e-6)
    assert whole.count == 20_000


def test_equal_products_have_no_spread_but_for_rounding():
    rows = np.tile(np.float32([0.6, 0.8]), (9, 1))
    _, spreads = moments.of(rows).mean_and_spread([[0.3, 0.7], [0, 0]])
    assert spreads.tolist() == [0, 0]
    means, spreads = moments.of(rows[:0]).mean_and_spread([[1, 2]])
    assert (means.tolist(), spreads.tolist()) == ([0], [0])
    assert moments.of(ROWS).mean_and_spread([[0, 0, 0, 0, 1]])[1] == (
        pytest.approx(0)
    )
