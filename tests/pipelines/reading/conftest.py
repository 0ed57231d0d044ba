"""What the tests of reading share."""

import pytest
from numbered_streams import twenty_recordings

from pipelines.reading.slices import local_file


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return twenty_recordings(tmp_path_factory.mktemp("audio"))


@pytest.fixture
def read_bytes(monkeypatch):
    """How many bytes were read of local files, a number each time."""
    sizes = []
    fill = local_file.fill

    def counted(file, unread):
        assert not hasattr(file, "peek")  # nothing is read ahead
        sizes.append(len(unread))
        fill(file, unread)

    monkeypatch.setattr(local_file, "fill", counted)
    return sizes
