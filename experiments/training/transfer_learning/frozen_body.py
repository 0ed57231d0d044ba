"""Training of a head alone, on clip vectors that are computed once."""

import logging
import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from experiments.runs import checkpoint, run_folder
from experiments.scoring import evaluation
from experiments.settings import dual_encoder_config
from experiments.training import epoch_log, tag_sharing
from experiments.training.transfer_learning import vector_cache
from pipelines import manifest as manifests
from pipelines.reading import seeded_draws
from tftag.models import clip_model

# Clips that the head takes at a time.
_AT_ONCE = 4_096

# Of their deviations, vectors from 0. Those of published taggers, which end in
# a batch norm, have 1.2; descriptors 4.4, and half of their MAP is lost.
_FARTHEST = 2.0

_log = logging.getLogger(__name__)


def train(
    model: clip_model.ClipModel,
    fitted: keras.Model,
    loss: keras.losses.Loss,
    settings: dual_encoder_config.Settings,
    recordings: manifests.Manifest,
    watched: Mapping[str, manifests.Manifest],
    run: run_folder.RunDir,
) -> checkpoint.Progress:
    """Trains the head in place; the body stays as it is.

    The head sees the mean of a recording's clip vectors. An interrupted run
    starts again with the vectors it already has, and ends the same.

    Args:
        model: with its body's weights, and random ones in its head.
        fitted: of the same weights, from clip vectors to the logits of every
            member, `[batch, members, tags]`.
        loss: from labels and logits.
        settings: of the experiment.
        recordings: to learn from.
        watched: recordings that are scored, by the name of their figures:
            `validation` chooses the best epoch, and adaptive tag weights are
            judged on those `held`.
        run: gets history.csv and TensorBoard's scalars.

    Returns:
        The history, the epoch of the weights, and the lost recordings.

    Raises:
        ValueError: too many recordings cannot be read, or the loss is not a
            finite number.
    """
    training = settings.training
    clips, lost = vector_cache.clip_vectors(model, recordings, settings.audio)
    _check_lost(lost, len(recordings.tracks), training.max_lost_share)
    known = np.unique(clips.rows)
    vectors = clips.means()[known]
    labels = recordings.labels()[known].astype(np.float32)
    if settings.model.head_components:
        # Those of a dual encoder are in its audio tower.
        tower: Any = getattr(model, "audio_tower", model)
        fit_components(tower.head.get_layer("components"), vectors)
    elif text := far_from_standard(vectors):
        _log.warning("%s", text)
    scored = {
        name: (part, vector_cache.clip_vectors(model, part, settings.audio)[0])
        for name, part in watched.items()
    }
    progress = checkpoint.Progress(lost=lost)
    examples = (vectors, labels)
    _fit(model.head, fitted, loss, settings, examples, scored, progress, run)
    if training.tag_sharing:
        tag_sharing.share(
            model.head.get_layer("tag_logits"),
            _logits(model.head, vectors),
            labels,
            training.tag_sharing,
        )
    run.write_csv("history.csv", progress.history)
    return progress


def _check_lost(lost, count, most_share):
    """Refuses to learn from what is left of `count` recordings."""
    if len(lost) > most_share * count:
        raise ValueError(
            f"Lost recordings must be at most {most_share:.3g} "
            f"(max_lost_share) of all. Received: {len(lost)} of {count}, the "
            f"first: {next(iter(lost.values()))}"
        )


def _fit(head, fitted, loss, settings, examples, scored, progress, run):
    """Runs all epochs; the head ends with the weights of the best one."""
    training, (vectors, labels) = settings.training, examples
    batch_size = min(training.batch_size, len(labels))
    steps = len(labels) // batch_size
    fitted.compile(
        training.make_optimizer(steps * training.epochs),
        loss,
        jit_compile=False,
    )
    best = None
    log = epoch_log.EpochLog(training, steps, run)
    keras.utils.set_random_seed(settings.seed)
    draw = np.random.default_rng(settings.seed)
    begin = time.monotonic()
    while not progress.is_over(training.epochs):
        losses = [
            # Labels are the same for every member.
            fitted.train_on_batch(mixed, tags[:, np.newaxis])
            for mixed, tags in _batches(
                draw, vectors, labels, batch_size, settings.augmentation
            )
        ]
        progress.epoch += 1
        progress.step += steps
        mean = epoch_log.finite(float(np.mean(losses)), progress.epoch)
        is_scored = log.is_scored(progress.epoch)
        figures: dict[str, float] = {}
        if is_scored:
            figures = epoch_log.figures(_scores(head, scored), loss)
        if progress.is_best(figures.get("validation_map"), training.patience):
            best = head.get_weights()
        now = time.monotonic()
        row = log.add(progress, {"loss": mean}, figures, now - begin)
        begin = now
        if is_scored:
            _log.info("%s", epoch_log.line(row, training.epochs))
    if best is not None:
        head.set_weights(best)


def _scores(head, scored):
    """Yields name, tags, truth and probabilities of watched recordings."""
    for name, (recordings, clips) in scored.items():
        known = np.unique(clips.rows)
        scores = probabilities(_clip_logits(head, clips))[known]
        tags = recordings.vocabulary.names
        yield name, tags, recordings.labels()[known], scores


def _clip_logits(head, clips):
    """The mean of the members for every clip."""
    logits = _logits(head, clips.vectors).mean(axis=1)
    return evaluation.ClipVectors(logits, clips.rows)


def _logits(head, vectors):
    """Logits `[clips, members, tags]`; `predict` would trace a graph."""
    parts = range(0, len(vectors), _AT_ONCE)
    return np.concatenate(
        [np.asarray(head(vectors[at : at + _AT_ONCE])) for at in parts]
    )


def _batches(draw, vectors, labels, batch_size, augmentation):
    """Yields the batches of an epoch, mixed in pairs; full ones only."""
    chances = None
    if augmentation.tag_balance:
        chances = seeded_draws.row_probabilities(
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


def clip_logits(
    model: clip_model.ClipModel,
    recordings: manifests.Manifest,
    settings: dual_encoder_config.Settings,
) -> evaluation.ClipVectors:
    """Computes the logits of every clip from its cached vector.

    Args:
        model: what `train` trained.
        recordings: to score; all must be readable.
        settings: of the experiment.

    Returns:
        float32 `[clips, tags]`, the mean of the members.

    Raises:
        ValueError: a recording could not be read.
    """
    clips = vector_cache.all_clip_vectors(model, recordings, settings.audio)
    return _clip_logits(model.head, clips)


def probabilities(logits: evaluation.ClipVectors) -> np.ndarray:
    """Means over a recording's clips, as in scoring and serving."""
    shares = 1.0 / (1.0 + np.exp(-logits.vectors.astype(np.float64)))
    return evaluation.ClipVectors(shares, logits.rows).means()


def far_from_standard(vectors: np.ndarray) -> str:
    """What there is to say of vectors that a hidden layer learns little from.

    Principal components are of standardised vectors; without them nothing
    brings what a body gives to one scale.

    Args:
        vectors: `[recordings, dim]`, of the training data.

    Returns:
        A sentence; "" where there is nothing to say.
    """
    level = np.sqrt(np.mean(np.square(vectors, dtype=np.float64)))
    spread = np.sqrt(np.mean(np.var(vectors, axis=0, dtype=np.float64)))
    if level <= _FARTHEST * spread:
        return ""
    return (
        f"The clip vectors lie {level / max(spread, 1e-6):.1f} of their "
        "deviations from 0, and nothing standardises them: a hidden layer "
        "learns little from such vectors. --head-components N does."
    )


def fit_components(layer: keras.layers.Dense, vectors: np.ndarray) -> None:
    """Gives a layer the principal components of standardised vectors.

    All values of the vectors count the same, and the components keep their
    proportions; their mean square is 1 overall.

    Args:
        layer: gets them; components beyond those that exist are 0.
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
