"""Taggers that are trained separately and averaged into one.

The tagger of the settings is trained first; then that of every preset that
`average_with` names, each in a folder of its own within the run. The result is
one model.
"""

import dataclasses

import numpy as np

from experiments.runs import run_folder, training_result
from experiments.scoring import evaluation
from experiments.settings import baseline_config, flags
from experiments.training import tagger_training
from experiments.training.transfer_learning import fine_tuning, frozen_body
from experiments.training.workers import group
from pipelines import manifest as manifests
from tftag.models import averaged_tagger, clip_model
from tftag.storage import plain_json

FOLDER = "averaged_with"


def train_tagger(
    settings: baseline_config.BaselineConfig,
    train: manifests.Manifest,
    validation: manifests.Manifest | None,
    run: run_folder.RunDir | None,
    workers: group.Workers = group.ALONE,
) -> training_result.Trained:
    """Trains a tagger, and the networks it is to be averaged with.

    Args:
        settings: all of the experiment.
        train: recordings to learn from.
        validation: recordings that choose the best epoch of each; None keeps
            the last.
        run: gets the files of the training; those of the other networks are
            in its `averaged_with/<preset>`.
        workers: those that train it together.

    Returns:
        The tagger, or the average. History and epoch are the tagger's own;
        seconds and lost recordings are of all networks.

    Raises:
        ValueError: an average is asked of several workers, a network has too
            few recordings, or as `tagger_training.train_tagger`.
    """
    is_tuned = settings.fine_tuning.fine_tune_epochs > 0
    if not settings.average_with and not is_tuned:
        return tagger_training.train_tagger(
            settings, train, validation, run, workers
        )
    if run is None or workers.strategy is not None:
        raise ValueError(
            "--strategy trains one network: set --average-with '' and "
            f"--fine-tune-epochs 0. Received: {settings.average_with!r} and "
            f"{settings.fine_tuning.fine_tune_epochs}"
        )
    networks = settings.averaged_networks()
    _check_batches(networks, len(train.tracks))
    one = fine_tuning if is_tuned else tagger_training
    own = one.train_tagger(settings, train, validation, run)
    if not networks:
        return own
    others = []
    for name, beside in networks.items():
        folder = run_folder.RunDir(run.path, FOLDER, name)
        folder.write_json("config.json", plain_json.plain(flags.leaves(beside)))
        others.append(
            tagger_training.train_tagger(beside, train, validation, folder)
        )
    share = settings.average_share
    return dataclasses.replace(
        own,
        model=averaged_tagger.AveragedTagger(
            [own.model, *(other.model for other in others)],
            [1 - share * len(others), *[share] * len(others)],
            name="tagger",
        ),
        seconds=own.seconds + sum(other.seconds for other in others),
        lost={
            path: why
            for trained in (own, *others)
            for path, why in trained.lost.items()
        },
    )


def _check_batches(networks, recordings):
    """Refuses, before any is trained, networks that have no batch."""
    for name, network in networks.items():
        batch_size = network.clips_at_once
        if not network.is_on_cached_vectors and recordings < batch_size:
            raise ValueError(
                f"`average_with` {name!r} needs {batch_size} recordings to "
                "learn from: bring more, or set --average-with ''. "
                f"Received: {recordings}"
            )


def score(
    settings: baseline_config.BaselineConfig,
    model: clip_model.ClipModel,
    manifest: manifests.Manifest,
) -> np.ndarray:
    """Scores whole recordings, from cached vectors where there are any.

    Args:
        settings: of the experiment.
        model: what `train_tagger` trained.
        manifest: the recordings; all must be readable.

    Returns:
        Probabilities, float32 `[recordings, tags]`, the same as those of
        `evaluation.score_manifest`.
    """
    parts: tuple[clip_model.ClipModel, ...] = (model,)
    shares: tuple[float, ...] = (1.0,)
    if isinstance(model, averaged_tagger.AveragedTagger):
        parts, shares = model.parts, model.shares
    networks = (settings, *settings.averaged_networks().values())
    found = [
        _clip_logits(network, part, manifest, settings.audio)
        for network, part in zip(networks, parts, strict=True)
    ]
    mean = sum(
        share * clips.vectors
        for share, clips in zip(shares, found, strict=True)
    )
    return frozen_body.probabilities(
        evaluation.ClipVectors(mean, found[0].rows)
    )


def _clip_logits(network, part, manifest, spec):
    """Logits of every clip by one tagger; all see the same clips."""
    if network.is_on_cached_vectors:
        return frozen_body.clip_logits(part, manifest, network)
    return evaluation.clip_vectors(part, manifest, spec, network.clips_at_once)


def card(settings: baseline_config.BaselineConfig) -> dict:
    """The settings of the averaged networks, for the model card."""
    networks = {
        name: plain_json.plain(flags.leaves(network))
        for name, network in settings.averaged_networks().items()
    }
    return {FOLDER: networks} if networks else {}
