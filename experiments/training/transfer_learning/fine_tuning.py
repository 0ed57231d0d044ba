"""Fine-tuning: a head first, then the body under it too.

A head of random weights would send the body's layers anywhere before it knows
a tag. So it is trained first, on vectors that are computed once, and the body
learns from there: with both as they are, nothing is lost at the first step
(Kumar et al., 2022, https://arxiv.org/abs/2202.10054).
"""

import dataclasses

import keras

from experiments.runs import run_folder, training_result
from experiments.settings import baseline_config, fine_tuning_config
from experiments.training import tagger_training
from experiments.training.transfer_learning import body_layers, transfer
from pipelines import manifest as manifests

# Of the head's own training, in the run's folder.
FOLDER = "head"


def train_tagger(
    settings: baseline_config.BaselineConfig,
    train: manifests.Manifest,
    validation: manifests.Manifest | None,
    run: run_folder.RunDir,
) -> training_result.Trained:
    """Trains a head on a body that stays, then both together.

    Args:
        settings: of the experiment, with `fine_tune_epochs`.
        train: recordings to learn from.
        validation: recordings that choose the best epoch of each; None keeps
            the last.
        run: gets the files of the fine-tuning, and in its `head/` those of
            the head's training. An interrupted run trains the head again, and
            goes on where the fine-tuning was.

    Returns:
        The tagger; history and epoch are of the fine-tuning, seconds and lost
        recordings of both.
    """
    head = tagger_training.train_tagger(
        of_head(settings),
        train,
        validation,
        run_folder.RunDir(run.path, "", FOLDER),
    )
    tuned = of_body(settings)

    def build(recordings: manifests.Manifest, is_new: bool) -> keras.Model:
        model = tagger_training.build(tuned, recordings)
        body_layers.thaw(model, settings.fine_tuning.fine_tune_layers)
        if is_new:
            model.set_weights(head.model.get_weights())
        return model

    trained = tagger_training.train_model(
        tuned,
        train,
        validation,
        run,
        tagger_training.Recipe(
            build=build,
            fitted=transfer.training_model,
            loss=lambda weights: tagger_training.make_loss(
                settings.training.loss, weights
            ),
        ),
    )
    # Of whole clips.
    model = tagger_training.build(settings, train, pretrained=False)
    model.set_weights(trained.model.get_weights())
    return dataclasses.replace(
        trained,
        model=model,
        seconds=head.seconds + trained.seconds,
        lost=head.lost | trained.lost,
    )


def of_head(
    settings: baseline_config.BaselineConfig,
) -> baseline_config.BaselineConfig:
    """The settings of the head's training.

    What needs the waveforms of every epoch is for the fine-tuning alone.
    """
    return dataclasses.replace(
        settings,
        average_with="",
        fine_tuning=fine_tuning_config.FineTuningConfig(),
        training=dataclasses.replace(
            settings.training,
            layer_decay=1.0,
            average_decay=0.0,
            trace_logits=False,
        ),
        augmentation=dataclasses.replace(
            settings.augmentation, mel_masks=0, time_masks=0
        ),
    )


def of_body(
    settings: baseline_config.BaselineConfig,
) -> baseline_config.BaselineConfig:
    """The settings of the training that follows.

    A step sees one patch of each recording, where the body has patches: as
    many recordings as a whole clip would cost. What is mixed in pairs are the
    head's vectors, not the waveforms.
    """
    fine, body, spec = (
        settings.fine_tuning,
        settings.model.backbone,
        settings.audio,
    )
    if body.patch_frames:
        samples = (body.patch_frames - 1) * spec.hop_samples
        seconds = samples / spec.sample_rate_hz
        body = dataclasses.replace(body, patch_frames=0)
        spec = dataclasses.replace(
            spec, clip_seconds=seconds, clip_step_seconds=None
        )
    return dataclasses.replace(
        settings,
        average_with="",
        audio=spec,
        model=dataclasses.replace(settings.model, backbone=body),
        training=dataclasses.replace(
            settings.training,
            epochs=fine.fine_tune_epochs,
            batch_size=fine.fine_tune_batch_size,
            learning_rate=fine.fine_tune_learning_rate,
        ),
        augmentation=dataclasses.replace(
            settings.augmentation, mixup_alpha=0.0
        ),
    )
