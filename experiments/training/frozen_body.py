"""Training of a tagger's head alone, on clip vectors computed once."""

import logging

import keras
import numpy as np

from experiments.runs import run_folder
from experiments.scoring import evaluation
from experiments.settings import baseline_config, optimizers
from experiments.training import cached_clips, state, vector_cache
from pipelines import manifest as manifests
from pipelines.reading import random_crops
from tftag.models import tagger

_log = logging.getLogger(__name__)


def train(
    model: tagger.Tagger,
    loss: keras.losses.Loss,
    settings: baseline_config.BaselineConfig,
    recordings: manifests.Manifest,
    validation: manifests.Manifest | None,
    run: run_folder.RunDir,
) -> state.Progress:
    """Trains the head in place; the body stays.

    A recording is seen as the mean of its clips' vectors. A run that was
    interrupted begins again, with the vectors that it has, and ends the same.

    Args:
        model: with its body's weights, and random ones in its head.
        loss: from labels and logits.
        settings: of the experiment.
        recordings: to learn from.
        validation: recordings that choose the best epoch; None keeps the
            last.
        run: gets history.csv.

    Returns:
        The epochs, which of them the weights are of, and what was lost.
    """
    training = settings.training
    clips, lost = _clip_vectors(model, recordings, settings)
    if len(lost) > training.max_lost_share * len(recordings.tracks):
        raise ValueError(
            "Lost recordings must be at most "
            f"{training.max_lost_share:.3g} (max_lost_share) of all. Received: "
            f"{len(lost)} of {len(recordings.tracks)}, the first: "
            f"{next(iter(lost.values()))}"
        )
    known = np.unique(clips.rows)
    vectors = clips.means()[known]
    labels = recordings.labels()[known].astype(np.float32)
    if settings.model.head_components:
        fit_components(model.head.get_layer("components"), vectors)
    batch_size = min(training.batch_size, len(labels))
    model.head.compile(
        optimizers.make(
            training.optimizer,
            schedule=training.schedule,
            learning_rate=training.learning_rate,
            steps=len(labels) // batch_size * training.epochs,
            weight_decay=training.weight_decay,
            clip_norm=training.clip_norm,
        ),
        loss,
        jit_compile=False,
    )
    held = _Held(model, validation, settings) if validation else None
    keras.utils.set_random_seed(settings.seed)
    draw = np.random.default_rng(settings.seed)
    progress = state.Progress(lost=lost)
    while not progress.is_over(training.epochs):
        losses = [
            # Labels are the same for every member.
            model.head.train_on_batch(mixed, tags[:, np.newaxis])
            for mixed, tags in _batches(
                draw, vectors, labels, batch_size, settings.augmentation
            )
        ]
        progress.epoch += 1
        row = {"epoch": progress.epoch, "loss": float(np.mean(losses))}
        if not np.isfinite(row["loss"]):
            raise ValueError(
                "The loss must stay a finite number. Lower --learning-rate or "
                f"set --clip-norm. Received: {row['loss']} in epoch "
                f"{progress.epoch}"
            )
        if held is not None:
            row |= held.score(progress)
        progress.history.append(row)
    if held is not None:
        model.head.set_weights(held.best)
    run.write_csv("history.csv", progress.history)
    _log.info(
        "a head of %d recordings: %d epochs, loss %.4f",
        len(labels),
        progress.epoch,
        row["loss"],
    )
    return progress


class _Held:
    """The validation recordings, which choose an epoch."""

    def __init__(self, model, validation, settings):
        clips, _ = _clip_vectors(model, validation, settings)
        self.head, self.clips, self.best = model.head, clips, None
        self.truth = validation.labels()
        self.training = settings.training

    def score(self, progress):
        """Figures of an epoch that is scored; keeps weights that are best."""
        training = self.training
        if progress.epoch % training.score_every and not progress.is_over(
            training.epochs
        ):
            return {}
        known = np.unique(self.clips.rows)
        scores = _probabilities(self.head, self.clips)[known]
        figures = evaluation.quick(self.truth[known], scores)
        if progress.best_score is None or figures["map"] > progress.best_score:
            progress.best_score = figures["map"]
            progress.best_epoch, progress.waited = progress.epoch, 0
            self.best = self.head.get_weights()
        else:
            progress.waited += 1
            patience = training.patience
            progress.stopped = 0 < patience <= progress.waited
        return {f"validation_{name}": value for name, value in figures.items()}


def _probabilities(head, clips):
    """Means over the clips of recordings, as scoring and serving have them."""
    logits = head.predict(clips.vectors, verbose=0).mean(axis=1)
    probabilities = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
    return cached_clips.ClipVectors(probabilities, clips.rows).means()


def _clip_vectors(model, recordings, settings):
    return vector_cache.clip_vectors(
        model, recordings, settings.audio, settings.training.batch_size
    )


def _batches(draw, vectors, labels, batch_size, augmentation):
    """Yields the batches of an epoch, mixed in pairs; full ones only."""
    chances = None
    if augmentation.tag_balance:
        chances = random_crops.row_probabilities(
            labels, augmentation.tag_balance
        )
    rows = draw.choice(
        len(labels), len(labels), replace=chances is not None, p=chances
    )
    for first in range(0, len(rows) - batch_size + 1, batch_size):
        batch = rows[first : first + batch_size]
        inputs, tags = vectors[batch], labels[batch]
        if alpha := augmentation.mixup_alpha:
            share = draw.beta(alpha, alpha, (batch_size, 1)).astype(np.float32)
            inputs, tags = (
                share * x + (1 - share) * np.roll(x, 1, axis=0)
                for x in (inputs, tags)
            )
        yield inputs, tags


def score(
    model: tagger.Tagger,
    recordings: manifests.Manifest,
    settings: baseline_config.BaselineConfig,
) -> np.ndarray:
    """What `evaluation.score_manifest` says, from cached vectors.

    Args:
        model: what `train` trained.
        recordings: to score; all must be readable.
        settings: of the experiment.

    Returns:
        Probabilities, float32 `[recordings, tags]`.
    """
    clips, lost = _clip_vectors(model, recordings, settings)
    if lost:
        raise ValueError(next(iter(lost.values())))
    return _probabilities(model.head, clips).astype(np.float32)


def fit_components(layer: keras.layers.Dense, vectors: np.ndarray) -> None:
    """Gives a layer the principal components of standardised vectors.

    Every value of the vectors counts alike, and the components keep their
    proportions; together their mean square is 1.

    Args:
        layer: gets them; those that there are none of are 0.
        vectors: `[recordings, dim]`, of the training data.
    """
    mean, deviation = vectors.mean(0), vectors.std(0) + 1e-6
    _, scales, directions = np.linalg.svd(
        ((vectors - mean) / deviation).astype(np.float64), full_matrices=False
    )
    count = min(layer.units, len(scales))
    kernel = np.zeros((vectors.shape[1], layer.units))
    kernel[:, :count] = directions[:count].T / deviation[:, np.newaxis]
    power = np.sum(scales[:count] ** 2) / len(vectors) / count
    kernel /= np.sqrt(power) or 1.0
    layer.set_weights([kernel, -mean @ kernel])
