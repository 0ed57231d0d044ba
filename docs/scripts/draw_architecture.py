"""Draws the baseline tagger: `python -m docs.scripts.draw_architecture`.

Every number comes from the code it describes.
"""

import pathlib

import numpy as np
from matplotlib import axes as axes_lib
from matplotlib import colors, figure, patches

from tftag import audio
from tftag.models.backbones import backbone

PATH = pathlib.Path(__file__).parent.parent / "images" / "baseline.png"

INK, SOFT, LINE = "#1f2733", "#66707d", "#aab3bd"
_ACCENT, _WARM = "#2f6db3", "#e07b39"
_MIDDLE = 20.0
_TAGS = (
    ("guitar", 0.93),
    ("rock", 0.88),
    ("energetic", 0.71),
    ("male vocal", 0.46),
    ("calm", 0.05),
)


def block_sizes(
    spec: audio.AudioSpec, config: backbone.BackboneConfig
) -> list[tuple[int, int, int]]:
    """Output of each block for one clip, as (frames, mels, filters)."""
    frames, mels = spec.clip_frames, spec.mel_bands
    rest = 1 if config.pool_padding == "same" else 0
    sizes = []
    for filters in config.filters:
        frames, mels = (frames + rest) // 2, (mels + rest) // 2
        sizes.append((frames, mels, filters))
    return sizes


def card(low: float, high: float) -> tuple[figure.Figure, axes_lib.Axes]:
    """A card to draw on, so that it reads on a dark page as on a light one.

    Args:
        low: lowest place on it; the leftmost is 0.
        high: highest place; the rightmost is 136.
    """
    drawn = figure.Figure(figsize=(13.6, (high - low) / 10))
    axes = drawn.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 136), ylim=(low, high), aspect="equal")
    axes.axis("off")
    axes.add_patch(
        patches.FancyBboxPatch(
            (0.9, low + 0.9),
            134.2,
            high - low - 1.8,
            boxstyle="round,pad=0,rounding_size=1.6",
            facecolor="white",
            edgecolor="#d5dae0",
        )
    )
    return drawn, axes


def draw(
    spec: audio.AudioSpec, config: backbone.BackboneConfig
) -> figure.Figure:
    """Returns the figure: from the waveform to the tags."""
    drawn, axes = card(-3.0, 43.0)
    _waveform(axes, 4, 17, spec)
    _arrow(axes, 18.3, 21.5)
    _spectrogram(axes, 22.5, 18, spec)
    _arrow(axes, 41.0, 44.2)
    sizes = block_sizes(spec, config)
    right = _blocks(axes, 45.6, sizes)
    _arrow(axes, right + 0.6, right + 3.8)
    _head(axes, right + 5.6, sizes[-1], config)
    return drawn


def _waveform(axes, left, width, spec):
    rng = np.random.default_rng(3)
    bars = 72
    place = np.arange(bars) / bars
    beat = np.exp(-4.0 * (place * 9 % 1.0))
    loud = (0.25 + 0.75 * beat) * (0.55 + 0.45 * np.sin(3.0 * place + 0.4))
    loud *= rng.uniform(0.55, 1.0, bars)
    at = left + place * (width - 4)
    axes.vlines(
        at, _MIDDLE - 7 * loud, _MIDDLE + 7 * loud, color=_ACCENT, lw=1.15
    )
    _caption(
        axes,
        left + (width - 4) / 2,
        "Waveform",
        f"{spec.clip_seconds:g} s, {spec.sample_rate_hz / 1000:g} kHz",
        f"{spec.clip_samples:,} samples",
    )


def _spectrogram(axes, left, width, spec):
    rng = np.random.default_rng(5)
    time, band = np.meshgrid(np.linspace(0, 1, 260), np.linspace(0, 1, 96))
    picture = 0.5 - 0.45 * band + 0.05 * rng.normal(size=time.shape)
    beat = np.exp(-7.0 * (time * 9 % 1.0))
    picture += 0.35 * beat * (0.35 + 0.65 * rng.random(time.shape))
    for step, note in enumerate((0.10, 0.13, 0.09, 0.15, 0.12, 0.10)):
        here = (time * 6).astype(int) == step
        for overtone in range(1, 7):
            line = np.exp(-(((band - note * overtone**0.82) / 0.012) ** 2) / 2)
            picture += here * line * 0.75 / overtone**0.6
    inner = width - 0.5
    axes.imshow(
        picture,
        extent=(left, left + inner, _MIDDLE - 7, _MIDDLE + 7),
        origin="lower",
        cmap="magma",
        vmin=0,
        vmax=1.15,
        aspect="auto",
        interpolation="bilinear",
        zorder=2,
    )
    axes.set(xlim=(0, 136), ylim=(-3, 43), aspect="equal")
    _caption(
        axes,
        left + inner / 2,
        "Log-mel spectrogram",
        f"{spec.clip_frames} frames × {spec.mel_bands} bands",
        f"{spec.window_samples}-sample window, hop {spec.hop_samples}",
    )


def _blocks(axes, left, sizes):
    """Draws the blocks as boxes; returns where the last one ends."""
    ramp = colors.LinearSegmentedColormap.from_list(
        "blocks", ["#9cc9e8", "#2f6db3", "#223a73"]
    )
    start = left
    for number, (frames, mels, filters) in enumerate(sizes):
        # Square roots: the first is 64 times as tall as the last.
        height = 1.55 * np.sqrt(mels)
        depth = 0.17 * np.sqrt(frames)
        width = 0.21 * np.sqrt(filters)
        color = ramp(number / max(1, len(sizes) - 1))
        _box(axes, left, _MIDDLE, width, height, depth, color)
        middle = left + (width + depth) / 2
        _text(
            axes,
            middle,
            _MIDDLE + (height + depth) / 2 + 1.6,
            f"{filters}" if number else f"{filters} filters",
            size=10,
            bold=True,
        )
        _text(axes, middle, 6.9, f"{frames} × {mels}", size=9.8)
        left += width + depth + max(1.7, 3.8 - depth * 0.35)
        end = left
    end -= 1.7
    middle = (start + end) / 2
    _text(axes, middle, 38.4, f"{len(sizes)} blocks", size=11, bold=True)
    _text(
        axes,
        middle,
        4.4,
        "frames × bands after each block",
        size=9.6,
        color=SOFT,
    )
    _text(
        axes,
        middle,
        35.7,
        "3 × 3 convolution  ·  batch norm  ·  2 × 2 max pooling  ·  ReLU",
        size=10.2,
        color=SOFT,
    )
    return end


def _box(axes, left, middle, width, height, depth, color):
    rise = depth * 0.55
    low, high = middle - (height + rise) / 2, middle + (height - rise) / 2
    right = left + width
    rgb = np.array(colors.to_rgb(color))
    light, dark = rgb + (1.0 - rgb) * 0.35, rgb * 0.78
    for corners, shade in (
        ([(left, low), (right, low), (right, high), (left, high)], rgb),
        (
            [
                (left, high),
                (right, high),
                (right + depth, high + rise),
                (left + depth, high + rise),
            ],
            light,
        ),
        (
            [
                (right, low),
                (right + depth, low + rise),
                (right + depth, high + rise),
                (right, high),
            ],
            dark,
        ),
    ):
        axes.add_patch(
            patches.Polygon(
                corners,
                closed=True,
                facecolor=shade,
                edgecolor="white",
                linewidth=0.7,
                joinstyle="round",
            )
        )


def _head(axes, left, last, config):
    frames, mels, filters = last
    pooled, dim = {
        "average": ("average", filters),
        "max": ("maximum", filters),
        "both": ("average and maximum", 2 * filters),
        "flatten": ("flattened", frames * mels * filters),
    }[config.pooling]
    for row in range(14):
        axes.add_patch(
            patches.Rectangle(
                (left, _MIDDLE - 7 + row),
                1.5,
                1.0,
                facecolor="#223a73",
                alpha=0.35 + 0.6 * ((row * 5) % 7) / 7,
                edgecolor="white",
                linewidth=0.7,
            )
        )
    _caption(axes, left + 0.75, "Pooling", pooled, f"{dim:,} values")
    right = left + 9.5
    tops = np.linspace(_MIDDLE + 6, _MIDDLE - 6, len(_TAGS))
    for row in np.linspace(_MIDDLE - 6.5, _MIDDLE + 6.5, 8):
        for top in tops:
            axes.plot(
                (left + 1.9, right - 0.5), (row, top), color=LINE, lw=0.35
            )
    for top, (tag, probability) in zip(tops, _TAGS, strict=True):
        axes.text(right, top + 0.45, tag, fontsize=9.8, color=INK, va="bottom")
        for share, color in ((1.0, "#e8ebef"), (probability, _WARM)):
            axes.add_patch(
                patches.Rectangle(
                    (right, top - 0.75),
                    12 * share,
                    0.95,
                    facecolor=color,
                    linewidth=0,
                )
            )
    _caption(
        axes, right + 6, "Tags", "one dense layer", "a probability for each"
    )


def _caption(axes, middle, title, *lines):
    _text(axes, middle, 6.9, title, size=10.5, bold=True)
    for row, line in enumerate(lines):
        _text(axes, middle, 4.4 - 2.3 * row, line, size=9.6, color=SOFT)


def _text(axes, middle, bottom, text, size, color=INK, bold=False):
    axes.text(
        middle,
        bottom,
        text,
        ha="center",
        fontsize=size,
        color=color,
        fontweight="bold" if bold else "normal",
    )


def _arrow(axes, start, end):
    axes.annotate(
        "",
        (end, _MIDDLE),
        (start, _MIDDLE),
        arrowprops={
            "arrowstyle": "-|>,head_width=0.22,head_length=0.45",
            "color": SOFT,
            "lw": 1.3,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )


def main() -> None:
    """Writes the picture."""
    PATH.parent.mkdir(parents=True, exist_ok=True)
    drawn = draw(audio.AudioSpec(), backbone.BackboneConfig())
    drawn.savefig(PATH, dpi=150, transparent=True)


if __name__ == "__main__":
    main()
