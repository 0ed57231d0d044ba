"""Figures of all tags of a run side by side."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib import figure

from experiments.figures import plots
from tftag.console import fonts

_ROWS_PER_COLUMN = 50
# A picture has at most 65,535 pixels each way, and a person less patience.
_MOST_TAGS = 10 * _ROWS_PER_COLUMN


def average_precision_per_tag(table: list[dict]) -> figure.Figure:
    """A bar per tag, best first, with its chance level and positives.

    Args:
        table: the rows of `metrics.per_tag_table`.

    Returns:
        The figure, in columns of up to 50 tags; of more than 500 the best and
        the worst.
    """
    every_row = [row for row in table if row["ap"] is not None]
    every_row.sort(key=lambda row: -row["ap"])
    rows = every_row
    if len(rows) > _MOST_TAGS:
        rows = rows[: _MOST_TAGS // 2] + rows[-_MOST_TAGS // 2 :]
    columns = max(1, -(-len(rows) // _ROWS_PER_COLUMN))
    height = max(1, -(-len(rows) // columns))
    labels = [fonts.short(row["tag"]) for row in rows]
    width = max(6.5, (4.4 + plots.more_inches(labels)) * columns)
    drawn = figure.Figure(
        figsize=(width, 1.6 + 0.19 * height),
        layout="constrained",
    )
    every = drawn.subplots(1, columns, squeeze=False)[0]
    longest = max((row["ap"] for row in rows), default=0)
    limit = min(1.0, 0.05 * np.ceil(20 * longest + 1))
    for column, axes in enumerate(every):
        part = rows[column * height : (column + 1) * height]
        places = np.arange(len(part))
        bars = axes.barh(
            places,
            [row["ap"] for row in part],
            height=0.72,
            color=plots.BLUE,
            label="average precision",
        )
        chances = axes.scatter(
            [row["chance_ap"] for row in part],
            places,
            marker="|",
            s=42,
            linewidths=1.8,
            color=plots.ORANGE,
            label="chance (share of positives)",
            zorder=3,
        )
        for place, row in zip(places, part, strict=True):
            axes.annotate(
                f"{row['count']:,}",
                (1.01, place),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=7.5,
                color=plots.GREY,
                annotation_clip=False,
            )
        axes.annotate(
            "positives",
            (1.01, 1),
            xycoords="axes fraction",
            xytext=(0, 3),
            textcoords="offset points",
            fontsize=7.5,
            color=plots.GREY,
        )
        axes.set_yticks(
            places,
            labels[column * height : (column + 1) * height],
            fontsize=8,
            parse_math=False,
        )
        axes.set(
            xlabel="Average precision",
            ylim=(height - 0.4, -0.6),
            xlim=(0, limit),
        )
        axes.tick_params(axis="y", length=0)
        plots.plain(axes, grid="x")
    left_out = len(table) - len(every_row)
    mean = np.mean([row["ap"] for row in every_row]) if rows else float("nan")
    drawn.suptitle(
        f"Average precision per tag: mean {mean:.3f} over {len(every_row)} tags"
        + f", of which the {len(rows) // 2} best and the {len(rows) // 2} worst"
        * (len(rows) < len(every_row))
        + (f"\n{left_out} without a positive left out" if left_out else ""),
        fontsize=12,
    )
    drawn.legend(
        handles=[bars, chances],
        loc="outside lower center",
        ncols=2,
        frameon=False,
        fontsize=9,
    )
    return drawn


def tag_confusion(
    truth: npt.ArrayLike,
    scores: npt.ArrayLike,
    names: Sequence[str],
    most: int = 30,
) -> figure.Figure:
    """Which tags are given to recordings of another tag.

    A cell is a ratio: the mean probability of the column's tag among
    recordings that carry the row's tag but not the column's, over that among
    all recordings without the column's tag. Tags that go together in truth
    are so left out of it, and frequent tags do not paint whole columns. The
    diagonal has the tag's own carriers above the line.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: probabilities `[recordings, tags]`.
        names: `[tags]`.
        most: how many tags are shown, the most frequent ones.

    Returns:
        The figure.
    """
    truth = np.asarray(truth) > 0
    scores = np.asarray(scores, np.float64)
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError(
            "`scores` must be probabilities from 0 to 1. Received: "
            f"{scores.min()} to {scores.max()}."
        )
    count = truth.sum(axis=0)
    shown = np.argsort(-count, kind="stable")[:most]
    shown = shown[count[shown] > 0]
    ratio = _confusion(truth[:, shown], scores[:, shown])
    tags = len(shown)
    labels = [fonts.short(names[tag]) for tag in shown]
    size = 2.6 + 0.27 * max(tags, 10) + plots.more_inches(labels)
    drawn = figure.Figure(figsize=(size + 0.8, size), layout="constrained")
    counted = [
        f"{label} ({count[tag]:,})"
        for label, tag in zip(labels, shown, strict=True)
    ]
    axes, bar = plots.tag_cells(drawn, np.log2(ratio), 3, counted, labels)
    axes.set_xticks(np.arange(tags - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(tags - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", lw=0.6)
    axes.tick_params(which="minor", length=0)
    axes.set(
        xlabel="Predicted tag",
        ylabel="Tag that the recording carries (recordings)",
    )
    drawn.suptitle(f"Confusion of the {tags} most frequent tags", fontsize=12)
    axes.set_title(
        "Mean probability of a tag, times its usual value, among recordings\n"
        "of another tag that do not carry it (diagonal: that carry it)",
        fontsize=8.5,
        color=plots.GREY,
    )
    bar.set_ticks(
        [-3, -2, -1, 0, 1, 2, 3],
        labels=["⅛×", "¼×", "½×", "1×", "2×", "4×", "8×"],
    )
    return drawn


def _confusion(truth, scores):
    """Ratios `[tags, tags]`, nan where no recording can tell."""
    lacking = ~truth
    usual = np.sum(scores * lacking, axis=0) / np.maximum(
        lacking.sum(axis=0), 1
    )
    total = truth.T.astype(np.float64) @ (scores * lacking)
    number = truth.T.astype(np.float64) @ lacking
    own = np.diag_indices(truth.shape[1])
    total[own], number[own] = np.sum(scores * truth, axis=0), truth.sum(axis=0)
    known = (number > 0) & (usual > 0)
    ratio = total / np.where(known, number * usual, 1.0)
    # Far below the scale, where the logarithm would be infinite.
    return np.where(known, np.maximum(ratio, 2.0**-20), np.nan)
