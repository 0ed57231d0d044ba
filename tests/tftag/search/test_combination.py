"""Words of a query as one vector."""

import drawn_index
import numpy as np
import pytest
import slow_ranking

from tftag.search import combination
from tftag.search.index.segments import moments

ROWS = drawn_index.vectors(500).astype(np.float64)
LIBRARY = moments.of(ROWS)


def unit(*shape, seed=1):
    drawn = np.random.default_rng(seed).normal(size=shape)
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


WORDS = unit(3, drawn_index.DIM)


def products(weights, words=WORDS, library=LIBRARY, rows=ROWS):
    found = rows @ combination.direction(np.array(weights), words, library)
    return found - found.mean()


def test_products_are_the_standardised_cosines_added_up():
    for weights in ([1.0, 2.0, -0.5], [0.1, -3.0, -3.0]):
        np.testing.assert_allclose(
            products(weights),
            slow_ranking.scores(ROWS, np.array(weights), WORDS),
            atol=1e-9,
        )


def test_order_of_words_and_their_common_weight_change_nothing():
    np.testing.assert_allclose(
        products([-1.5, 6.0, 3.0], WORDS[::-1]), products([1.0, 2.0, -0.5])
    )


def test_any_weights_make_numbers():
    np.testing.assert_allclose(
        products([1e308, 1e308, -5e307]), products([2.0, 2.0, -1.0])
    )
    for wrong in (np.nan, np.inf, 0.0):
        with pytest.raises(ValueError, match="weight of a word"):
            products([1.0, wrong, 1.0])
    for other in ([1.0], [1.0] * 4):
        with pytest.raises(ValueError, match="a weight for each word"):
            products(other)


def test_no_word_outvotes_the_other_by_its_spread():
    # The library spreads a hundred times as wide one way.
    rows = np.random.default_rng(2).normal(size=(500, 2)) * [1.0, 0.01]
    found = products([1.0, 1.0], np.eye(2), moments.of(rows), rows)
    for column in rows.T:
        assert np.corrcoef(found, column)[0, 1] == pytest.approx(0.7, abs=0.05)


def test_a_word_that_tells_nothing_apart_counts_nothing():
    rows = ROWS.copy()
    rows[:, 3] = 0.25
    words = np.stack([WORDS[0], np.eye(drawn_index.DIM)[3]])
    library = moments.of(rows)
    np.testing.assert_allclose(
        products([1.0, 5.0], words, library, rows) * 6,
        products([1.0], words[:1], library, rows),
        atol=1e-9,
    )
    alone = combination.direction(np.array([1.0]), words[1:], library)
    assert not alone.any()
