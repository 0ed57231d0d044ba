"""The common space is drawn whatever tags are called and however few."""

import numpy as np
import pytest

from experiments.figures import plots, space_plots

NAMES = ("$a_b$", "_", "$", "hip hop^{2", "\\frac")


def points(count, dim=6, seed=0):
    drawn = np.random.default_rng(seed).normal(size=(count, dim))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def truth_of(recordings=12):
    drawn = np.random.default_rng(3).random((recordings, len(NAMES))) < 0.4
    drawn[0] = True
    return drawn.astype(np.float32)


@pytest.mark.parametrize("seen", [NAMES[:3], NAMES, ()])
@pytest.mark.parametrize("draw", [space_plots.similarity, space_plots.space])
def test_figures_are_drawn_with_one_side_or_both(
    draw, seen, tmp_path, monkeypatch
):
    monkeypatch.setattr(plots, "DPI", 20)
    drawn = draw(truth_of(), points(12), points(5, seed=1), NAMES, seen)
    path = plots.save(drawn, tmp_path / "figure.png")
    assert path.stat().st_size > 0


@pytest.mark.parametrize("draw", [space_plots.similarity, space_plots.space])
def test_one_tag_that_is_carried_is_enough(draw, tmp_path):
    truth = truth_of()
    truth[:, 1:] = 0
    drawn = draw(truth, points(12), points(5, seed=1), NAMES, NAMES[:3])
    assert plots.save(drawn, tmp_path / "figure.png").stat().st_size > 0


def test_a_cell_is_how_near_recordings_are_to_a_tag():
    tags = np.eye(5, 6)
    truth = np.eye(5, dtype=np.float32)
    drawn = space_plots.similarity(truth, tags, tags, NAMES, NAMES[:3])
    axes = drawn.axes[0]
    cells = np.asarray(axes.images[0].get_array())
    # Cosines of a column are one 1 and four 0: 2 and -0.5 deviations.
    np.testing.assert_allclose(cells, 2.5 * np.eye(5) - 0.5)
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == [*NAMES[:3], *(f"{name} *" for name in NAMES[3:])]


def test_tags_that_no_recording_carries_are_left_out():
    truth = truth_of()
    truth[:, 1] = 0
    for draw in (space_plots.similarity, space_plots.space):
        axes = draw(truth, points(12), points(5), NAMES, NAMES[:3]).axes[0]
        shown = {label.get_text() for label in axes.get_xticklabels()}
        shown |= {text.get_text() for text in axes.texts}
        assert NAMES[0] in shown and NAMES[1] not in shown


def test_labels_of_near_tags_do_not_lie_on_each_other():
    tags = np.repeat(points(2, seed=4), 2, axis=0) + 0.01 * points(4, seed=5)
    names = ("one tag", "another tag", "a third", "the last of them")
    drawn = space_plots.space(np.ones((9, 4)), points(9), tags, names, names)
    drawn.draw_without_rendering()
    labels = [text.get_window_extent() for text in drawn.axes[0].texts]
    for place, label in enumerate(labels):
        assert label.count_overlaps(labels[:place]) == 0


def test_points_of_tags_are_told_apart_by_what_was_trained():
    axes = space_plots.space(
        truth_of(), points(12), points(5), NAMES, NAMES[:3]
    ).axes[0]
    sizes = {
        group.get_label(): len(group.get_offsets())
        for group in axes.collections
    }
    assert sizes == {
        "recordings": 12,
        "tags trained on": 3,
        "tags not trained on": 2,
    }
