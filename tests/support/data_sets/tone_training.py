"""Trainings on a few tones: what they are told, and where they lie."""

import tone_manifest
from tensorboard.backend.event_processing import event_accumulator

from experiments.runs import run_folder
from experiments.settings import baseline_config, dual_encoder_config, flags
from experiments.training import tagger_training


def settings(**values):
    """Those of a tagger that fits on a thumbnail, and others."""
    return flags.replace(
        baseline_config.demo(), {**tone_manifest.SMALL, **values}
    )


def dual_settings(**values):
    """Those of a dual encoder that fits on a thumbnail, and others."""
    small = {**tone_manifest.SMALL, "epochs": 1, "dim": 8, "text_units": 16}
    return flags.replace(
        dual_encoder_config.demo(), {**small, "heads_epochs": 2, **values}
    )


def run_in(folder, name="a"):
    """A run of `baseline` in a folder."""
    return run_folder.RunDir(folder, "baseline", name)


def train(settings, made, folder, *, is_validated=False):
    """Trains a tagger in the run of a folder."""
    return tagger_training.train_tagger(
        settings,
        made.split("train"),
        made.split("validation") if is_validated else None,
        run_in(folder),
    )


def log_of(run):
    """What TensorBoard finds of a run."""
    log = event_accumulator.EventAccumulator(str(run.tensorboard))
    log.Reload()
    return log
