"""Training of a dual encoder, and what it says of recordings and tags."""

import dataclasses
import random
import time
from collections.abc import Collection

import keras
import numpy as np

from experiments.runs import run_folder, training_result
from experiments.scoring import evaluation
from experiments.settings import (
    baseline_config,
    dual_encoder_config,
    pretrained,
)
from experiments.training import tagger_training
from experiments.training.transfer_learning import (
    body_layers,
    cached_clips,
    transfer,
    vector_cache,
)
from experiments.training.workers import group
from pipelines import manifest as manifests
from tftag import words
from tftag.losses import contrastive, negatives
from tftag.models import (
    clip_model,
    dual_encoder,
    hidden_layer,
    named_outputs,
    tagger,
)
from tftag.pretrained import published_taggers
from tftag.words import unit_vectors
from tftag.zero_shot import leaks


def tag_vectors(
    names: tuple[str, ...], vectors: words.WordVectors
) -> np.ndarray:
    """Word vectors of tags that all have one.

    Args:
        names: of the tags.
        vectors: where to look them up.

    Returns:
        float32 `[tags, word_dim]`, unit length.

    Raises:
        ValueError: no word of a tag has a vector; names it, and the nearest
            spelling that has one.
    """
    found, known_share = vectors.embed(names)
    lacking = {
        name: vectors.nearest(name)
        for name, share in zip(names, known_share, strict=True)
        if share == 0
    }
    if lacking:
        said = ", ".join(
            f"{name!r}" + (f" (nearest: {near!r})" if near else "")
            for name, near in lacking.items()
        )
        raise ValueError(
            "Every tag needs a word that has a vector: rename or leave out "
            f"those without, or choose other --words. Received: {said} in "
            f"{vectors.source}"
        )
    return found


def model_config(
    settings: dual_encoder_config.DualConfig,
) -> dual_encoder.DualEncoderConfig:
    """The network of the settings; some losses take plain cosines."""
    loss = contrastive.LOSSES[settings.training.loss]
    if not getattr(loss, "on_cosines", False):
        return settings.model
    return dataclasses.replace(
        settings.model, initial_scale=1.0, initial_bias=0.0, learned_scale=False
    )


def make_loss(settings: dual_encoder_config.DualConfig) -> keras.losses.Loss:
    """The contrastive loss of the settings."""
    loss = contrastive.LOSSES[settings.training.loss]
    if contrastive.draws_negatives(loss):
        return loss(negatives.SAMPLINGS[settings.negatives])
    return loss()


def train(
    settings: dual_encoder_config.DualConfig,
    recordings: manifests.Manifest,
    validation: manifests.Manifest | None,
    vectors: words.WordVectors,
    run: run_folder.RunDir | None,
    workers: group.Workers = group.ALONE,
    unseen: Collection[str] = (),
) -> training_result.Trained:
    """Trains a dual encoder, or goes on where the run was interrupted.

    With `body` tagger or outputs, `<run>/tagger` is the run of that tagger.

    Args:
        settings: all of the experiment.
        recordings: to learn from; their vocabulary is the seen tags.
        validation: to choose the best epoch by, of the same vocabulary.
        vectors: of the words.
        run: gets the checkpoints, history.csv and TensorBoard's scalars;
            None for workers that are not the chief.
        workers: those that train it together; on a tagger's body, the chief
            alone fits the towers.
        unseen: tags that published outputs must not name, with `body`
            outputs.

    Returns:
        The trained model, which answers with logits of the seen tags; for
        workers that are not the chief, what they have of it.
    """
    if settings.body != "own":
        tagger_run = run and run_folder.RunDir(run.path, "", "tagger")
        trained = tagger_training.train_tagger(
            tagger_settings(settings),
            recordings,
            validation,
            tagger_run,
            workers,
        )
        if not workers.is_chief:
            return trained
        return on_tagger(settings, trained, recordings, vectors, unseen)
    names = recordings.vocabulary.names
    seen_vectors = tag_vectors(names, vectors)
    recipe = tagger_training.Recipe(
        build=lambda part, take_body: build(
            settings, names, seen_vectors, take_body=take_body
        ),
        fitted=dual_encoder.masked,
        loss=lambda weights: make_loss(settings),
        head=dual_encoder.heads,
    )
    return tagger_training.train_model(
        settings, recordings, validation, run, recipe, workers
    )


def tagger_settings(
    settings: dual_encoder_config.DualConfig,
) -> baseline_config.BaselineConfig:
    """A tagger of the same signal, body and schedule."""
    return baseline_config.BaselineConfig(
        data=settings.data,
        preset=settings.preset,
        name=settings.name,
        seed=settings.seed,
        train_on=settings.train_on,
        init_from=settings.init_from,
        freeze=settings.freeze,
        shuffle_labels=settings.shuffle_labels,
        audio=settings.audio,
        model=tagger.TaggerConfig(
            backbone=settings.model.backbone,
            **{
                name: getattr(settings.model, name)
                for name in hidden_layer.SETTINGS
            },
        ),
        training=dataclasses.replace(
            settings.training, loss="bce", tag_prior=True
        ),
        augmentation=settings.augmentation,
    )


def on_tagger(
    settings: dual_encoder_config.DualConfig,
    trained: training_result.Trained,
    recordings: manifests.Manifest,
    vectors: words.WordVectors,
    unseen: Collection[str] = (),
) -> training_result.Trained:
    """Puts a dual encoder on the fixed body of a trained tagger.

    Args:
        settings: all of the experiment.
        trained: the tagger.
        recordings: that it was trained on.
        vectors: of the words.
        unseen: as for `train`.

    Returns:
        The same with the dual encoder as its model.
    """
    begin = time.monotonic()
    recordings = learnt_from(settings, trained, recordings)
    clips = clip_vectors(settings, trained.model, recordings)
    names = recordings.vocabulary.names
    if settings.body == "outputs":
        said = (clips, names, vectors, unseen)
        model = by_outputs(settings, trained.model, *said)
    else:
        model = fit_heads(
            settings,
            trained.model,
            clips,
            recordings.labels(),
            names,
            vectors,
        )
    seconds = trained.seconds + time.monotonic() - begin
    return dataclasses.replace(trained, model=model, seconds=seconds)


def fit_heads(
    settings: dual_encoder_config.DualConfig,
    body: clip_model.ClipModel,
    clips: evaluation.ClipVectors,
    labels: np.ndarray,
    names: tuple[str, ...],
    vectors: words.WordVectors,
) -> keras.Model:
    """Fits the towers behind a body that stays as it is.

    Args:
        settings: all of the experiment.
        body: a tagger.
        clips: what its backbone makes of the training recordings.
        labels: of these, float32 `[recordings, tags]`.
        names: of the tags.
        vectors: of the words.

    Returns:
        The dual encoder.
    """
    model = build(settings, names, tag_vectors(names, vectors))
    transfer.copy_body(model, body)
    cached_clips.train_heads(
        model, clips, labels, settings, make_loss(settings)
    )
    return model


def by_outputs(
    settings: dual_encoder_config.DualConfig,
    body: clip_model.ClipModel,
    clips: evaluation.ClipVectors,
    names: tuple[str, ...],
    vectors: words.WordVectors,
    unseen: Collection[str],
) -> keras.Model:
    """Makes a dual encoder of outputs: a tagger's, and those of `init_from`.

    Args:
        settings: all of the experiment.
        body: the tagger.
        clips: what its backbone makes of the training recordings.
        names: of its tags.
        vectors: of the words.
        unseen: as for `train`.

    Returns:
        The dual encoder; nothing of it is trained.
    """
    members = pretrained.networks(settings.init_from)
    others = [tag for each in members for tag in each.tags]
    known = vectors.embed(others)[1] > 0 if others else ()
    is_unseen = leaks.named_like(others, unseen)
    kept = [at for at in range(len(others)) if known[at] and not is_unseen[at]]
    asked = (*names, *(others[at] for at in kept))
    found = tag_vectors(asked, vectors)
    model = build(settings, names, found[: len(names)], outputs=len(asked))
    transfer.copy_body(model, body)
    kernel, bias = published_taggers.logits(
        body.backbone.output.shape[-1],
        [published_taggers.read(each.name) for each in members],
    )
    cached_clips.fill_outputs(
        model, body, clips, (kernel[:, kept], bias[kept]), found
    )
    return model


def learnt_from(
    settings: dual_encoder_config.DualConfig,
    trained: training_result.Trained,
    recordings: manifests.Manifest,
) -> manifests.Manifest:
    """The recordings that a tagger could read, with the labels it was given.

    Args:
        settings: of the experiment; with `shuffle_labels`, labels are dealt
            out as they were for the tagger.
        trained: the tagger.
        recordings: that it was trained on.
    """
    if settings.shuffle_labels:
        recordings = tagger_training.shuffled_labels(recordings, settings.seed)
    return evaluation.readable(recordings, trained.lost)


def build(
    settings: dual_encoder_config.DualConfig,
    names: tuple[str, ...],
    seen_vectors: np.ndarray,
    *,
    take_body: bool = True,
    outputs: int = 0,
) -> dual_encoder.DualEncoder:
    """Builds the dual encoder; its random weights are drawn from the seed.

    Args:
        settings: all of the experiment.
        names: of the seen tags.
        seen_vectors: their word vectors `[tags, word_dim]`.
        take_body: take over the body that `init_from` names.
        outputs: of taggers, of which all words are asked; 0 where towers are
            trained.
    """
    # As in `tagger_training.build`.
    random.seed(settings.seed)
    config = model_config(settings)
    if outputs:
        config = dataclasses.replace(
            config,
            joint=True,
            dim=outputs + 1,
            text_units=named_outputs.text_units(outputs),
        )
    model = dual_encoder.DualEncoder(
        names, seen_vectors, settings.audio, config
    )
    if settings.init_from and take_body:
        transfer.take_over_body(model, settings.init_from, settings.audio)
    if settings.freeze:
        body_layers.freeze(model)
    return model


def embed_recordings(
    model: dual_encoder.DualEncoder,
    manifest: manifests.Manifest,
    settings: dual_encoder_config.DualConfig,
) -> np.ndarray:
    """Vectors of whole recordings, float32 `[tracks, dim]`, unit length.

    The mean of the unit vectors of evenly spaced clips, made unit length.
    """
    if settings.is_on_cached_vectors:
        return cached_clips.embed(
            model, clip_vectors(settings, model, manifest)
        )
    means = evaluation.output_means(
        model.audio_tower,
        manifest,
        settings.audio,
        settings.training.batch_size,
    )
    return unit_vectors.unit(means, "embeddings").astype(np.float32)


def clip_vectors(
    settings: dual_encoder_config.DualConfig,
    model: clip_model.ClipModel,
    recordings: manifests.Manifest,
) -> evaluation.ClipVectors:
    """What a body makes of all clips; those of a body that stays are kept."""
    if settings.is_on_cached_vectors:
        return vector_cache.all_clip_vectors(model, recordings, settings.audio)
    return evaluation.clip_vectors(
        *(model.body(), recordings, settings.audio),
        settings.training.batch_size,
    )


def embed_tags(
    model: dual_encoder.DualEncoder,
    names: tuple[str, ...],
    vectors: words.WordVectors,
) -> np.ndarray:
    """Vectors of tags, seen or not, float32 `[tags, dim]`, unit length."""
    return np.asarray(
        model.text_tower.predict(tag_vectors(names, vectors), verbose=0),
        np.float32,
    )
