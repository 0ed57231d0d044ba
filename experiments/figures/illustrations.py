"""The figures of a run, and what TensorBoard shows when it is done."""

import pathlib
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from experiments.figures import plots, tag_plots, tensorboard_log
from experiments.runs import run_folder, training_result
from experiments.scoring import evaluation, held_out
from experiments.settings import dual_encoder_config, flags
from pipelines import manifest as manifests
from pipelines.reading import slice_reader
from tftag import audio, layers
from tftag.models import front_end

RECORDINGS_SHOWN = 4
FIGURES_COMPARED = ("map", "roc_auc", "p_at_10", "recording_p_at_10")


def illustrate(
    run: run_folder.RunDir,
    settings: dual_encoder_config.Settings,
    trained: training_result.Trained,
    result: held_out.HeldOutResult,
) -> None:
    """Writes the table, scores, figures, and what TensorBoard shows."""
    report, scores, recordings = result.report, result.scores, result.recordings
    names, truth = recordings.vocabulary.names, recordings.labels()
    run.write_csv("per_tag.csv", report.table)
    evaluation.write_scores(run, recordings, names, truth, scores)
    drawn = draw(run, report, names, truth, scores, trained.history)
    show(run, settings, trained.best_epoch, result, drawn)


def show(
    run: run_folder.RunDir,
    settings: dual_encoder_config.Settings,
    step: int,
    result: held_out.HeldOutResult,
    drawn: Sequence[pathlib.Path],
) -> None:
    """Writes TensorBoard's figures, curves, sounds and settings.

    Args:
        run: gets them.
        settings: all of the experiment.
        step: the epoch of the model that gave the scores.
        result: what was scored.
        drawn: what `draw` returned.
    """
    recordings = result.recordings
    writer = tf.summary.create_file_writer(str(run.tensorboard))
    for path in drawn:
        tensorboard_log.picture(writer, step, f"figures/{path.stem}", path)
    tensorboard_log.pr_curves(
        *(writer, step, recordings.labels(), result.scores),
        recordings.vocabulary.names,
    )
    _show_recordings(writer, step, settings.audio, result)
    tensorboard_log.hparams(
        writer,
        flags.leaves(settings),
        {
            name: result.report.summary[name]["value"]
            for name in FIGURES_COMPARED
        },
        run.name,
    )
    writer.close()


def draw(
    run: run_folder.RunDir,
    report: evaluation.Report,
    names: tuple[str, ...],
    truth: np.ndarray,
    scores: np.ndarray,
    history: list[dict] | None = None,
) -> list[pathlib.Path]:
    """Writes the figures of scored recordings.

    Args:
        run: gets them.
        report: what was said of the scores.
        names: of the tags.
        truth: `[n, tags]`.
        scores: `[n, tags]`.
        history: one dict per epoch, where something was trained.

    Returns:
        Their files.
    """
    drawn = {
        "ap_per_tag": tag_plots.average_precision_per_tag(report.table),
        "precision_recall": plots.precision_recall_curves(truth, scores, names),
        "tag_confusion": tag_plots.tag_confusion(truth, scores, names),
    }
    if history:
        drawn["training"] = plots.loss_and_map_curves(history)
    run.figures.mkdir(exist_ok=True)
    return [
        plots.save(figure, run.figures / f"{name}.png")
        for name, figure in drawn.items()
    ]


def project(
    run: run_folder.RunDir,
    scored: manifests.Manifest,
    embeddings: np.ndarray,
    tag_embeddings: np.ndarray | None = None,
    tag_names: tuple[str, ...] = (),
) -> None:
    """Writes vectors for TensorBoard's projector.

    Args:
        run: gets them.
        scored: the recordings.
        embeddings: `[tracks, dim]`.
        tag_embeddings: `[tags, dim]` of tags in the same space, if there is
            one.
        tag_names: `[tags]`.
    """
    rows = [
        {
            "name": track.track_id,
            # The projector labels by the first column that is no number.
            "tags": ", ".join(track.tags),
            "artist": track.artist,
            "kind": "recording",
        }
        for track in scored.tracks
    ]
    rows += [
        {"name": name, "tags": name, "artist": "", "kind": "tag"}
        for name in tag_names
    ]
    name = "recordings"
    if tag_embeddings is not None:
        name = "recordings_and_tags"
        embeddings = np.concatenate([embeddings, tag_embeddings])
    tensorboard_log.projector(run.tensorboard, name, embeddings, rows)


def _show_recordings(writer, step, spec, result):
    """The first clip of a few recordings, to see and to hear."""
    scored, names = result.recordings, result.recordings.vocabulary.names
    count = min(RECORDINGS_SHOWN, len(scored.tracks))
    rows = np.linspace(0, len(scored.tracks) - 1, count).astype(int).tolist()
    reader = slice_reader.SliceReader(scored, spec.clip_samples)
    clips, _ = reader.read(rows, [0] * count, replace_lost=False)
    calibrated = result.fitted.apply(result.scores)
    given = result.fitted.decide(result.scores)
    for row, clip, seen in zip(rows, clips, _log_mel(clips, spec), strict=True):
        track = scored.tracks[row]
        tensorboard_log.figure(
            writer,
            step,
            f"spectrogram/{track.track_id}",
            plots.log_mel(seen, spec),
        )
        tensorboard_log.audio_with_tags(
            writer,
            step,
            track.track_id,
            clip,
            spec.sample_rate_hz,
            [tag for tag in track.tags if tag in names],
            {
                name: float(calibrated[row, tag])
                for tag, name in enumerate(names)
                if given[row, tag]
            },
        )


def _log_mel(clips: np.ndarray, spec: audio.AudioSpec) -> np.ndarray:
    """What the network sees of int16 `[batch, samples]`."""
    peak = np.full(len(clips), audio.FULL_SCALE, np.float32)
    waveform = layers.WaveformNormalization()(clips.astype(np.float32), peak)
    log_mel = front_end.log_mel_layer(spec)(waveform)
    return keras.ops.convert_to_numpy(log_mel)
