"""Taggers that are trained apart and averaged into one.

A tagger is trained as its settings say; with `average_with`, a network from
random weights is too, as the preset of that name says, in a folder of its own
within the run. What comes of it is one model.
"""

import dataclasses

import numpy as np

from experiments.runs import run_folder
from experiments.scoring import evaluation
from experiments.settings import baseline_config, flags
from experiments.training import tagger_training
from experiments.training.transfer_learning import cached_clips, frozen_body
from experiments.training.workers import group
from pipelines import manifest as manifests
from pipelines.reading import slice_reader
from tftag.files import plain_json
from tftag.models import averaged_tagger, clip_model

FOLDER = "averaged_with"


def train_tagger(
    settings: baseline_config.BaselineConfig,
    train: manifests.Manifest,
    validation: manifests.Manifest | None,
    run: run_folder.RunDir | None,
    workers: group.Workers = group.ALONE,
) -> tagger_training.Trained:
    """Trains a tagger, and another one beside it where they are averaged.

    Args:
        settings: all of the experiment.
        train: recordings to learn from.
        validation: recordings that choose the best epoch of each; None keeps
            the last.
        run: gets the files of the training; that of the other network goes on
            in `averaged_with/<preset>` inside.
        workers: those that train it together.

    Returns:
        The tagger, or the average; history and epoch are those of the former,
        seconds and lost recordings of both.

    Raises:
        ValueError: several workers are to average, or as
            `tagger_training.train_tagger`.
    """
    if not settings.average_with:
        return tagger_training.train_tagger(
            settings, train, validation, run, workers
        )
    if run is None or workers.strategy is not None:
        raise ValueError(
            "--strategy trains one network: set --average-with '' . "
            f"Received: average_with={settings.average_with!r}"
        )
    own = tagger_training.train_tagger(settings, train, validation, run)
    beside = settings.averaged_network()
    folder = run_folder.RunDir(run.path, FOLDER, settings.average_with)
    folder.write_json("config.json", plain_json.plain(flags.leaves(beside)))
    other = tagger_training.train_tagger(beside, train, validation, folder)
    share = settings.average_share
    return dataclasses.replace(
        own,
        model=averaged_tagger.AveragedTagger(
            [own.model, other.model], [1 - share, share], name="tagger"
        ),
        seconds=own.seconds + other.seconds,
        lost={**own.lost, **other.lost},
    )


def score(
    settings: baseline_config.BaselineConfig,
    model: clip_model.ClipModel,
    manifest: manifests.Manifest,
) -> np.ndarray:
    """Probabilities of whole recordings, from cached vectors where they are.

    Args:
        settings: of the experiment.
        model: what `train_tagger` trained.
        manifest: the recordings; all must be readable.

    Returns:
        What `evaluation.score_manifest` says, float32 `[recordings, tags]`.
    """
    batch_size = settings.training.batch_size
    reader = slice_reader.SliceReader(manifest, settings.audio.clip_samples)
    of_clips = (manifest, settings.audio, reader, batch_size)
    if not settings.is_on_cached_vectors:
        return evaluation.score_manifest(model, *of_clips)
    if not isinstance(model, averaged_tagger.AveragedTagger):
        return frozen_body.score(model, manifest, settings)
    own, other = model.parts
    logits = frozen_body.clip_logits(own, manifest, settings)
    beside, _ = evaluation.clip_outputs(other, *of_clips)
    share, share_beside = model.shares
    return frozen_body.probabilities(
        cached_clips.ClipVectors(
            share * logits.vectors + share_beside * beside, logits.rows
        )
    )


def card(settings: baseline_config.BaselineConfig) -> dict:
    """What a model card says of the network that was averaged in."""
    if not settings.average_with:
        return {}
    leaves = flags.leaves(settings.averaged_network())
    return {FOLDER: plain_json.plain(leaves)}
