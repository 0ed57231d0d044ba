"""Training of a tagger, with the same result wherever it is interrupted."""

import contextlib
import dataclasses
import functools
import logging
import operator
import random
import time
from collections.abc import Callable, Iterator
from typing import cast

import keras
import numpy as np
import tensorflow as tf

from experiments.recordings import run_recordings
from experiments.runs import checkpoint, run_folder, training_result
from experiments.scoring import evaluation
from experiments.settings import (
    baseline_config,
    dual_encoder_config,
    optimizers,
    tables,
)
from experiments.training import (
    audio_module,
    logit_trace,
    tag_sharing,
    tag_weights,
)
from experiments.training import loop as training_loop
from experiments.training.transfer_learning import (
    body_layers,
    frozen_body,
    transfer,
)
from experiments.training.workers import group, replica_loop
from pipelines import manifest as manifests
from pipelines.reading import tf_data
from tftag.losses import classification
from tftag.models import precision as precision_lib
from tftag.models import tagger
from tftag.storage.remote import hub

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The functions that make what is trained.

    Attributes:
        build: `(recordings, pretrained)` -> the model that is scored and kept,
            from waveform and peak to logits `[batch, tags]`. Vocabulary and
            labels of the recordings decide its outputs; `pretrained` copies
            the weights it is to start from.
        fitted: that model -> the model of the same weights that is trained.
        loss: weights float `[tags]`, or None -> the loss.
        head: that model -> its part from clip vectors to the logits of every
            member, which is all that is trained on cached vectors.
    """

    build: Callable[[manifests.Manifest, bool], keras.Model]
    fitted: Callable[[keras.Model], keras.Model]
    loss: Callable[[np.ndarray | None], keras.losses.Loss]
    head: Callable[[keras.Model], keras.Model] = operator.attrgetter("head")


def train_tagger(
    settings: baseline_config.BaselineConfig,
    train: manifests.Manifest,
    validation: manifests.Manifest | None,
    run: run_folder.RunDir | None,
    workers: group.Workers = group.ALONE,
) -> training_result.Trained:
    """Trains a tagger; the arguments are those of `train_model`."""
    recipe = Recipe(
        build=lambda recordings, pretrained: build(
            settings, recordings, pretrained=pretrained
        ),
        fitted=transfer.training_model,
        loss=lambda weights: make_loss(settings.training.loss, weights),
    )
    trained = train_model(settings, train, validation, run, recipe, workers)
    is_shared = settings.training.tag_sharing and workers.is_chief
    if is_shared and not settings.is_on_cached_vectors:
        _share(settings, train, trained)
    return trained


def _share(settings, train, trained):
    """Applies tag sharing to a trained tagger."""
    if settings.shuffle_labels:
        train = shuffled_labels(train, settings.seed)
    train = evaluation.readable(train, trained.lost)
    vectors = evaluation.output_means(
        trained.model.body(),
        train,
        settings.audio,
        settings.training.batch_size,
    )
    tag_sharing.share(
        trained.model.head.get_layer("tag_logits"),
        np.asarray(trained.model.head(vectors)),
        train.labels(),
        settings.training.tag_sharing,
    )


def train_model(
    settings: dual_encoder_config.Settings,
    train: manifests.Manifest,
    validation: manifests.Manifest | None,
    run: run_folder.RunDir | None,
    recipe: Recipe,
    workers: group.Workers = group.ALONE,
) -> training_result.Trained:
    """Trains a model, or resumes where the run was interrupted.

    Args:
        settings: all settings of the experiment.
        train: recordings to learn from.
        validation: recordings to choose the best epoch by; None keeps the
            weights of the last.
        run: gets the checkpoints, history.csv and TensorBoard's scalars; None
            for workers other than the chief.
        recipe: makes the models and the loss.
        workers: the group that trains together.

    Returns:
        The trained model and its history; for workers other than the chief, the
        weights of the last step and no history.

    Raises:
        ValueError: the data or a checkpoint does not fit the settings, or the
            loss is not a finite number.
    """
    training = settings.training
    recordings, watched = _parts(settings, train, validation)
    weights = _first_weights(training.tag_weights, recordings)
    if settings.is_on_cached_vectors:
        if workers.strategy is not None:
            raise ValueError(
                "--strategy is of networks that see the waveforms; a head on "
                "clip vectors that are computed once is trained in seconds. "
                "Received: --freeze with --head-units"
            )
        # Who trains alone has a folder.
        alone = cast(run_folder.RunDir, run)
        return _train_head(
            settings, recordings, watched, weights, alone, recipe
        )
    steps = tf_data.steps_per_epoch(len(recordings.tracks), training.batch_size)
    saved = checkpoint.load(run.checkpoints) if run is not None else None
    # All make the same variables in the same order, wherever they start.
    is_new = workers.exchange({"is_new": saved is None})[0]["is_new"]
    with precision(training.precision), workers.scope():
        model = recipe.build(recordings, is_new)
        fitted = _compiled(
            model, recipe.fitted(model), recipe.loss(weights), training, steps
        )
    with precision(training.precision):
        parts = (settings, model, fitted, steps, watched, run)
        if workers.strategy is None:
            loop = training_loop.Loop(*parts)
        else:
            loop = replica_loop.ReplicaLoop(*parts, workers)
        if saved is not None:
            loop.restore(*saved)
            _log.info(
                "%s: %s after step %d",
                loop.run and loop.run.path,
                "trained"
                if loop.progress.is_over(training.epochs)
                else "going on",
                loop.progress.step,
            )
        loop.fit(recordings)
    final = recipe.build(recordings, False)
    final.set_weights(loop.final_weights())
    return training_result.Trained.of(
        final, loop.progress, loop.progress.seconds
    )


def _compiled(model, fitted, loss, training, steps):
    """The model that is fitted, with its loss and optimiser."""
    fitted.compile(
        training.make_optimizer(steps * training.epochs),
        loss,
        metrics=logit_trace.traces(loss) if training.trace_logits else None,
        # XLA on a CPU takes twice as long.
        jit_compile=False,
    )
    if training.layer_decay < 1:
        optimizers.scale_steps(
            fitted.optimizer,
            body_layers.shares_of_rate(model, training.layer_decay),
        )
    fitted.optimizer.build(fitted.trainable_variables)
    return fitted


def _train_head(settings, recordings, watched, weights, run, recipe):
    """Trains what follows a frozen body, on vectors that are computed once."""
    begin = time.monotonic()
    with precision(settings.training.precision):
        model = recipe.build(recordings, True)
        progress = frozen_body.train(
            model,
            recipe.head(model),
            recipe.loss(weights),
            settings,
            recordings,
            watched,
            run,
        )
    return training_result.Trained.of(model, progress, time.monotonic() - begin)


def build(
    settings: baseline_config.BaselineConfig,
    train: manifests.Manifest,
    *,
    pretrained: bool = True,
) -> keras.Model:
    """Builds the tagger; its random weights are drawn from the seed.

    Args:
        settings: all of the experiment.
        train: its vocabulary and labels decide the outputs and their prior.
        pretrained: copy the weights that `init_from` names.
    """
    # Keras draws from it what weights and dropout begin with. Its own seeding
    # also has TensorFlow forget every kernel that it has prepared.
    random.seed(settings.seed)
    prior = None
    if settings.training.tag_prior:
        # One recording with and one without: no tag is certain.
        prior = (train.labels().sum(0) + 1.0) / (len(train.tracks) + 2.0)
    if settings.init_from.startswith(hub.PREFIX):
        return audio_module.hub_tagger(
            settings.init_from,
            settings.audio,
            len(train.vocabulary),
            prior,
            settings.model.dropout,
        )
    model = tagger.Tagger(
        train.vocabulary.names, settings.audio, settings.model, prior
    )
    if settings.init_from and pretrained:
        transfer.take_over(
            model, settings.init_from, train.vocabulary, settings.audio
        )
    if settings.freeze:
        body_layers.freeze(model)
    return model


def make_loss(name: str, weights: np.ndarray | None) -> keras.losses.Loss:
    """The loss of a name; `weights` float `[tags]` for one that takes them."""
    tables.check("loss", name, classification.LOSSES)
    loss = classification.LOSSES[name]
    return loss() if weights is None else loss(weights)


def shuffled_labels(
    manifest: manifests.Manifest, seed: int
) -> manifests.Manifest:
    """Shuffles the tag lists among the recordings.

    A model trained on them must not beat chance on held-out recordings.
    """
    order = np.random.default_rng(seed).permutation(len(manifest.tracks))
    return dataclasses.replace(
        manifest,
        tracks=manifests.Tracks.of(
            dataclasses.replace(track, tags=manifest.tracks[other].tags)
            for track, other in zip(manifest.tracks, order, strict=True)
        ),
    )


def _parts(settings, train, validation):
    """The recordings to learn from, and those that are scored, by name."""
    if validation is None and settings.training.patience:
        _log.info("without validation, `patience` has no effect")
    if validation is not None and not validation.labels().any():
        raise ValueError(
            "Validation recordings must carry tags, or no epoch is the best "
            f"one. Received: {len(validation.tracks)} recordings without"
        )
    held = None
    if settings.shuffle_labels:
        train = shuffled_labels(train, settings.seed)
    if settings.training.tag_weights == "adaptive":
        is_held = tag_weights.held_out(
            train.tracks.texts("artist"),
            train.labels(),
            settings.seed,
            train.tracks.texts("audio_hash"),
        )
        train, held = (
            train.subset(np.flatnonzero(rows)) for rows in (~is_held, is_held)
        )
    sample = run_recordings.sample(train, settings.seed)
    watched = {"train": sample, "validation": validation, "held": held}
    return train, {k: part for k, part in watched.items() if part is not None}


def _first_weights(choice, manifest):
    match choice:
        case "none":
            return None
        case "frequency":
            return tag_weights.by_frequency(manifest.labels())
        case "adaptive":
            return np.ones(len(manifest.vocabulary), np.float32)
        case path:
            return tag_weights.from_file(path, manifest.vocabulary)


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
    """Gives layers made inside this precision; float32 without a GPU."""
    if name != "float32" and not tf.config.list_physical_devices("GPU"):
        _warn_of_no_gpu(name)
        name = "float32"
    with precision_lib.policy(name):
        yield


@functools.cache
def _warn_of_no_gpu(name: str) -> None:
    """Once a process: every fold and every draw trains anew."""
    _log.warning(
        "No GPU: training in float32. %s would take 5 to 25 times as long "
        "on a CPU.",
        name,
    )
