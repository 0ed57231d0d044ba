"""What the tests of single formats need."""

import pytest

from tftag import audio


@pytest.fixture
def read(tmp_path):
    """Decodes the bytes of a file to samples at 16 kHz."""

    def read(data):
        path = tmp_path / "a"
        path.write_bytes(data)
        return audio.decode_file(path, 16_000).samples

    return read
