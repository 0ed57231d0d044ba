"""Figures of all tags: order, what is beside them, what confusion means."""

import numpy as np
import pytest

from experiments.figures import plots, tag_plots
from tftag import metrics


def _table(tags):
    rng = np.random.default_rng(tags)
    truth = rng.random((80, tags)) < 0.3
    truth[:, 0] = False
    scores = rng.normal(size=truth.shape) + truth
    names = [f"tag ${number}$ & co" for number in range(tags)]
    return metrics.per_tag_table(truth, scores, names)


@pytest.mark.parametrize("tags, columns", [(3, 1), (16, 1), (148, 3)])
def test_bars_fall_and_every_tag_with_a_positive_is_there(
    tags, columns, tmp_path
):
    table = _table(tags)
    drawn = tag_plots.average_precision_per_tag(table)
    assert len(drawn.axes) == columns
    bars, labels, chances, notes = [], [], [], []
    for axes in drawn.axes:
        bars += [bar.get_width() for bar in axes.patches]
        labels += [label.get_text() for label in axes.get_yticklabels()]
        chances += axes.collections[0].get_offsets()[:, 0].tolist()
        notes += [text.get_text() for text in axes.texts][:-1]
    rows = {row["tag"]: row for row in table}
    assert bars == sorted(bars, reverse=True)
    assert len(labels) == tags - 1
    for label, bar, chance, note in zip(
        labels, bars, chances, notes, strict=True
    ):
        assert bar == pytest.approx(rows[label]["ap"])
        assert chance == pytest.approx(rows[label]["chance_ap"])
        assert note == str(rows[label]["count"])
    title = drawn.get_suptitle()
    assert title.endswith("\n1 without a positive left out")
    plots.save(drawn, tmp_path / "tags.png")


def test_of_many_tags_the_best_and_the_worst_are_shown():
    table = _table(1_200)
    drawn = tag_plots.average_precision_per_tag(table)
    bars = [bar.get_width() for axes in drawn.axes for bar in axes.patches]
    every = sorted((row["ap"] for row in table[1:]), reverse=True)
    assert bars == pytest.approx(every[:250] + every[-250:])
    assert max(drawn.get_size_inches()) * plots.DPI < 2**16
    title = drawn.get_suptitle().splitlines()[0]
    assert title.endswith(
        f"mean {np.mean(every):.3f} over 1199 tags, of which the 250 best and "
        "the 250 worst"
    )


def _confusion(truth, scores):
    names = [f"tag {number}" for number in range(truth.shape[1])]
    drawn = tag_plots.tag_confusion(truth, scores, names)
    axes = drawn.axes[0]
    shown = [label.get_text() for label in axes.get_xticklabels()]
    return 2 ** np.ma.filled(axes.images[0].get_array(), np.nan), shown


def test_a_tag_given_in_place_of_another_is_above_its_usual_value():
    truth = np.zeros((90, 3))
    truth[:40, 0] = truth[40:70, 1] = truth[70:, 2] = 1
    scores = np.where(truth > 0, 0.8, 0.1)
    scores[:40, 1] = 0.4
    ratio, shown = _confusion(truth, scores)
    assert shown == ["tag 0", "tag 1", "tag 2"]
    usual = (40 * 0.4 + 20 * 0.1) / 60
    assert ratio[0, 1] == pytest.approx(0.4 / usual)
    assert ratio[2, 1] == pytest.approx(0.1 / usual)
    assert ratio[1, 0] == pytest.approx(1.0)
    assert ratio[1, 1] == pytest.approx(0.8 / usual)


def test_tags_that_go_together_in_truth_are_no_confusion():
    rng = np.random.default_rng(1)
    truth = np.zeros((200, 2))
    truth[:100, 0] = 1
    truth[:90, 1] = 1
    scores = np.where(truth > 0, 0.9, 0.05 + 0.01 * rng.random(truth.shape))
    ratio, _ = _confusion(truth, scores)
    assert ratio[0, 1] == pytest.approx(1.0, abs=0.1)
    assert ratio[1, 1] > 10
    # Nobody carries tag 1 without tag 0.
    assert np.isnan(ratio[1, 0])


def test_the_most_frequent_tags_are_shown():
    rng = np.random.default_rng(2)
    truth = rng.random((300, 50)) < np.linspace(0.05, 0.9, 50)
    truth[:, 49] = 0
    _, shown = _confusion(truth, rng.random(truth.shape))
    counts = [truth[:, int(name.split()[1])].sum() for name in shown]
    assert len(shown) == 30
    assert counts == sorted(counts, reverse=True)
    assert min(counts) >= np.sort(truth.sum(axis=0))[-30]


def test_confusion_needs_probabilities():
    with pytest.raises(ValueError, match="probabilities"):
        tag_plots.tag_confusion(np.eye(3), 2 * np.eye(3), ["a", "b", "c"])
