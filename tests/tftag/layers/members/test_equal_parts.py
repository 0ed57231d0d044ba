import numpy as np
import pytest

from tftag import layers
from tftag.layers.members import equal_parts


@pytest.mark.parametrize(
    "width, members", [(1, 1), (6, 1), (6, 2), (6, 6), (0, 3)]
)
def test_parts_make_up_the_whole(width, members):
    assert members * equal_parts.length(width, members) == width


@pytest.mark.parametrize("width, members", [(6, 4), (2, 3), (6, 0), (6, -2)])
def test_parts_that_cannot_be_are_refused(width, members):
    said = f"{members} equal parts. Received: {width} values"
    with pytest.raises(ValueError, match=said):
        equal_parts.length(width, members)


# Rows of 4 values are as many values as rows of 3: a layer that did not look
# would mix them.
X = np.ones((3, 4), np.float32)


@pytest.mark.parametrize(
    "apply",
    [
        lambda: layers.MemberDense(units=5, members=3)(X),
        lambda: layers.MemberLogits(tag_count=5, members=3)(X),
        lambda: layers.MemberSimilarity(members=3)(X, X),
        lambda: layers.UnitLength(members=3)(X),
    ],
)
def test_no_layer_of_members_mixes_rows(apply):
    with pytest.raises(ValueError, match="3 equal parts. Received: 4 values"):
        apply()
