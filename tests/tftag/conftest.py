"""What tests of several folders open."""

import pytest


@pytest.fixture
def encoder_at_hand(encoder, monkeypatch):
    """Who asks for the tiny dual encoder gets the one that is open."""
    from tftag.cli import chosen_model

    opened = chosen_model.open_dual_encoder
    known = {"model", str(encoder.folder), str(encoder.folder.parent)}
    monkeypatch.setattr(
        chosen_model,
        "open_dual_encoder",
        lambda model, **options: (
            encoder if model in known else opened(model, **options)
        ),
    )
