"""Pickles in a file, read by the project: taken, or refused in a line."""

import pytest

from pipelines.sources.pickles import safe_pickle

PROTOCOLS = (0, 1, 2, 3, 4, 5)


def load(folder, data):
    """Writes the bytes into a file and reads it."""
    path = folder / "some.pkl"
    path.write_bytes(data)
    return safe_pickle.load(path)


def refused(folder, data, message="some.pkl"):
    """Checks that the bytes are refused by name; returns what is said."""
    with pytest.raises(ValueError, match=message) as caught:
        load(folder, data)
    assert "some.pkl" in str(caught.value)
    assert len(str(caught.value)) < 400
    return str(caught.value)
