"""Experiments on a few tones: each is done in seconds, and has an `a`."""

import pytest
import tone_manifest

from experiments import (
    run_baseline,
    run_cross_validation,
    run_dual_encoder,
    run_zero_shot,
)
from experiments.figures import illustrations, plots
from tftag.cli import command_line

# Towers that fit on a thumbnail, too.
SMALL_DUAL = {
    "epochs": 1,
    "members": 1,
    "dim": 8,
    "text_units": 16,
    "heads_epochs": 2,
    "unseen_count": 1,
}


def baseline(folder, *more, data="data", **values):
    """Exit status of the experiment on the tones in a folder."""
    values = {"export": folder / "saved", "data": folder / data, **values}
    return _call(run_baseline.main, folder, values, more)


def dual_encoder(folder, **values):
    """Exit status of the experiment on the tones in `folder/data`."""
    return _call(
        run_dual_encoder.main,
        folder,
        {"export": folder / "saved", **SMALL_DUAL, **values},
    )


def zero_shot(folder, **values):
    """Exit status of the experiment on the tones in `folder/data`."""
    return _call(
        run_zero_shot.main, folder, {"draws": 2, **SMALL_DUAL, **values}
    )


def cross_validation(folder, **values):
    """Exit status of the experiment on the tones in `folder/data`."""
    values = {"folds": 3, "epochs": 1, "batch_size": 8, **values}
    return _call(run_cross_validation.main, folder, values)


def _call(main, folder, values, more=()):
    places = {"data": folder / "data", "runs": folder / "runs", "name": "a"}
    line = tone_manifest.flags(**{**places, **values})
    with pytest.MonkeyPatch.context() as patch:
        # A figure takes as long as the few steps of a training.
        patch.setattr(illustrations, "RECORDINGS_SHOWN", 1)
        patch.setattr(plots, "DPI", 20)
        return command_line.run(main, [*line, *more])
