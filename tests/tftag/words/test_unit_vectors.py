"""Rows of length 1."""

import numpy as np
import pytest

from tftag.words import unit_vectors


def test_keeps_the_direction_and_takes_the_length():
    rows = np.random.default_rng(0).normal(size=(5, 3))
    unit = unit_vectors.unit(rows * [[1e-9], [1], [3], [1e9], [7]], "rows")
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1)
    np.testing.assert_allclose(unit, unit_vectors.unit(rows, "rows"))
    assert unit_vectors.unit(np.empty((0, 3)), "rows").shape == (0, 3)


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_refuses_a_row_without_direction(bad):
    rows = np.ones((4, 2))
    rows[2] = bad
    with pytest.raises(ValueError, match=r"`tags`.*1 such of 4, rows \[2\]"):
        unit_vectors.unit(rows, "tags")


@pytest.mark.parametrize("shape", [(3,), (3, 0), (1, 2, 3)])
def test_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match=r"must be \[rows, dim\]"):
        unit_vectors.unit(np.ones(shape), "rows")
