"""Scores of whole recordings, and the figures made from them."""

import dataclasses
import io
from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from experiments.runs import run_folder
from pipelines import manifest as manifests
from pipelines.reading import slice_reader, tf_data
from tftag import audio, metrics
from tftag.metrics import calibration
from tftag.storage import atomic_write

CROSS_FIT_FOLDS = 5
TITLES = {
    "map": "MAP",
    "roc_auc": "ROC-AUC",
    "p_at_10": "P@10 of tags",
    "recording_p_at_10": "P@10 of tracks",
    "r_precision": "R-precision",
}


@dataclasses.dataclass(frozen=True)
class Report:
    """The final figures of a model on labelled recordings.

    Attributes:
        summary: the figures of `metrics.summarize`; those at a threshold, as
            `at_threshold`; and what was scored, as `evaluated_on`.
        table: one dict per tag.
    """

    summary: dict
    table: list[dict]


@dataclasses.dataclass(frozen=True, eq=False)
class ClipVectors:
    """A model's outputs for the clips of some recordings.

    Attributes:
        vectors: float32 `[clips, dim]`, of evenly spaced clips.
        rows: int64 `[clips]`, the recording of each clip.
    """

    vectors: np.ndarray
    rows: np.ndarray

    def means(self) -> np.ndarray:
        """The mean vector of each recording, float32 `[recordings, dim]`.

        It is 0 for a recording without clips, one that could not be read;
        those behind the last that has clips are not there.
        """
        totals = np.zeros((self.rows.max() + 1, self.vectors.shape[1]))
        np.add.at(totals, self.rows, self.vectors)
        counts = np.maximum(np.bincount(self.rows), 1)
        return (totals / counts[:, np.newaxis]).astype(np.float32)


def check_scored(
    validation: manifests.Manifest | None, test: manifests.Manifest | None
) -> None:
    """Refuses, before training, recordings that give no figures.

    Raises:
        ValueError: too few of a split carry a tag.
    """
    # Where there is no test, thresholds are fitted on one part of the
    # validation and scored on another.
    needed = {"validation": 1 if test is not None else 2, "test": 1}
    for name, part in (("validation", validation), ("test", test)):
        carrying = 0 if part is None else int(part.labels().any(axis=1).sum())
        if part is not None and carrying < needed[name]:
            raise ValueError(
                f"At least {needed[name]} of the {name} recordings must carry "
                "a tag of the model, or there are no figures: prepare more, "
                "or train without any (--train-on all). Received: "
                f"{carrying} of {len(part.tracks)}"
            )


def score_manifest(
    model: keras.Model,
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
    batch_size: int,
) -> np.ndarray:
    """Scores every recording of a manifest from end to end.

    Args:
        model: waveform and peak -> logits `[batch, tags]`.
        manifest: the recordings.
        spec: of the clips.
        batch_size: clips at a time.

    Returns:
        Probabilities, float32 `[tracks, tags]`: the mean over evenly spaced
        clips of the sigmoid of the logits.
    """
    return _mean_over_clips(_probabilities, model, manifest, spec, batch_size)


def output_means(
    model: keras.Model,
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
    batch_size: int,
) -> np.ndarray:
    """The mean of a model's outputs over a recording's clips.

    The arguments are those of `score_manifest`.

    Returns:
        float32 `[tracks, dim]`.
    """
    return _mean_over_clips(_outputs, model, manifest, spec, batch_size)


def clip_vectors(
    model: keras.Model,
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
    batch_size: int,
) -> ClipVectors:
    """A model's outputs for every clip of every recording.

    The arguments are those of `score_manifest`.
    """
    batches = list(_each_batch(_outputs, model, manifest, spec, batch_size))
    rows, outputs = zip(*batches, strict=True)
    return ClipVectors(np.concatenate(outputs), np.concatenate(rows))


def _mean_over_clips(compute, model, manifest, spec, batch_size):
    totals = np.zeros((len(manifest.tracks), 1))
    counts = np.zeros(len(manifest.tracks))
    for rows, found in _each_batch(compute, model, manifest, spec, batch_size):
        if totals.shape[1] != found.shape[1]:
            totals = np.zeros((len(manifest.tracks), found.shape[1]))
        np.add.at(totals, rows, found.astype(np.float64))
        np.add.at(counts, rows, 1.0)
    return (totals / counts[:, None]).astype(np.float32)


def _each_batch(compute, model, manifest, spec, batch_size):
    """Yields the rows of some clips, and what a model makes of these clips."""
    reader = slice_reader.SliceReader(manifest, spec.clip_samples)
    clips = tf_data.evaluation_dataset(
        manifest, spec, reader, batch_size=batch_size
    )
    with reader.plain_errors():
        for batch in clips:
            rows = batch.pop("row").numpy()
            yield rows, compute(model, batch).numpy()


@tf.function(reduce_retracing=True, autograph=False)
def _probabilities(model, batch):
    # Traced once per model and kept as long as the model lives.
    return tf.sigmoid(tf.cast(model(batch, training=False), tf.float32))


@tf.function(reduce_retracing=True, autograph=False)
def _outputs(model, batch):
    return tf.cast(model(batch, training=False), tf.float32)


def quick(truth: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Exact means over the tags, without intervals, for the end of an epoch.

    Args:
        truth: `[n, tags]`.
        scores: `[n, tags]`.

    Returns:
        `map`, `roc_auc` and `p_at_10`; NaN if no tag has a positive.
    """
    judged = np.asarray(truth).any(axis=0)
    return {
        "map": _mean(metrics.average_precision(truth, scores)),
        "roc_auc": _mean(metrics.roc_auc(truth, scores)),
        "p_at_10": _mean(metrics.precision_at(truth, scores)[judged]),
    }


def readable(
    manifest: manifests.Manifest, lost: dict[str, str]
) -> manifests.Manifest:
    """The manifest without the tracks whose path is in `lost`."""
    kept = [path not in lost for path in manifest.tracks.texts("path")]
    return manifest.subset(np.flatnonzero(kept))


def cross_entropy(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean binary cross-entropy of probabilities, in nats per tag.

    Args:
        truth: `[n, tags]`.
        scores: `[n, tags]`, probabilities.
    """
    scores = np.clip(np.asarray(scores, np.float64), 1e-7, 1 - 1e-7)
    wrong = np.where(np.asarray(truth) > 0, scores, 1 - scores)
    return float(-np.log(wrong).mean())


def report(
    truth: np.ndarray,
    scores: np.ndarray,
    names: tuple[str, ...],
    fitted: calibration.Calibration | None,
    evaluated_on: str,
) -> Report:
    """Every figure of a model on one labelled set.

    Args:
        truth: `[n, tags]`.
        scores: `[n, tags]`, uncalibrated probabilities.
        names: of the tags.
        fitted: calibration of the model; None cross-fits one here, so that no
            recording is judged by thresholds that it helped to set.
        evaluated_on: what was scored, for `summary`.
    """
    if fitted is None:
        folds = min(CROSS_FIT_FOLDS, len(truth))
        how = f"cross-fitted in {folds} parts of the same set"
        decisions: np.ndarray
        _, decisions = calibration.cross_fitted(truth, scores, folds=folds)
    else:
        how = "those that travel with the model"
        decisions = fitted.decide(scores)
    table = metrics.per_tag_table(truth, scores, names, decisions=decisions)
    if fitted is not None:
        for row, threshold in zip(table, fitted.thresholds, strict=True):
            row["threshold"] = float(threshold)
    summary = {
        "evaluated_on": evaluated_on,
        **metrics.summarize(truth, scores),
        "at_threshold": {
            "thresholds": how,
            **_decided(np.asarray(truth) > 0, np.asarray(decisions)),
        },
    }
    return Report(summary, table)


def figures_table(summary: dict) -> str:
    """The figures of `metrics.summarize` for the screen, one per line."""
    lines = [
        f"{'':18}{'value':>7}   {'95 % interval':<17}{'chance':>6}{'best':>7}"
    ]
    for key, title in TITLES.items():
        figure = summary[key]
        low, high = figure["ci95"]
        lines.append(
            f"{title:18}{figure['value']:7.3f}   "
            f"{f'{low:.3f} to {high:.3f}':<17}{figure['chance']:6.3f}"
            # Fewer than 10 positives keep P@10 below 1.
            f"{figure.get('ceiling', 1.0):7.3f}"
        )
    left_out = len(summary["tags_left_out"])
    if left_out:
        lines.append(
            f"over {summary['tags_counted']} tags; {left_out} without a "
            "positive left out"
        )
    return "\n".join(lines)


def write_scores(
    run: run_folder.RunDir,
    manifest: manifests.Manifest,
    names: Sequence[str],
    truth: npt.ArrayLike,
    scores: npt.NDArray[np.floating],
) -> None:
    """Writes scores.npz, from which all figures can be computed again."""
    content = io.BytesIO()
    np.savez_compressed(
        content,
        track_ids=np.array(manifest.tracks.texts("track_id")),
        tags=np.array(names),
        truth=np.asarray(truth) > 0,
        scores=scores,
    )
    atomic_write.write(run.path / "scores.npz", content.getvalue())


def _decided(truth: np.ndarray, decisions: np.ndarray) -> dict:
    """Precision, recall, F1 and accuracy over all decisions."""
    hits = (truth & decisions).sum(0)
    given, count = decisions.sum(0), truth.sum(0)
    f1 = 2 * hits / np.maximum(given + count, 1)
    return {
        "precision": _share(hits.sum(), given.sum()),
        "recall": _share(hits.sum(), count.sum()),
        "f1": _share(2 * hits.sum(), given.sum() + count.sum()),
        "macro_f1": _mean(f1[count > 0]),
        "accuracy": float((truth == decisions).mean()),
        "tags_per_recording": float(decisions.sum(1).mean()),
    }


def _share(part, whole) -> float:
    return float(part / whole) if whole else float("nan")


def _mean(values: np.ndarray) -> float:
    values = np.asarray(values, np.float64)
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
