"""Recordings drawn several times against writing the draws out."""

import numpy as np
import pytest
import tied_scores

from tftag import metrics
from tftag.metrics import weighted_ranking


def _repeat(truth, scores, counts):
    rows = np.repeat(np.arange(len(counts)), counts)
    return truth[rows], scores[rows]


@pytest.mark.parametrize("seed", range(3))
def test_a_draw_is_the_recordings_written_out(seed):
    truth, scores = tied_scores.draw(seed)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(60, [1 / 60] * 60, size=8).T.astype(np.int32)
    drawn = weighted_ranking.figures(truth.astype(bool), scores, counts)
    for draw in range(8):
        written_out = _repeat(truth, scores, counts[:, draw])
        for name in ("average_precision", "roc_auc", "precision_at"):
            np.testing.assert_allclose(
                getattr(drawn, name)[draw],
                getattr(metrics, name)(*written_out),
                atol=1e-12,
            )
        np.testing.assert_allclose(
            drawn.r_precision[draw], metrics.r_precision(*written_out)
        )


def test_draws_leave_out_tags_that_lost_their_positives():
    truth = np.zeros((8, 2))
    truth[0] = 1
    truth[:6, 1] = 1
    scores = np.arange(16.0).reshape(8, 2)
    counts = np.ones((8, 1), np.int32)
    counts[0], counts[7] = 0, 2
    drawn = weighted_ranking.figures(truth > 0, scores, counts)
    assert np.isnan(drawn.average_precision[0, 0])
    kept = metrics.average_precision(*_repeat(truth, scores, counts[:, 0]))
    assert weighted_ranking.mean_known(drawn.average_precision)[0] == kept[1]
