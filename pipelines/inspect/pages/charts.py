"""Charts as SVG, drawn with the page's own colours, light or dark."""

import math
from collections.abc import Sequence

import numpy as np

from pipelines.inspect.pages import page

_WIDTH, _HEIGHT = 360, 178
_LEFT, _TOP, _BOTTOM = 14, 16, 44
_BINS = 30
_NICE = (1, 2, 2.5, 5, 10)


def histogram(
    values: np.ndarray,
    unit: str,
    low: float | None = None,
    at_least: float | None = None,
) -> str:
    """How often values occur, with the median marked.

    Args:
        values: Any number of them; -inf counts into the first bar.
        unit: Written below the axis.
        low: Left end of the axis; by default that of the values.
        at_least: Where the axis ends, where no value is above: an axis of
            millionths would make noise look like news.

    Returns:
        An SVG element.
    """
    values = np.asarray(values, np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return '<p class="note">No values.</p>'
    low = float(finite.min()) if low is None else low
    high = float(finite.max())
    if at_least is not None:
        high = max(high, at_least)
    step = _nice_step((high - low) / 5 or max(1.0, abs(high)) / 5)
    low = math.floor(low / step + 1e-9) * step
    high = max(math.ceil(high / step - 1e-9) * step, low + step)
    inside = np.clip(np.nan_to_num(values, nan=low), low, high)
    counts, edges = np.histogram(inside, _BINS, (low, high))
    inner = _WIDTH - 2 * _LEFT
    floor = _HEIGHT - _BOTTOM
    scale = (floor - _TOP) / max(1, counts.max())

    def across(value):
        return _LEFT + (value - low) / (high - low) * inner

    parts = []
    for count, left, right in zip(counts, edges, edges[1:], strict=False):
        if count:
            # Two pixels at least: a single recording must be seen.
            height = max(2.0, count * scale)
            span = f"{_number(left)} to {_number(right)}"
            parts.append(
                f'<rect class="train" x="{across(left) + 0.5:.1f}" '
                f'y="{floor - height:.1f}" width="{inner / _BINS - 1:.1f}" '
                f'height="{height:.1f}"><title>{span} {page.escape(unit)}: '
                f"{count:,}</title></rect>"
            )
    parts.append(
        f'<line x1="{_LEFT}" x2="{_WIDTH - _LEFT}" y1="{floor}" y2="{floor}" '
        'stroke="var(--line)"/>'
    )
    for tick in np.arange(low, high + step / 2, step):
        parts.append(_tick(across(tick), floor + 14, _number(tick)))
    parts.append(_text(_WIDTH / 2, _HEIGHT - 10, unit, 11))
    median = float(np.median(inside))
    parts.append(_median(across(median), floor, median))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" '
        'style="width:100%">' + "".join(parts) + "</svg>"
    )


def _median(x, floor, value):
    end = x > _WIDTH * 0.7
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 10}" y2="{floor}" '
        'stroke="var(--ink)" stroke-width="1" stroke-dasharray="2 3"/>'
        f'<text class="strong" x="{x + (-4 if end else 4):.1f}" y="{_TOP - 3}" '
        f'font-size="11" text-anchor="{"end" if end else "start"}">median '
        f"{_number(value)}</text>"
    )


def bars(rows: Sequence[tuple[str, dict[str, int], str]]) -> str:
    """A bar per row, made of a piece per split.

    Args:
        rows: Name, recordings by split, and what is said on hovering.

    Returns:
        HTML.
    """
    most = max((sum(counts.values()) for _, counts, _ in rows), default=1)
    parts = []
    for name, counts, said in rows:
        total = sum(counts.values())
        pieces = "".join(
            f'<i class="{split or "none"}" '
            f'style="width:{100 * count / max(1, most):.2f}%"></i>'
            for split, count in counts.items()
            if count
        )
        parts.append(
            f'<div class="bar" title="{page.escape(said)}">'
            f'<span class="name">{page.escape(name)}</span>'
            f'<span class="track">{pieces}</span>'
            f'<span class="number">{total:,}</span></div>'
        )
    return '<div class="bars">' + "\n".join(parts) + "</div>"


def split_key(names: Sequence[str]) -> str:
    """Which colour is which split."""
    return (
        '<p class="note">'
        + "".join(
            f'<span class="key {name or "none"}"></span>{name or "no split"}'
            for name in names
        )
        + "</p>"
    )


def _nice_step(rough):
    """The next round number above: 1, 2, 2.5, 5 or 10 times a power of 10."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(nice * power for nice in _NICE if nice * power >= rough * 0.999)


def _number(value):
    value = round(float(value), 6) + 0.0  # no -0
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _tick(x, y, text):
    # Those at the ends would be cut in half.
    width = 6.4 * len(text)
    x = min(max(x, width / 2), _WIDTH - width / 2)
    return _text(x, y, text, 11)


def _text(x, y, text, size):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
        f'text-anchor="middle">{page.escape(text)}</text>'
    )
