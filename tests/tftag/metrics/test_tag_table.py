"""The table of tags against scikit-learn's figures at a threshold."""

import numpy as np
import pytest
import tied_scores
from sklearn import metrics as reference

from tftag import metrics


def test_table_has_a_row_per_tag_with_scikit_learns_figures():
    truth, scores = tied_scores.draw(10)
    names = [f"tag {index}" for index in range(12)]
    thresholds = np.full(12, 0.8)
    rows = metrics.per_tag_table(truth, scores, names, thresholds)
    assert [row["tag"] for row in rows] == names
    assert rows[0]["ap"] is rows[0]["recall"] is rows[0]["chance_ap"] is None
    assert rows[1]["roc_auc"] is None
    for tag in range(2, 12):
        decided = scores[:, tag] >= 0.8
        row = rows[tag]
        assert row["count"] == truth[:, tag].sum()
        assert row["chance_ap"] == pytest.approx(truth[:, tag].mean())
        for name, figure in (
            ("precision", reference.precision_score),
            ("recall", reference.recall_score),
            ("accuracy", reference.accuracy_score),
        ):
            assert row[name] == pytest.approx(figure(truth[:, tag], decided))


def test_table_judges_decisions_that_were_made_elsewhere():
    truth, scores = tied_scores.draw(11)
    names = list("abcdefghijkl")
    nothing = metrics.per_tag_table(truth, scores, names)
    assert nothing[3]["threshold"] is nothing[3]["accuracy"] is None
    rows = metrics.per_tag_table(
        truth, scores, names, np.zeros(12), decisions=truth > 0
    )
    assert rows[3]["precision"] == rows[3]["accuracy"] == 1.0
    assert rows[3]["ap"] == nothing[3]["ap"] < 1.0
    never = np.zeros(truth.shape, bool)
    rows = metrics.per_tag_table(truth, scores, names, decisions=never)
    assert rows[3]["precision"] is None
    assert rows[3]["recall"] == 0.0
    assert [list(row) for row in rows] == [list(row) for row in nothing]


def test_refuses_what_does_not_fit_the_tags():
    truth, scores = np.zeros((4, 2)), np.zeros((4, 2))
    with pytest.raises(ValueError, match="`names`"):
        metrics.per_tag_table(truth, scores, ["a"])
    with pytest.raises(ValueError, match="`thresholds`"):
        metrics.per_tag_table(truth, scores, ["a", "b"], [0.5])
    with pytest.raises(ValueError, match="`decisions`"):
        metrics.per_tag_table(truth, scores, ["a", "b"], decisions=[True])
