"""Several draws of unseen tags as one result."""

import numpy as np
import pytest
from scipy import stats

from tftag.zero_shot import repeated_draws


def _result(value):
    figure = {"value": value, "ci95": None, "chance": value / 2}
    return {"unseen": {"map": figure, "tags_counted": 3}, "unseen_tags": 3}


def test_combines_figures_and_keeps_each():
    values = [0.1, 0.3, 0.2, 0.25]
    combined = repeated_draws.combine([_result(value) for value in values])
    figure = combined["unseen"]["map"]
    low, high = stats.t.interval(
        0.95, 3, loc=np.mean(values), scale=stats.sem(values)
    )
    assert figure["mean"] == pytest.approx(np.mean(values))
    assert figure["ci95_over_draws"] == pytest.approx([low, high], rel=1e-4)
    assert (figure["min"], figure["max"]) == (0.1, 0.3)
    assert figure["values"] == values
    assert figure["chance"] == pytest.approx(np.mean(values) / 2)
    assert "ceiling" not in figure
    assert combined["tag_draws"] == 4
    assert set(combined["unseen"]) == {"map"}


def test_the_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        results = [_result(value) for value in rng.normal(0.5, 0.1, 4)]
        low, high = repeated_draws.combine(results)["unseen"]["map"][
            "ci95_over_draws"
        ]
        covered += low <= 0.5 <= high
    assert 0.92 < covered / 400 < 0.98


def test_one_draw_has_no_interval():
    figure = repeated_draws.combine([_result(0.4)])["unseen"]["map"]
    assert figure["ci95_over_draws"] is None
    assert figure["mean"] == figure["min"] == figure["max"] == 0.4


def test_refuses_what_is_not_of_one_form():
    with pytest.raises(ValueError, match="at least one draw"):
        repeated_draws.combine([])
    with pytest.raises(ValueError, match="one form"):
        repeated_draws.combine([_result(0.1), {"seen": {}}])
