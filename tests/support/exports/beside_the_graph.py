"""Exports of which only what lies beside the graph is read: they have none.

To trace and save the graph takes seconds, and so does the comparison with it.
"""

import contextlib

import pytest

from tftag.export import (
    assets,
    dual_encoder_verification,
    saved_model,
    verification,
)


@contextlib.contextmanager
def alone():
    """What is exported inside has its assets and its Keras model."""
    with pytest.MonkeyPatch.context() as patch:
        leave_out(patch)
        yield


def leave_out(patch):
    """The same until a patch of pytest is undone."""

    def save(module, texts, written):
        (written / "assets").mkdir()
        assets.write_assets(written / "assets", texts)
        (written / "saved_model.pb").touch()

    patch.setattr(saved_model, "_save", save)
    patch.setattr(saved_model, "_loaded", lambda written: None)
    for compared in (verification, dual_encoder_verification):
        patch.setattr(compared, "largest_difference", lambda *_: 0.0)
