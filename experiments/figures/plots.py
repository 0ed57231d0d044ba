"""Figures of a run, drawn from plain arrays; each function returns one.

Figures are made without pyplot, so no global state is touched and nothing
needs to be closed.
"""

import pathlib
import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib import axes as axes_lib
from matplotlib import colorbar, colors, figure, ticker

from tftag import audio, metrics
from tftag.console import fonts
from tftag.layers import log_mel_spectrogram
from tftag.storage import atomic_write

BLUE, ORANGE, GREEN = "#2f6db3", "#d9702b", "#3b8f5a"
PURPLE, GREY = "#8e5ba6", "#70757a"
_LINES = (BLUE, ORANGE, GREEN)
_CURVES_IN_ONE = 6
DPI = 150


def save(drawn: figure.Figure, path: str | pathlib.Path) -> pathlib.Path:
    """Writes a figure; the ending says how (`.png`, `.pdf`, `.svg`)."""
    path = pathlib.Path(path)
    with (
        fonts.covering(drawn),
        atomic_write.replacing(path, is_text=False) as file,
    ):
        drawn.savefig(file, dpi=DPI, format=path.suffix[1:])
    return path


def more_inches(labels: list[str], points: float = 8.0) -> float:
    """Inches that labels of this size need beyond the usual one."""
    ems = max(map(fonts.width_ems, labels), default=0.0)
    return max(0.0, ems * points / 72 - 1.0)


def loss_and_map_curves(history: list[dict]) -> figure.Figure:
    """Loss and mean average precision over the epochs.

    Args:
        history: a row per epoch: "epoch", and any of "loss", "<set>_loss"
            and "<set>_map"; an epoch may leave figures out.

    Returns:
        The figure; the best validation epoch is marked.
    """
    drawn = figure.Figure(figsize=(10, 4), layout="constrained")
    loss, precision = drawn.subplots(1, 2)
    for axes, ending, title in (
        (loss, "loss", "Loss"),
        (precision, "map", "Mean average precision"),
    ):
        names = dict.fromkeys(
            name
            for row in history
            for name in row
            # Not `tag_weight <tag>`, whatever the tag ends with.
            if re.fullmatch(rf"(\w+_)?{ending}", name)
        )
        for color, name in zip(_LINES, names, strict=False):
            known = [row for row in history if _is_known(row.get(name))]
            epochs = [row["epoch"] for row in known]
            values = [row[name] for row in known]
            axes.plot(
                epochs,
                values,
                color=color,
                marker="o",
                markersize=3 if len(epochs) > 1 else 6,
                markevery=max(1, len(epochs) // 20),
                label=_set_of(name, ending),
            )
            if name == "validation_map" and values:
                best = int(np.argmax(values))
                axes.axvline(epochs[best], color=GREY, lw=0.8, ls=":")
                axes.annotate(
                    f"best {values[best]:.3f} (epoch {epochs[best]})",
                    (epochs[best], 0.02),
                    xycoords=("data", "axes fraction"),
                    xytext=(-4 if best > len(epochs) / 2 else 4, 0),
                    textcoords="offset points",
                    ha="right" if best > len(epochs) / 2 else "left",
                    color=GREY,
                    fontsize=9,
                )
        axes.set(title=title, xlabel="Epoch", ylabel=title)
        if history:
            axes.set_xlim(0.5, history[-1]["epoch"] + 0.5)
        axes.xaxis.set_major_locator(
            ticker.MaxNLocator(integer=True, steps=[1, 2, 5, 10])
        )
        if names:
            axes.legend(frameon=False, fontsize=9)
        plain(axes)
    loss.set_ylabel("Loss (nats per tag)")
    precision.set_ylim(bottom=0)
    return drawn


def precision_recall_curves(
    truth: npt.ArrayLike, scores: npt.ArrayLike, names: Sequence[str]
) -> figure.Figure:
    """Precision over recall of the best, middle and worst tags.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`.
        names: `[tags]`.

    Returns:
        The figure; up to six tags are drawn in one panel, all of them.
    """
    truth, scores = np.asarray(truth) > 0, np.asarray(scores)
    precision = metrics.average_precision(truth, scores)
    ranked = np.argsort(-precision, kind="stable")
    ranked = ranked[np.isfinite(precision[ranked])]
    if len(ranked) <= _CURVES_IN_ONE:
        panels = {f"All {len(ranked)} tags": ranked}
    else:
        middle = len(ranked) // 2
        panels = {
            "Best tags": ranked[:3],
            "Middle tags": ranked[middle - 1 : middle + 2],
            "Worst tags": ranked[-3:],
        }
    drawn = figure.Figure(
        figsize=(5.5 if len(panels) == 1 else 12, 5.2), layout="constrained"
    )
    # Or a panel's last number on the axis touches the next one's first.
    drawn.set_layout_engine("constrained", wspace=0.04)
    every = drawn.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    palette = (*_LINES, "#8a5fb0", "#b3a02f", "#3fa7b5")
    for axes, (title, tags) in zip(every, panels.items(), strict=True):
        for color, tag in zip(palette, tags, strict=False):
            recall, exact = _precision_recall(truth[:, tag], scores[:, tag])
            axes.step(
                recall,
                exact,
                where="pre",
                color=color,
                label=f"{fonts.short(names[tag], 12.0)}: AP "
                f"{precision[tag]:.2f}, {int(truth[:, tag].sum()):,} positives",
            )
            axes.axhline(truth[:, tag].mean(), color=color, lw=1, ls=":")
        axes.set(title=title, xlabel="Recall", xlim=(0, 1), ylim=(0, 1.02))
        plain(axes, grid="both")
        legend = axes.legend(
            frameon=False,
            fontsize=8.5,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.14),
        )
        for text in legend.get_texts():
            text.set_parse_math(False)
    every[0].set_ylabel("Precision")
    drawn.suptitle("Precision over recall (dotted: chance)", fontsize=12)
    return drawn


def tag_cells(
    drawn: figure.Figure,
    cells: npt.NDArray[np.floating],
    limit: float,
    rows: list[str],
    columns: list[str],
) -> tuple[axes_lib.Axes, colorbar.Colorbar]:
    """Draws a cell for each pair of tags: blue below 0, orange above.

    Args:
        drawn: gets them.
        cells: `[rows, columns]`; grey where they are NaN.
        limit: of the colours, to both sides of 0.
        rows: labels.
        columns: labels.

    Returns:
        The axes, and the bar that explains the colours.
    """
    axes = drawn.subplots()
    palette = colors.LinearSegmentedColormap.from_list(
        "cells", [BLUE, "#f7f7f5", ORANGE]
    ).with_extremes(bad="#dddddd")
    image = axes.imshow(cells, cmap=palette, vmin=-limit, vmax=limit)
    axes.set_xticks(
        range(len(columns)), columns, rotation=90, fontsize=8, parse_math=False
    )
    axes.set_yticks(range(len(rows)), rows, fontsize=8, parse_math=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    is_beyond = bool((np.abs(cells) > limit).any())
    bar = drawn.colorbar(
        image, shrink=0.6, extend="both" if is_beyond else "neither"
    )
    bar.outline.set_visible(False)
    return axes, bar


def log_mel(spectrogram: npt.ArrayLike, spec: audio.AudioSpec) -> figure.Figure:
    """A log-mel spectrogram with seconds and Hz at its axes.

    Args:
        spectrogram: `[frames, mels]`, of `layers.LogMelSpectrogram`.
        spec: what it was computed with.

    Returns:
        The figure.
    """
    spectrogram = np.asarray(spectrogram)
    if spectrogram.ndim != 2 or spectrogram.shape[1] != spec.mel_bands:
        raise ValueError(
            f"`spectrogram` must be [frames, {spec.mel_bands}]. "
            f"Received: shape {spectrogram.shape}."
        )
    frame_seconds = spec.hop_samples / spec.sample_rate_hz
    drawn = figure.Figure(figsize=(10, 3.6), layout="constrained")
    axes = drawn.subplots()
    image = axes.imshow(
        spectrogram.T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap="magma",
        # Frame i is centred on sample i * hop_samples.
        extent=(
            -0.5 * frame_seconds,
            (len(spectrogram) - 0.5) * frame_seconds,
            -0.5,
            spec.mel_bands - 0.5,
        ),
    )
    ticks_hz = [
        hz
        for hz in (100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000)
        if spec.min_hz <= hz <= spec.max_hz
    ]
    axes.set_yticks(
        [_band_of(hz, spec) for hz in ticks_hz], [f"{hz:,}" for hz in ticks_hz]
    )
    axes.set(
        title="Log-mel spectrogram",
        xlabel="Time (seconds)",
        ylabel="Frequency (Hz)",
        ylim=(-0.5, spec.mel_bands - 0.5),
    )
    label = {
        "log": "Natural logarithm of power",
        "log10": f"log10(1 + power / {spec.log_floor:g})",
    }[spec.compression]
    drawn.colorbar(image, label=label, pad=0.01)
    return drawn


def _is_known(value) -> bool:
    return value is not None and bool(np.isfinite(value))


def _set_of(name: str, ending: str) -> str:
    which = name.removesuffix(ending).rstrip("_")
    return {"": "training", "train": "training"}.get(which, which)


def plain(axes: axes_lib.Axes, grid: Literal["both", "x", "y"] = "y") -> None:
    """Takes the frame away and draws light lines behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, color="#e3e5e8", lw=0.7)
    axes.set_axisbelow(True)


def _precision_recall(truth, scores):
    """Recall and precision `[steps]`, one step per score, to full recall."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    ends = ends[: np.searchsorted(hits[ends], hits[-1]) + 1]
    precision = hits[ends] / (ends + 1.0)
    return (
        np.concatenate([[0.0], hits[ends] / hits[-1]]),
        np.concatenate([[precision[0]], precision]),
    )


def _band_of(frequency_hz: float, spec: audio.AudioSpec) -> float:
    """Place of a frequency among the mel bands, 0 at the first's centre."""
    to_mel, _ = log_mel_spectrogram.SCALES[spec.mel_scale]
    low, at, high = map(to_mel, (spec.min_hz, frequency_hz, spec.max_hz))
    return (at - low) / (high - low) * (spec.mel_bands + 1) - 1.0
