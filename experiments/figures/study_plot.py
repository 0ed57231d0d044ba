"""The figure of a study: how far every arm is from the control."""

import numpy as np
from matplotlib import figure

from experiments.figures import plots
from tftag.console import fonts

_TITLES = {"map": "MAP", "roc_auc": "ROC-AUC", "p_at_10": "P@10"}


def differences(summary: dict) -> figure.Figure:
    """Differences from the control with their 95 % intervals.

    Args:
        summary: as `experiments.studies.summary.summarize` returns it.

    Returns:
        The figure, a panel per figure of merit; what is told apart from the
        control is drawn in colour.
    """
    control, *titles = summary["arms"]
    shown = {title: summary["arms"][title] for title in titles}
    if summary["chosen"]:
        shown["chosen on other folds"] = summary["chosen"]
    labels = [fonts.short(title) for title in shown]
    drawn = figure.Figure(
        figsize=(10 + plots.more_inches(labels), 1.4 + 0.32 * len(shown)),
        layout="constrained",
    )
    panels = drawn.subplots(1, len(_TITLES), sharey=True)
    places = np.arange(len(shown))
    for axes, (name, title) in zip(panels, _TITLES.items(), strict=True):
        for place, arm in zip(places, shown.values(), strict=True):
            over = arm["over_control"][name]
            low, high = over["ci95"]
            color = plots.GREY
            if low > 0:
                color = plots.GREEN
            elif high < 0:
                color = plots.ORANGE
            axes.plot([low, high], [place, place], color=color, lw=2)
            axes.plot(over["value"], place, "o", color=color, markersize=5)
        axes.axvline(0, color=plots.GREY, lw=0.8, ls=":")
        axes.set(title=f"{title} over {fonts.short(control)}")
        axes.set_yticks(places, labels)
        axes.set_ylim(max(len(shown), 1) - 0.5, -0.5)
        # Small differences have long numbers.
        axes.locator_params(axis="x", nbins=4)
        plots.plain(axes, grid="x")
    return drawn


def tags(rows: list[dict]) -> figure.Figure:
    """What every arm does to tags, from the rarest to the most frequent.

    Args:
        rows: as `experiments.studies.summary.per_tag` returns them.

    Returns:
        The figure: per arm, the difference in average precision from the
        control of every tag, and its mean in each fifth of the tags.
    """
    control, *titles = [key for key in rows[0] if key not in ("tag", "count")]
    rows = sorted(
        (row for row in rows if np.isfinite(row[control])),
        key=lambda row: row["count"],
    )
    counts = np.array([row["count"] for row in rows])
    columns = min(4, len(titles))
    lines = -(-len(titles) // columns)
    drawn = figure.Figure(
        figsize=(2.6 * columns + 1, 2.4 * lines + 0.4), layout="constrained"
    )
    panels = drawn.subplots(
        lines, columns, sharex=True, sharey=True, squeeze=False
    )
    for axes, title in zip(panels.flat, titles, strict=False):
        over = np.array([row[title] - row[control] for row in rows])
        axes.plot(counts, over, ".", color=plots.GREY, markersize=3)
        for fifth in np.array_split(np.arange(len(rows)), min(5, len(rows))):
            ends = counts[fifth[[0, -1]]]
            axes.plot(ends, [over[fifth].mean()] * 2, color=plots.BLUE, lw=2)
        axes.axhline(0, color=plots.GREY, lw=0.8, ls=":")
        axes.set_xscale("log")
        axes.set_title(fonts.short(title), fontsize=9)
        plots.plain(axes)
    for axes in panels.flat[len(titles) :]:
        axes.set_visible(False)
    drawn.supxlabel("Recordings with the tag", fontsize=9)
    drawn.supylabel(f"AP over {fonts.short(control)}", fontsize=9)
    return drawn


def curve(summary: dict, recordings: dict[str, int]) -> figure.Figure:
    """MAP against the number of recordings learnt from.

    Args:
        summary: as `experiments.studies.summary.summarize` returns it.
        recordings: how many each arm learnt from, by title.

    Returns:
        The figure, with the line that grows by the same amount with every
        doubling, fitted by least squares; a bar is the interval of the
        difference from the first arm.
    """
    counts = np.array([recordings[title] for title in summary["arms"]])
    arms = list(summary["arms"].values())
    values = np.array([arm["map"] for arm in arms])
    growth, at_one = growth_per_doubling(counts, values)
    drawn = figure.Figure(figsize=(6, 4), layout="constrained")
    axes = drawn.subplots()
    axes.plot(counts, values, "o", color=plots.BLUE)
    for count, arm in list(zip(counts, arms, strict=True))[1:]:
        low, high = np.add(arm["over_control"]["map"]["ci95"], values[0])
        axes.plot([count, count], [low, high], color=plots.BLUE, lw=1.5)
    line = np.geomspace(counts.min(), 2 * counts.max())
    axes.plot(
        line,
        at_one + growth * np.log2(line),
        color=plots.GREY,
        ls=":",
        label=f"{growth:+.3f} with every doubling",
    )
    axes.set_xscale("log", base=2)
    ticks = [*counts, 2 * counts.max()]
    axes.set_xticks(ticks, [f"{count:,}" for count in ticks])
    axes.minorticks_off()
    axes.set(xlabel="Recordings learnt from", ylabel="MAP")
    axes.legend(frameon=False)
    plots.plain(axes)
    return drawn


def growth_per_doubling(
    counts: np.ndarray, values: np.ndarray
) -> tuple[float, float]:
    """Slope and value at 1 of the line in log2 of the counts."""
    slope, at_one = np.polyfit(np.log2(counts), values, 1)
    return float(slope), float(at_one)
