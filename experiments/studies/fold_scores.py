"""Trains on the recordings outside a fold and scores those inside."""

import numpy as np

from experiments.runs import run_folder
from experiments.settings import baseline_config
from experiments.training.transfer_learning import averaged_training
from pipelines import manifest as manifests
from tftag.storage import atomic_write


def train_and_score(
    settings: baseline_config.BaselineConfig,
    manifest: manifests.Manifest,
    learnt: np.ndarray,
    held: np.ndarray,
    part: run_folder.RunDir,
) -> dict[str, np.ndarray]:
    """Trains on some recordings and scores others; results are kept.

    Args:
        settings: of the training, which ends with its last epoch.
        manifest: all recordings.
        learnt: rows of those to learn from.
        held: rows of those to score, which are read once.
        part: gets the training's files and `scores.npz`.

    Returns:
        `scores`, probabilities float32 `[held, tags]`, and
        `seconds` of training.
    """
    file = part.path / "scores.npz"
    if not file.exists():
        trained = averaged_training.train_tagger(
            settings, manifest.subset(learnt), None, part
        )
        scores = averaged_training.score(
            settings, trained.model, manifest.subset(held)
        )
        with atomic_write.replacing(file, is_text=False) as npz:
            np.savez(npz, scores=scores, rows=held, seconds=trained.seconds)
    with np.load(file) as saved:
        return {key: saved[key] for key in ("scores", "seconds")}
