"""What the commands that find music need."""

import pytest

from pipelines.catalogue import shards
from tftag.cli import chosen_model


@pytest.fixture
def loaded_once(encoder, monkeypatch):
    """Whatever dual encoder is asked for, the tiny one is there."""
    monkeypatch.setattr(
        chosen_model, "open_dual_encoder", lambda model, **_: encoder
    )
    monkeypatch.setattr(chosen_model, "check", lambda model: None)


@pytest.fixture
def write_catalogue(encoder, tmp_path):
    """Writes what the tiny dual encoder said of a recording elsewhere."""

    def write(vector, **row):
        output = tmp_path / "catalogue"
        space = {"space": encoder.space, "dim": encoder.dim}
        said = {"name": "tiny", "tags": encoder.card["tags"], **space}
        shards.write_model(output, "m", said)
        shards.write(output, "m-a", [row], [vector], [])
        return output

    return write
