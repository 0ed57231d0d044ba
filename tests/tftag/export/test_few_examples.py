"""A tag from few recordings: both sides count alike, and units are free."""

import numpy as np
import pytest

from tftag.export import few_examples


@pytest.fixture
def sides():
    draw = np.random.default_rng(0)
    centre = np.array([3.0, 0.0, -1.0])
    return [
        [sign * centre + draw.normal(size=(clips, 3)) for clips in (4, 9, 2)]
        for sign in (1, -1)
    ]


def test_what_is_like_is_above_what_is_not(sides):
    like, unlike = sides
    line = few_examples.learn(like[:2], unlike[:2], None)
    assert line.logits(like[2]).mean() > 0 > line.logits(unlike[2]).mean()
    assert few_examples.told_apart(like, unlike, None) == 1.0


def test_the_units_of_the_vectors_do_not_matter(sides):
    scale, offset = np.array([10.0, 0.1, 2.0]), np.array([5.0, -3.0, 0.0])
    moved = [[one * scale + offset for one in side] for side in sides]
    for background in (None, few_examples.Background(np.ones(3), np.ones(3))):
        other = background and few_examples.Background(
            scale * background.mean + offset, scale * background.deviation
        )
        plain = few_examples.learn(*sides, background)
        found = few_examples.learn(*moved, other)
        np.testing.assert_allclose(
            found.logits(moved[0][0]), plain.logits(sides[0][0]), rtol=1e-3
        )


def test_a_recording_counts_once_however_long_it_is(sides):
    like, unlike = sides
    twice = [np.concatenate([like[0], like[0]]), *like[1:]]
    background = few_examples.Background(np.zeros(3), np.ones(3))
    found = few_examples.learn(twice, unlike, background)
    expected = few_examples.learn(like, unlike, background)
    np.testing.assert_allclose(found.kernel, expected.kernel, atol=1e-4)


def test_one_recording_is_learned_against_the_background(sides):
    background = few_examples.Background(np.zeros(3), np.ones(3))
    line = few_examples.learn(sides[0][:1], [], background)
    assert line.logits(sides[0][2]).mean() > line.logits(sides[1][2]).mean()
    assert line.logits(np.zeros((1, 3)))[0] < 0
