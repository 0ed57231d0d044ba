"""Trains by two workers, then the same alone; run in a process of each.

Without TF_CONFIG, by two devices of one process. Leaves runs and, in an .npz
of each training, the weights and the last loss.
"""

import os
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tone_manifest
import word_tables

from experiments.recordings import unseen_tags
from experiments.runs import run_folder
from experiments.settings import baseline_config, dual_encoder_config, flags
from experiments.training import dual_encoder_training, tagger_training
from experiments.training.workers import group

# 20 steps, of 24 recordings less those that weigh the tags.
TRAIN_RECORDINGS = 24
STEPS = {
    **tone_manifest.SMALL,
    "epochs": 10,
    "batch_size": 8,
    "score_every": 5,
    "optimizer": "momentum",
    "learning_rate": 0.02,
}
# All that has a state of its own.
TAGGER = {
    **STEPS,
    "mixup_alpha": 0.4,
    "mel_masks": 1,
    "time_masks": 1,
    "average_decay": 0.9,
    "tag_weights": "adaptive",
}
DUAL = {
    **STEPS,
    "body": "own",
    "dim": 8,
    "text_units": 16,
    "text_dropout": 0.0,
    "loss": "infonce",
    "word_noise": 0.0,
    # Batch norm over few tags makes much of rounding.
    "learning_rate": 0.005,
}


def tagger(made, run, workers, **values):
    settings = flags.replace(baseline_config.demo(), {**TAGGER, **values})
    return tagger_training.train_tagger(
        settings, made.split("train"), made.split("validation"), run, workers
    )


def dual_encoder(made, run, workers, **values):
    settings = flags.replace(dual_encoder_config.demo(), {**DUAL, **values})
    seen = unseen_tags.with_tags(made, ("high", "low"))
    return dual_encoder_training.train(
        settings,
        seen.split("train"),
        seen.split("validation"),
        word_tables.of_tags(tone_manifest.TAGS),
        run,
        workers,
    )


CASES = {
    "tagger": (tagger, {}),
    "dual encoder": (dual_encoder, {}),
    # Another training than that of one device.
    "batch norm of each": (tagger, {"synchronized_batch_norm": False}),
}


def keep(folder, kind, name, workers):
    """Trains a case, and keeps what came of it if there is a run to it."""
    train, values = CASES[name]
    run = None
    if workers.is_chief:
        run = run_folder.RunDir(folder / "runs", kind, name)
    made = tone_manifest.manifests.read_manifest(folder / "data")
    trained = train(made, run, workers, **values)
    if run is not None:
        np.savez(
            run.path / "weights.npz",
            *trained.model.get_weights(),
            loss=trained.history[-1]["loss"],
        )


def by_workers(folder):
    """Trains with the workers that TF_CONFIG names, then one case alone."""
    workers = group.join("multi-worker", 240)
    with workers.together():
        for name in CASES:
            keep(folder, "two", name, workers)
        keep(folder, "one", list(CASES)[workers.number], group.ALONE)
        workers.end()


def by_devices(folder):
    """Trains on two devices of one process."""
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    keep(folder, "devices", "tagger", group.Workers(strategy))


if __name__ == "__main__":
    by = by_workers if "TF_CONFIG" in os.environ else by_devices
    by(pathlib.Path(sys.argv[1]))
