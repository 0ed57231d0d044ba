import numpy as np
import pytest

from tftag.search.index.segments import joined_vectors

DRAW = np.random.default_rng(0)
TABLES = [DRAW.normal(size=(n, 3)).astype(np.float32) for n in (5, 1, 7)]
HELD = [np.array([0, 3, 4]), np.arange(1), np.arange(7)]


@pytest.mark.parametrize(
    "asked",
    [
        *(slice(None), slice(2, 5), slice(9, 99), slice(4, 4), slice(0, 9, 4)),
        *(np.array([0, 3, 10]), np.array([10, 0, 0]), np.array([], np.int64)),
    ],
)
def test_rows_are_those_of_one_array(asked):
    whole = np.concatenate(
        [table[rows] for table, rows in zip(TABLES, HELD, strict=True)]
    )
    joined = joined_vectors.JoinedVectors([*zip(TABLES, HELD, strict=True)])
    assert joined.shape == whole.shape and len(joined) == len(whole) == 11
    np.testing.assert_array_equal(joined[asked], whole[asked])
