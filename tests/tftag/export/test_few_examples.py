"""A tag from few recordings: both sides count alike, and units are free."""

import numpy as np
import pytest

from tftag.export import few_examples

NOTHING = np.zeros(3)
BACKGROUND = few_examples.Background(np.zeros(3), np.ones(3))


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
    background = few_examples.Background.of([*like[:2], *unlike[:2]])
    line = few_examples.learn(like[:2], unlike[:2], background, NOTHING)
    assert line.logits(like[2]).mean() > 0 > line.logits(unlike[2]).mean()
    assert few_examples.told_apart(like, unlike, background, NOTHING) == 1.0


@pytest.mark.parametrize("is_drawn", [True, False])
def test_the_units_of_the_vectors_do_not_matter(sides, is_drawn):
    scale, offset = np.array([10.0, 0.1, 2.0]), np.array([5.0, -3.0, 0.0])
    moved = [[one * scale + offset for one in side] for side in sides]
    background, other = (
        few_examples.Background.of([*side[0], *side[1]])
        for side in (sides, moved)
    )
    if is_drawn:
        background = few_examples.Background(np.ones(3), np.ones(3))
        other = few_examples.Background(scale + offset, scale)
    expected = np.array([0.0, 1.0, 0.5])
    plain = few_examples.learn(*sides, background, expected)
    found = few_examples.learn(*moved, other, expected / scale)
    np.testing.assert_allclose(
        found.logits(moved[0][0]), plain.logits(sides[0][0]), rtol=1e-3
    )


def test_a_recording_counts_once_however_long_it_is(sides):
    like, unlike = sides
    twice = [np.concatenate([like[0], like[0]]), *like[1:]]
    found = few_examples.learn(twice, unlike, BACKGROUND, NOTHING)
    expected = few_examples.learn(like, unlike, BACKGROUND, NOTHING)
    np.testing.assert_allclose(found.kernel, expected.kernel, atol=1e-4)


def test_one_recording_is_learned_against_the_background(sides):
    line = few_examples.learn(sides[0][:1], [], BACKGROUND, NOTHING)
    assert line.logits(sides[0][2]).mean() > line.logits(sides[1][2]).mean()
    assert line.logits(np.zeros((1, 3)))[0] < 0


def test_what_is_unlike_adds_to_the_background(sides):
    """What is near to the tag is told apart, and so is what is near to none."""
    like, _ = sides
    near = [one + [0.0, 6.0, 0.0] for one in like]
    alone = few_examples.learn(like[:2], [], BACKGROUND, NOTHING)
    line = few_examples.learn(like[:2], near[:2], BACKGROUND, NOTHING)
    assert alone.logits(near[2]).mean() > 0 > line.logits(near[2]).mean()
    assert line.logits(like[2]).mean() > 0 > line.logits(np.zeros((1, 3)))[0]


def test_a_single_unlike_recording_is_asked_where_there_is_a_background(sides):
    like, (right, *_) = sides
    wrong = like[2]
    for unlike, share in ((right, 1.0), (wrong, 2 / 3)):
        told = few_examples.told_apart(like[:2], [unlike], BACKGROUND, NOTHING)
        assert told == share


def test_recordings_draw_a_tag_away_from_what_its_name_says(sides):
    """The fewer there are, the nearer it stays."""
    like, unlike = sides
    expected = np.array([0.0, 1.0, 0.0])
    few, more, without = (
        few_examples.learn(like[:count], unlike[:count], BACKGROUND, kernel)
        for count, kernel in ((1, expected), (3, expected), (3, NOTHING))
    )
    assert few.kernel[1] / few.kernel[0] > more.kernel[1] / more.kernel[0] > 0
    assert more.kernel[1] > without.kernel[1]
    assert more.logits(like[2]).mean() > 0 > more.logits(unlike[2]).mean()


def test_a_name_is_expected_to_sound_like_the_names_it_is_near_to():
    kernel = np.array([[2.0, 0.0], [0.0, -1.0], [0.0, 0.0]])
    names = np.eye(2)
    words = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.0, 0.0]])
    found = few_examples.expected_kernels(kernel, names, words).T
    assert found[0, 0] > 0 and not found[0, 1:].any()
    assert found[1, 1] < 0 and not found[1, ::2].any()
    assert 0 < found[2, 0] < found[0, 0] and found[1, 1] < found[2, 1] < 0
    assert not found[3].any()
