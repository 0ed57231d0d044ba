"""The epoch of the weights is the best one, or else the last."""

import pytest

from experiments.runs import checkpoint, training_result


@pytest.mark.parametrize(("best", "expected"), [(3, 3), (0, 5)])
def test_the_weights_are_of_the_best_epoch_where_one_was_chosen(best, expected):
    progress = checkpoint.Progress(epoch=5, best_epoch=best, lost={"a": "gone"})
    found = training_result.Trained.of(None, progress, 2.5)
    assert found.best_epoch == expected
    assert (found.seconds, found.lost) == (2.5, {"a": "gone"})
