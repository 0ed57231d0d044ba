"""What the tests of reading share."""

import pytest
from numbered_streams import twenty_recordings


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return twenty_recordings(tmp_path_factory.mktemp("audio"))
