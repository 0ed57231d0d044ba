"""What the tests of recordings share."""

import pytest


@pytest.fixture
def song(library):
    """A recording of a second."""
    return library / "c d" / "e.wav"
