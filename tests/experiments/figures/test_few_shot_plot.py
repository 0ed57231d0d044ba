"""Every way to learn is a curve, and what learns nothing a level line."""

import numpy as np
import pytest

from experiments.figures import few_shot_plot


def found(value, interval):
    figure = {"mean": value, "ci95_over_draws": interval}
    return dict.fromkeys(few_shot_plot.TITLES, figure)


@pytest.mark.parametrize("interval", [None, [0.5, 0.7]])
def test_curves_and_levels(interval):
    drawn = few_shot_plot.curves(
        {"one": {1: found(0.5, interval), 5: found(0.6, interval)}},
        {"words": found(0.55, interval)},
    )
    for axes in drawn.axes:
        curve, level = axes.get_lines()
        np.testing.assert_array_equal(curve.get_xdata(), [1, 5])
        np.testing.assert_array_equal(curve.get_ydata(), [0.5, 0.6])
        assert set(level.get_ydata()) == {0.55}
        assert len(axes.collections) == (interval is not None)
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one", "words"]
