"""A training in which everything that has a state takes part."""

import tone_manifest

from experiments.runs import run_folder
from experiments.settings import baseline_config, flags
from experiments.training import tagger_training

# All that has a state: dropout, averages, the optimiser's moments and
# schedule, adaptive weights, mixing, masks, balance.
EVERYTHING = {
    **tone_manifest.SMALL,
    "epochs": 4,
    "dropout": 0.3,
    "tag_weights": "adaptive",
    "average_decay": 0.9,
    "patience": 5,
    "mixup_alpha": 0.4,
    "mel_masks": 1,
    "time_masks": 1,
    "tag_balance": 0.5,
    "checkpoint_seconds": 0.0,
}


def train(folder, name):
    made = tone_manifest.manifests.read_manifest(folder / "data")
    return tagger_training.train_tagger(
        flags.replace(baseline_config.demo(), EVERYTHING),
        made.split("train"),
        made.split("validation"),
        run_folder.RunDir(folder / "runs", "baseline", name),
    )
