"""How losses move the logits: what training leaves of it, epoch by epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import figure, ticker

from experiments.figures import plots

_PANELS = {
    "loss": "Loss",
    "largest_logit": "Largest logit, either sign",
    "logit_gradient": "Gradient at the logits",
    "stuck_share": "Wrong logits without gradient",
}
_COLORS = (plots.BLUE, plots.ORANGE, plots.GREEN)
# Lines that lie on one another are seen all the same.
_WIDTHS = (3.6, 2.0, 0.9)
# Beyond it a probability is nearer to 0 or 1 than 1e-7.
_CLIPPED = 16.1
_STYLES = ("-", "--", ":")


def traces(
    histories: Mapping[str, Sequence[Mapping[str, str]]],
) -> figure.Figure:
    """A panel per quantity, a line per training.

    Args:
        histories: title -> rows of a training with `trace_logits`; a training
            that ended early has fewer. Titles are `form, rate`: a colour per
            form, a style per rate.

    Returns:
        The figure; a cross is where a training ended because its loss was no
        number.
    """
    forms, rates = (
        list(dict.fromkeys(title.rpartition(", ")[part] for title in histories))
        for part in (0, 2)
    )
    longest = max(map(len, histories.values()))
    drawn = figure.Figure(figsize=(10, 6), layout="constrained")
    for axes, (name, heading) in zip(
        drawn.subplots(2, 2).flat, _PANELS.items(), strict=True
    ):
        for title, rows in histories.items():
            form, _, rate = title.rpartition(", ")
            values = np.array([float(row[name]) for row in rows])
            place = forms.index(form) % len(_COLORS)
            color = _COLORS[place]
            epochs = np.arange(1, len(values) + 1)
            axes.plot(
                epochs,
                values,
                color=color,
                ls=_STYLES[rates.index(rate) % len(_STYLES)],
                lw=_WIDTHS[place],
                label=title,
            )
            if len(values) < longest:
                at = epochs[-1:] if len(values) else [1]
                height = values[-1:] if len(values) else [0.0]
                axes.plot(at, height, "x", color=color)
        axes.set(title=heading, xlabel="Epoch")
        axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        if name == "largest_logit":
            axes.axhline(_CLIPPED, color=plots.GREY, lw=0.8, ls=":")
            axes.text(
                0.99,
                _CLIPPED,
                "clipped beyond",
                color=plots.GREY,
                ha="right",
                va="top",
                transform=axes.get_yaxis_transform(),
            )
        lowest, highest = axes.get_ylim()
        if highest > 20 * max(lowest, 1.0):
            axes.set_yscale("log")
        axes.set_ylim(bottom=None if axes.get_yscale() == "log" else 0)
        plots.plain(axes)
    handles, labels = axes.get_legend_handles_labels()
    drawn.legend(
        handles, labels, loc="outside lower center", ncols=3, frameon=False
    )
    return drawn
