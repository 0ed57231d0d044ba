"""What the commands that find music need."""

import pytest

from tftag.cli import chosen_model


@pytest.fixture
def loaded_once(encoder, monkeypatch):
    """Whatever dual encoder is asked for, the tiny one is there."""
    monkeypatch.setattr(
        chosen_model, "open_dual_encoder", lambda model, **_: encoder
    )
    monkeypatch.setattr(chosen_model, "check", lambda model: None)
