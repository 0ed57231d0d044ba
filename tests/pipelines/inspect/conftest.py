"""What the tests of an inspection need."""

import melodies
import pytest


@pytest.fixture
def prepared(tmp_path):
    """A small prepared data set with a near-duplicate."""
    return melodies.with_a_copy(tmp_path / "data")
