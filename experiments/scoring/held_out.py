"""Evaluation of a trained model: scores, figures and a calibration."""

import dataclasses
import functools

import keras
import numpy as np

from experiments.recordings import run_recordings
from experiments.runs import training_result
from experiments.scoring import evaluation
from experiments.settings import dual_encoder_config
from pipelines import manifest as manifests
from tftag.metrics import calibration

ON_VALIDATION = "validation, also used for selection"
ON_TRAINING = "a sample of the training recordings: nothing was held out"


@dataclasses.dataclass(frozen=True)
class HeldOutResult:
    """A trained model's results on the best recordings available.

    Attributes:
        recordings: the recordings that were scored.
        scores: probabilities `[recordings, tags]`.
        report: figures of these.
        fitted: the calibration to export.
    """

    recordings: manifests.Manifest
    scores: np.ndarray
    report: evaluation.Report
    fitted: calibration.Calibration


def evaluate(
    settings: dual_encoder_config.Settings,
    trained: training_result.Trained,
    train: manifests.Manifest,
    validation: manifests.Manifest | None,
    test: manifests.Manifest | None,
) -> HeldOutResult:
    """Scores the test split or, without one, what comes nearest to it.

    Args:
        settings: of the run.
        trained: the model, and the recordings that it could not read.
        train: the recordings that it was trained on.
        validation: those that chose the epoch, or None.
        test: those that were not used for anything, or None.

    Returns:
        Figures of the test split; without one of the validation; without that
        of a sample of the training recordings. The label says which.
    """
    score = functools.partial(
        evaluation.score_manifest,
        trained.model,
        spec=settings.audio,
        batch_size=settings.training.batch_size,
    )
    names = train.vocabulary.names
    if validation is None:
        fitted = calibration.identity(len(names))
        readable = evaluation.readable(train, trained.lost)
        scored = run_recordings.sample(readable, settings.seed)
        scores, thresholds, label = score(scored), fitted, ON_TRAINING
    else:
        scored, scores = validation, score(validation)
        fitted = calibration.fit(validation.labels(), scores)
        thresholds, label = None, ON_VALIDATION
    if test is not None:
        scored, scores = test, score(test)
        thresholds, label = fitted, "test"
    report = evaluation.report(
        scored.labels(), scores, names, thresholds, label
    )
    return HeldOutResult(scored, scores, report, fitted)


def evaluate_again(
    settings: dual_encoder_config.Settings,
    model: keras.Model,
    result: HeldOutResult,
) -> evaluation.Report:
    """Figures of a changed model on the same recordings.

    Args:
        settings: of the run.
        model: waveform and peak -> logits `[batch, tags]`.
        result: what `evaluate` returned; its calibration is kept, but where
            that was fitted to these recordings: then one is cross-fitted again.
    """
    part = result.recordings
    evaluated_on = result.report.summary["evaluated_on"]
    scores = evaluation.score_manifest(
        model, part, settings.audio, settings.training.batch_size
    )
    return evaluation.report(
        part.labels(),
        scores,
        part.vocabulary.names,
        None if evaluated_on == ON_VALIDATION else result.fitted,
        evaluated_on,
    )
