"""The figure of few-shot runs: how much each further recording tells."""

from matplotlib import figure

from experiments.figures import plots

TITLES = {"roc_auc": "ROC-AUC", "map": "MAP", "p_at_10": "P@10"}
_COLORS = (plots.BLUE, plots.ORANGE, plots.GREEN, plots.PURPLE)
_STYLES = ("--", ":", "-.")


def curves(
    learned: dict[str, dict[int, dict]], fixed: dict[str, dict]
) -> figure.Figure:
    """Figures of merit against the recordings that taught a tag.

    Args:
        learned: way to learn -> recordings -> what `repeated_draws.combine`
            says of each of `TITLES`.
        fixed: what needs no such recordings, or has all of them -> the same.

    Returns:
        The figure, a panel per figure of merit, with the 95 % intervals over
        the draws where there are several.
    """
    drawn = figure.Figure(figsize=(12, 4.2), layout="constrained")
    panels = drawn.subplots(1, len(TITLES))
    for axes, (name, title) in zip(panels, TITLES.items(), strict=True):
        for (label, curve), color in zip(
            learned.items(), _COLORS, strict=False
        ):
            found = [by_name[name] for by_name in curve.values()]
            means = [each["mean"] for each in found]
            axes.plot(list(curve), means, "o-", color=color, label=label)
            spans = [each["ci95_over_draws"] for each in found]
            if None not in spans:
                axes.fill_between(
                    list(curve),
                    *zip(*spans, strict=True),
                    color=color,
                    alpha=0.15,
                    lw=0,
                )
        for (label, by_name), style in zip(
            fixed.items(), _STYLES, strict=False
        ):
            axes.axhline(
                by_name[name]["mean"], color=plots.GREY, ls=style, label=label
            )
        counts = list(next(iter(learned.values())))
        axes.set_xscale("log")
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.minorticks_off()
        axes.set(xlabel="Recordings that have the tag", title=title)
        plots.plain(axes)
    drawn.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=3,
        frameon=False,
    )
    return drawn
