"""Draws the dual encoder: `python -m docs.scripts.draw_dual_encoder`.

Every number comes from the settings it describes.
"""

import pathlib

from matplotlib import figure, patches

from docs.scripts import draw_architecture
from docs.scripts.draw_architecture import INK, LINE, SOFT
from tftag.models import dual_encoder

PATH = pathlib.Path(__file__).parent.parent / "images" / "dual_encoder.png"

_AUDIO, _TEXT, _SPACE = "#e6eef8", "#fbeee4", "#eef5ee"
_HEIGHT = 8.4


def draw(
    config: dual_encoder.DualEncoderConfig, word_dim: int
) -> figure.Figure:
    """Returns the figure: two towers into one space.

    Args:
        config: of the network.
        word_dim: length of a word vector.
    """
    drawn, axes = draw_architecture.card(0.0, 44.0)
    units = f"{config.text_units} units,\nbatch norm, ReLU"
    audio_steps = (
        ("recording", "any length"),
        ("log-mel", "on the device"),
        (f"{config.backbone.blocks} blocks", "the tagger's body"),
        ("projection", f"{config.dim} values"),
        ("unit length", "mean of clips"),
    )
    text_steps = (
        ("words", '"dreamy piano"'),
        ("word vector", f"{word_dim} values"),
        ("dense", units),
        ("dense", units),
        ("projection", f"{config.dim} values,\nunit length"),
    )
    top = _tower(axes, audio_steps, 33.0, _AUDIO)
    bottom = _tower(axes, text_steps, 11.0, _TEXT)
    left = top + 7.0
    _box(axes, left, 22.0, 19.0, "cosine", "near: the tag fits", _SPACE)
    for end, height in ((top, 33.0), (bottom, 11.0)):
        toward = 22.0 + (1 if height > 22 else -1) * _HEIGHT / 2
        _arrow(axes, (end, height), (left + 9.5, height), head=False)
        _arrow(axes, (left + 9.5, height), (left + 9.5, toward))
    return drawn


def _tower(axes, steps, middle, color) -> float:
    """Draws boxes from left to right; returns where the last one ends."""
    left, width, gap = 4.0, 17.6, 3.4
    for place, (title, line) in enumerate(steps):
        if place:
            _arrow(axes, (left - gap, middle), (left, middle))
        _box(axes, left, middle, width, title, line, color)
        left += width + gap
    return left - gap


def _box(axes, left, middle, width, title, line, color):
    axes.add_patch(
        patches.FancyBboxPatch(
            (left, middle - _HEIGHT / 2),
            width,
            _HEIGHT,
            boxstyle="round,pad=0,rounding_size=1.0",
            facecolor=color,
            edgecolor=LINE,
        )
    )
    centre = left + width / 2
    axes.text(
        centre,
        middle + 2.2,
        title,
        ha="center",
        va="center",
        color=INK,
        fontsize=15,
        fontweight="bold",
    )
    axes.text(
        centre,
        middle - 1.6,
        line,
        ha="center",
        va="center",
        color=SOFT,
        fontsize=12,
        linespacing=1.1,
    )


def _arrow(axes, start, end, head=True):
    axes.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>" if head else "-",
            "color": SOFT,
            "shrinkA": 0,
            "shrinkB": 0,
            "lw": 1.2,
        },
    )


def main() -> None:
    """Writes the picture of the README."""
    drawn = draw(dual_encoder.DualEncoderConfig(), 128)
    drawn.savefig(PATH, dpi=150, transparent=True)


if __name__ == "__main__":
    main()
