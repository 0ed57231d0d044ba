"""What TensorBoard shows of a run.

Functions that take a `writer` (of `tf.summary.create_file_writer`) add to
its log; the caller flushes or closes it.
"""

import json
import pathlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from matplotlib import figure as figures
from matplotlib.backends import backend_agg

from tftag import audio
from tftag.console import fonts
from tftag.storage import atomic_write, plain_json

_PROJECTOR_TENSORS, _PROJECTOR_ROWS = "embeddings.tsv", "embeddings_rows.tsv"


def scalars(
    writer: tf.summary.SummaryWriter, step: int, values: dict[str, float]
) -> None:
    """Writes numbers, a curve each; what stands before a `/` groups them."""
    with writer.as_default(step):
        for name, value in values.items():
            tf.summary.scalar(name, value)


def figure(
    writer: tf.summary.SummaryWriter,
    step: int,
    name: str,
    drawn: figures.Figure,
) -> None:
    """Writes a matplotlib figure as an image."""
    canvas = backend_agg.FigureCanvasAgg(drawn)
    with fonts.covering(drawn):
        canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[None, :, :, :3]
    with writer.as_default(step):
        tf.summary.image(name, pixels)


def picture(
    writer: tf.summary.SummaryWriter, step: int, name: str, path: pathlib.Path
) -> None:
    """Writes a PNG file as an image: a figure that was drawn already."""
    pixels = tf.io.decode_png(path.read_bytes(), channels=3)
    with writer.as_default(step):
        tf.summary.image(name, pixels[None])


def audio_with_tags(
    writer: tf.summary.SummaryWriter,
    step: int,
    name: str,
    waveform: npt.ArrayLike,
    sample_rate_hz: int,
    true_tags: Collection[str],
    predicted: dict[str, float],
) -> None:
    """Writes a recording to listen to, with its tags and the model's.

    The text stands under TEXT for every step. Under AUDIO it is behind the
    "i", where TensorBoard keeps that of the first step.

    Args:
        writer: of the log.
        step: the epoch.
        name: of the recording.
        waveform: `[samples]`, int16, or float from -1 to 1.
        sample_rate_hz: of the waveform.
        true_tags: those it carries.
        predicted: probabilities of the tags that the model gives it.
    """
    waveform = np.asarray(waveform)
    if waveform.dtype == np.int16:
        waveform = waveform / np.float32(audio.FULL_SCALE)
    true_tags = list(true_tags)
    lines = ["| model says | probability | recording carries it |", "|-|-|-|"]
    for tag, probability in sorted(predicted.items(), key=lambda kv: -kv[1]):
        hit = "yes" if tag in true_tags else "no"
        lines.append(f"| {_markdown_cell(tag)} | {probability:.2f} | {hit} |")
    missed = [_markdown_cell(tag) for tag in true_tags if tag not in predicted]
    carried = ", ".join(_markdown_cell(tag) for tag in true_tags) or "none"
    text = [f"**Tags:** {carried}", "\n".join(lines)]
    if missed:
        text.append(f"**Missed:** {', '.join(missed)}")
    description = "\n\n".join(text)
    with writer.as_default(step):
        # A name belongs to one tab of TensorBoard.
        tf.summary.text(f"recording_tags/{name}", description)
        tf.summary.audio(
            f"recording/{name}",
            np.clip(waveform, -1.0, 1.0).astype(np.float32)[None, :, None],
            sample_rate_hz,
            description=description,
        )


def pr_curves(
    writer: tf.summary.SummaryWriter,
    step: int,
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    names: Sequence[str],
    thresholds: int = 201,
) -> None:
    """Writes a precision-recall curve per tag that has a positive.

    Args:
        writer: of the log.
        step: the epoch.
        truth: 0 or 1, `[recordings, tags]`.
        probabilities: `[recordings, tags]`.
        names: `[tags]`.
        thresholds: points of a curve, evenly from 0 to 1.
    """
    from tensorboard.plugins.pr_curve import metadata

    truth = np.asarray(truth) > 0
    # [thresholds, recordings] per tag: given at the threshold and above.
    levels = np.linspace(0.0, 1.0, thresholds)[:, None]
    with writer.as_default(step):
        for tag, name in enumerate(names):
            if not truth[:, tag].any():
                continue
            given = np.asarray(probabilities)[:, tag] >= levels
            hits = (given & truth[:, tag]).sum(axis=1)
            false = given.sum(axis=1) - hits
            missed = truth[:, tag].sum() - hits
            rest = len(truth) - hits - false - missed
            precision = hits / np.maximum(hits + false, 1)
            recall = hits / (hits + missed)
            # The order that the plugin reads: metadata.*_INDEX.
            points = np.stack([hits, false, rest, missed, precision, recall])
            tf.summary.write(
                f"pr_curve/{name}",
                points.astype(np.float32),
                metadata=metadata.create_summary_metadata(
                    display_name=name,
                    description=f"{truth[:, tag].sum()} positives, chance "
                    f"{truth[:, tag].mean():.3f}",
                    num_thresholds=thresholds,
                ),
            )


def hparams(
    writer: tf.summary.SummaryWriter,
    settings: dict[str, object],
    figures_of_run: dict[str, float],
    name: str,
) -> None:
    """Writes the run as one row of the table of settings and figures.

    Args:
        writer: of the log, one per run.
        settings: flat; what is no number, text or truth value is written as
            JSON.
        figures_of_run: the figures to compare runs by.
        name: of the run.
    """
    from tensorboard.plugins.hparams import api

    plain = {
        key: value
        if isinstance(value, bool | int | float | str)
        else json.dumps(plain_json.plain(value), default=str)
        for key, value in settings.items()
    }
    with writer.as_default(0):
        api.hparams_config(
            hparams=[api.HParam(key) for key in plain],
            metrics=[
                api.Metric(f"final/{key}", display_name=key)
                for key in figures_of_run
            ],
        )
        api.hparams(plain, trial_id=name)
    final = {f"final/{key}": value for key, value in figures_of_run.items()}
    scalars(writer, 0, final)


def projector(
    log_dir: str | pathlib.Path,
    name: str,
    embeddings: npt.ArrayLike,
    rows: Sequence[Mapping[str, object]],
) -> None:
    """Writes vectors for the embedding projector.

    Args:
        log_dir: the folder of the log.
        name: what the vectors are called, in one word.
        embeddings: `[points, dim]`.
        rows: a dict per point, all of the same keys (name, tags ...); points
            are labelled and coloured by them.
    """
    embeddings = np.asarray(embeddings)
    if embeddings.ndim != 2 or len(embeddings) != len(rows) or not rows:
        raise ValueError(
            "`embeddings` must be [points, dim] with a row for each. "
            f"Received: shape {embeddings.shape} and {len(rows)} rows."
        )
    log_dir = pathlib.Path(log_dir)
    log_dir.mkdir(parents=True, exist_ok=True)
    with atomic_write.replacing(log_dir / _PROJECTOR_TENSORS) as file:
        np.savetxt(file, embeddings, fmt="%.6g", delimiter="\t")
    # A header is read only above two columns and more.
    keys = list(rows[0])
    lines = [keys] if len(keys) > 1 else []
    lines += [[str(row[key]) for key in keys] for row in rows]
    atomic_write.write(
        log_dir / _PROJECTOR_ROWS,
        "".join("\t".join(map(_line, line)) + "\n" for line in lines),
    )
    atomic_write.write(
        log_dir / "projector_config.pbtxt",
        f'embeddings {{\n  tensor_name: "{name}"\n'
        f'  tensor_path: "{_PROJECTOR_TENSORS}"\n'
        f'  metadata_path: "{_PROJECTOR_ROWS}"\n}}\n',
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _markdown_cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
