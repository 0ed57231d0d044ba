"""Charts as SVG, drawn with the page's own colours, light or dark."""

import math
from collections.abc import Sequence

import markupsafe
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
) -> markupsafe.Markup:
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
        return markupsafe.Markup('<p class="note">No values.</p>')
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

    bars = [
        {
            "x": across(left) + 0.5,
            "width": inner / _BINS - 1,
            # Two pixels at least: a single recording must be seen.
            "height": max(2.0, count * scale),
            "said": f"{_number(left, step)} to {_number(right, step)}",
            "count": int(count),
        }
        for count, left, right in zip(counts, edges, edges[1:], strict=False)
        if count
    ]
    median = float(np.median(inside))
    return page.draw(
        "histogram.html",
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        top=_TOP,
        floor=floor,
        unit=unit,
        bars=bars,
        ticks=[
            _tick(across(tick), _number(tick, step))
            for tick in np.arange(low, high + step / 2, step)
        ],
        median={"x": across(median), "said": _number(median, step / 10)},
    )


def bars(
    rows: Sequence[tuple[str, dict[str, int], str]],
) -> markupsafe.Markup:
    """A bar per row, made of a piece per split.

    Args:
        rows: Name, recordings by split, and what is said on hovering.

    Returns:
        HTML.
    """
    most = max((sum(counts.values()) for _, counts, _ in rows), default=1)
    return page.draw("bars.html", rows=rows, most=max(1, most))


def _nice_step(rough):
    """The next round number above: 1, 2, 2.5, 5 or 10 times a power of 10."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(nice * power for nice in _NICE if nice * power >= rough * 0.999)


def _number(value, step):
    """With the digits that tell it from a number one step away."""
    digits = max(0, 1 - math.floor(math.log10(step)))
    value = round(float(value), digits) + 0.0  # no -0
    whole, _, rest = f"{value:,.{digits}f}".partition(".")
    return ".".join(filter(None, (whole, rest.rstrip("0"))))


def _tick(x, said):
    """Where a number stands: at the ends it would be cut in half."""
    width = 6.4 * len(said)
    return min(max(x, width / 2), _WIDTH - width / 2), said
