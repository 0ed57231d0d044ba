"""What tests of several folders prepare with."""

import pytest


@pytest.fixture
def converted_here(monkeypatch):
    """A preparation converts in this process, and starts no other.

    That of a fixture of a wider scope, made before, has processes.
    """
    import here_pool

    from pipelines.prepare.wav_conversion import convert

    monkeypatch.setattr(convert, "_Pool", here_pool.HerePool)
