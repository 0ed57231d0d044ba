"""What the tests of `tftag tag` need."""

import pytest

from tftag.audio import audio_files, decoding_pool
from tftag.cli import chosen_model


@pytest.fixture
def in_this_process(tagger, monkeypatch):
    """A model takes a second to open, and so does a process that decodes."""
    monkeypatch.setattr(chosen_model, "open_tagger", lambda path, **_: tagger)
    monkeypatch.setattr(
        decoding_pool,
        "decoded",
        lambda paths, rate_hz, fail, processes: audio_files.decoded(
            paths, rate_hz, fail
        ),
    )
