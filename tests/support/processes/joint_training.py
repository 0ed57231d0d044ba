"""Trains by two workers, then the same alone; run in a process of each.

Without TF_CONFIG, by two devices of one process. Prints, as JSON, how far the
weights are apart.
"""

import json
import os
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tone_manifest
import word_tables

from experiments.data import dual_encoder_data
from experiments.runs import run_folder
from experiments.settings import baseline_config, dual_encoder_config, flags
from experiments.training import dual_encoder_training, tagger_training
from experiments.training.workers import group

# 20 steps.
STEPS = {
    **tone_manifest.SMALL,
    "epochs": 10,
    "batch_size": 8,
    "score_every": 10,
    "optimizer": "momentum",
    "learning_rate": 0.02,
}
MIXED = {"mixup_alpha": 0.4, "mel_masks": 1, "time_masks": 1}
DUAL = {"body": "own", "dim": 8, "text_units": 16, "text_dropout": 0.0}
DUAL |= {"loss": "infonce", "word_noise": 0.0}


def tagger(made, run, workers, **values):
    settings = flags.replace(baseline_config.demo(), {**STEPS, **values})
    return tagger_training.train_tagger(
        settings, made.split("train"), made.split("validation"), run, workers
    )


def dual_encoder(made, run, workers, **values):
    settings = flags.replace(
        dual_encoder_config.demo(), {**STEPS, **DUAL, **values}
    )
    seen = dual_encoder_data.with_tags(made, ("high", "low"))
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
    "tagger, mixed and averaged": (tagger, {**MIXED, "average_decay": 0.9}),
    "tagger, adaptive weights": (tagger, {"tag_weights": "adaptive"}),
    # Batch norm over few tags makes much of rounding.
    "dual encoder": (dual_encoder, {"learning_rate": 0.005}),
    "batch norm of each": (tagger, {"synchronized_batch_norm": False}),
}


def apart(one, other):
    """Largest difference of a weight, as a share of the largest of its kind."""
    return max(
        float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-3))
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


def compare(both, made, folder, name):
    """Trains alone; says how far others are from it."""
    train, values = CASES[name]
    run = run_folder.RunDir(folder / "runs", "one", name)
    alone = train(made, run, group.ALONE, **values)
    losses = [trained.history[-1]["loss"] for trained in (both, alone)]
    return {"apart": apart(both.model, alone.model), "losses": losses}


def by_workers(folder, made):
    """Trains with the workers that TF_CONFIG names."""
    workers = group.join("multi-worker", 240)
    found = {}
    with workers.together():
        for name, (train, values) in CASES.items():
            run = None
            if workers.is_chief:
                run = run_folder.RunDir(folder / "runs", "two", name)
            both = train(made, run, workers, **values)
            if workers.is_chief:
                found[name] = compare(both, made, folder, name)
        workers.end()
    return found


def by_devices(folder, made):
    """Trains on two devices of one process."""
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    devices = group.Workers(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
    name = "tagger, mixed and averaged"
    run = run_folder.RunDir(folder / "runs", "devices", name)
    train, values = CASES[name]
    both = train(made, run, devices, **values)
    return {name: compare(both, made, folder, name)}


def main(folder):
    made = tone_manifest.manifests.read_manifest(folder / "data")
    by = by_workers if "TF_CONFIG" in os.environ else by_devices
    print(json.dumps(by(folder, made)))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
