"""Few-shot draws: nobody is asked of what it was learned from."""

import numpy as np
import pytest

from experiments.scoring import few_recordings


@pytest.fixture
def labels():
    drawn = np.random.default_rng(0).random((60, 5))
    drawn = (drawn < [0.5, 0.5, 0.05, 0.3, 1.0]).astype(np.float32)
    drawn[:12, 3] = 0  # nobody who is asked has it
    return drawn


HELD = np.arange(12)


def test_examples_are_outside_of_what_is_asked_and_have_their_tag(labels):
    found = few_recordings.draw(labels, HELD, 10, 6, seed=0)
    # One is rare, one is not asked for, and one has no other side.
    assert [each.tag for each in found] == [0, 1]
    for each in found:
        assert len(set(each.like)) == len(set(each.unlike)) == 6
        assert not set(HELD) & {*each.like, *each.unlike}
        assert labels[each.like, each.tag].all()
        assert not labels[each.unlike, each.tag].any()


def test_fewer_examples_are_the_first_and_other_seeds_draw_others(labels):
    few, more = (
        few_recordings.draw(labels, HELD, 10, most, seed=0) for most in (2, 6)
    )
    np.testing.assert_array_equal(few[1].like, more[1].like[:2])
    other = few_recordings.draw(labels, HELD, 10, 6, seed=1)
    assert list(other[0].like) != list(more[0].like)


@pytest.mark.parametrize("is_with_unlike", [True, False])
def test_what_a_vector_says_of_a_tag_is_learned(labels, is_with_unlike):
    draw = np.random.default_rng(1)
    vectors = [
        np.concatenate([8 * row[:2] - 4, [0.0]]) + draw.normal(size=(3, 3))
        for row in labels
    ]
    background = few_recordings.few_examples.Background(
        np.zeros(3), np.full(3, 2.0)
    )
    examples = few_recordings.draw(labels, HELD, 10, 6, seed=0)
    way = few_recordings.Way(
        vectors, background, np.zeros((3, 5)), is_with_unlike
    )
    scores = few_recordings.scores(way, examples, 6, HELD)
    assert scores.shape == (12, 2)
    assert scores.min() >= 0 and scores.max() <= 1
    for each, column in zip(examples, scores.T, strict=True):
        truth = labels[HELD, each.tag].astype(bool)
        assert column[truth].min() > column[~truth].max()
