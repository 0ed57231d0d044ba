"""The tagger's word on unseen tags against a slow reference."""

import numpy as np
import pytest

from tftag.zero_shot import conse


def _random(seed):
    rng = np.random.default_rng(seed)
    return (
        rng.random((20, 9)),
        rng.normal(size=(9, 6)) + 0.5,
        rng.normal(size=(4, 6)) + 0.5,
    )


@pytest.mark.parametrize("nearest", [1, 3, 9, 50])
def test_equals_a_loop_over_targets(nearest):
    probabilities, seen, targets = _random(0)
    scores = conse.conse(probabilities, seen, targets, nearest)
    for column, target in enumerate(targets):
        cosine = [
            target @ tag / np.linalg.norm(target) / np.linalg.norm(tag)
            for tag in seen
        ]
        best = sorted(range(9), key=lambda tag: -cosine[tag])[:nearest]
        weights = [max(cosine[tag], 0) for tag in best]
        for row in range(20):
            expected = np.average(probabilities[row, best], weights=weights)
            assert scores[row, column] == pytest.approx(expected)


def test_a_seen_tag_asked_alone_is_itself():
    probabilities, seen, _ = _random(1)
    np.testing.assert_allclose(
        conse.conse(probabilities, seen, 3 * seen, nearest=1), probabilities
    )


@pytest.mark.parametrize("seed", range(3))
def test_order_and_length_change_nothing_and_means_stay_in_range(seed):
    probabilities, seen, targets = _random(seed)
    scores = conse.conse(probabilities, seen, targets, 4)
    rng = np.random.default_rng(seed)
    rows, tags, asked = map(rng.permutation, (20, 9, 4))
    moved = conse.conse(
        probabilities[rows][:, tags], 5 * seen[tags], targets[asked] / 7, 4
    )
    np.testing.assert_allclose(moved, scores[rows][:, asked])
    assert probabilities.min() <= scores.min()
    assert scores.max() <= probabilities.max()


def test_refuses_what_cannot_be_scored():
    probabilities, seen, targets = _random(0)
    with pytest.raises(ValueError, match=r"targets \[0\] with no cosine"):
        conse.conse(np.ones((3, 2)), [[1, 0], [0, 1]], [[-1, -1], [1, 1]])
    with pytest.raises(ValueError, match=r"\[recordings, seen\]"):
        conse.conse(probabilities[:, 1:], seen, targets)
    with pytest.raises(ValueError, match=r"\[recordings, seen\]"):
        conse.conse(probabilities, seen, targets[:, 1:])
    with pytest.raises(ValueError, match="`nearest`"):
        conse.conse(probabilities, seen, targets, 0)
    with pytest.raises(ValueError, match="`target_vectors` must be finite"):
        conse.conse(probabilities, seen, targets * 0)
