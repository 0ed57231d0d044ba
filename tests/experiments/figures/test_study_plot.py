"""The figure of a study shows every arm, and what is told apart in colour."""

import itertools

import numpy as np
import pytest
from matplotlib import colors

from experiments.figures import plots, study_plot


def arm(value, low, high):
    over = {"value": value, "ci95": [low, high]}
    names = ("map", "roc_auc", "p_at_10")
    return {
        **{name: 0.5 + value for name in names},
        "over_control": {name: over for name in names},
    }


SUMMARY = {
    "arms": {
        "control": arm(0, 0, 0),
        "better": arm(0.1, 0.05, 0.15),
        "worse": arm(-0.1, -0.15, -0.05),
        "equal": arm(0.01, -0.04, 0.06),
    },
    "chosen": None,
}


def test_every_arm_but_the_control_is_a_row_in_its_colour():
    drawn = study_plot.differences(SUMMARY)
    first = drawn.axes[0]
    labels = [label.get_text() for label in first.get_yticklabels()]
    assert labels == ["better", "worse", "equal"]
    points = [line for line in first.get_lines() if line.get_marker() == "o"]
    shown = [colors.to_hex(line.get_color()) for line in points]
    assert shown == [plots.GREEN, plots.ORANGE, plots.GREY]
    at = [float(np.ravel(line.get_xdata())[0]) for line in points]
    assert at == [0.1, -0.1, 0.01]


def test_a_control_alone_has_no_row_and_no_warning():
    drawn = study_plot.differences(
        {"arms": {"control": arm(0, 0, 0)}, "chosen": None}
    )
    assert not drawn.axes[0].get_yticklabels()


def test_numbers_have_room_between_them():
    arms = {"control": arm(0, 0, 0), "small": arm(-0.0053, -0.0124, -0.0003)}
    drawn = study_plot.differences({"arms": arms, "chosen": None})
    drawn.draw_without_rendering()
    for axes in drawn.axes:
        low, high = axes.get_xlim()
        boxes = [
            label.get_window_extent()
            for place, label in zip(
                axes.get_xticks(), axes.get_xticklabels(), strict=True
            )
            if low <= place <= high
        ]
        assert len(boxes) > 1
        for one, other in itertools.pairwise(boxes):
            assert one.x1 + 4 < other.x0


def test_growth_is_that_of_the_line_it_was_made_of():
    counts = np.array([10, 40, 160, 640])
    growth, at_one = study_plot.growth_per_doubling(
        counts, 0.02 * np.log2(counts) + 0.1
    )
    assert growth == pytest.approx(0.02)
    assert at_one == pytest.approx(0.1)


def test_the_curve_has_a_point_per_arm():
    counts = {"control": 80, "better": 40, "worse": 20, "equal": 10}
    (axes,) = study_plot.curve(SUMMARY, counts).axes
    points = axes.get_lines()[0]
    assert points.get_xdata().tolist() == [80, 40, 20, 10]
    assert points.get_ydata() == pytest.approx([0.5, 0.6, 0.4, 0.51])
    bars = axes.get_lines()[1:4]
    ends = [line.get_ydata().tolist() for line in bars]
    assert ends[0] == pytest.approx([0.55, 0.65])


def test_a_tag_is_a_point_and_a_fifth_of_them_a_line_at_its_mean():
    rows = [
        {"tag": str(n), "count": n, "control": 0.2, "up": 0.3, "down": 0.1}
        for n in (40, 10, 30, 20, 50)
    ]
    rows.append({"tag": "none", "count": 0, "control": np.nan, "up": np.nan})
    up, down = (
        axes for axes in study_plot.tags(rows).axes if axes.get_visible()
    )
    for axes, value in ((up, 0.1), (down, -0.1)):
        points, *fifths = axes.get_lines()[:6]
        assert points.get_xdata().tolist() == [10, 20, 30, 40, 50]
        assert points.get_ydata() == pytest.approx([value] * 5)
        assert fifths[0].get_ydata() == pytest.approx([value] * 2)
