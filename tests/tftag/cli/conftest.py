"""Commands that ask the exports that tests share."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def exports(opened_once):
    """Each is opened once."""
