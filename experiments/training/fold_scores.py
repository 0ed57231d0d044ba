"""Training outside a fold, and the scores of what is inside."""

import numpy as np

from experiments.runs import run_folder
from experiments.scoring import evaluation
from experiments.settings import baseline_config
from experiments.training import frozen_body, tagger_training
from pipelines import manifest as manifests
from pipelines.reading import slice_reader
from tftag.files import atomic_write
from tftag.models import clip_model


def train_and_score(
    settings: baseline_config.BaselineConfig,
    manifest: manifests.Manifest,
    learnt: np.ndarray,
    held: np.ndarray,
    part: run_folder.RunDir,
) -> dict[str, np.ndarray]:
    """Trains on some recordings and scores others; what is done is kept.

    Args:
        settings: all of the training, which ends with its last epoch.
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
        trained = tagger_training.train_tagger(
            settings, manifest.subset(learnt), None, part
        )
        scores = score(settings, trained.model, manifest.subset(held))
        with atomic_write.replacing(file, is_text=False) as npz:
            np.savez(npz, scores=scores, rows=held, seconds=trained.seconds)
    with np.load(file) as saved:
        return {key: saved[key] for key in ("scores", "seconds")}


def score(
    settings: baseline_config.BaselineConfig,
    model: clip_model.ClipModel,
    manifest: manifests.Manifest,
) -> np.ndarray:
    """Probabilities of whole recordings, float32 `[recordings, tags]`."""
    if settings.is_on_cached_vectors:
        return frozen_body.score(model, manifest, settings)
    return evaluation.score_manifest(
        model,
        manifest,
        settings.audio,
        slice_reader.SliceReader(manifest, settings.audio.clip_samples),
        settings.training.batch_size,
    )
