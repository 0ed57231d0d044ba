"""What the tests of an inspection need."""

import melodies
import pytest

from pipelines.inspect import inspection, measurements


@pytest.fixture
def prepared(tmp_path):
    """A small prepared data set with a near-duplicate."""
    return melodies.with_a_copy(tmp_path / "data")


@pytest.fixture
def seen(prepared, tmp_path):
    """What an inspection finds that listened to it."""
    measured = measurements.measure(prepared, tmp_path)
    return inspection.inspect(prepared, measured)
