import keras
import numpy as np
import pytest
from keras import ops

from tftag.losses import negatives

ALL = list(negatives.SAMPLINGS.values())


def _batch(seed=0, clips=7, tags=5, members=2):
    draw = np.random.default_rng(seed)
    labels = (draw.uniform(size=(clips, 1, tags)) < 0.4).astype("float32")
    labels[:, :, 0] = 0  # a tag without a clip
    labels[0] = 0  # a clip without a tag of its own
    labels[:, :, 1] = 1  # a tag that all clips have
    cosines = draw.uniform(-1, 1, (clips, members, tags)).astype("float32")
    return labels, cosines


def _shares(sampling, labels, cosines):
    positive, negative = map(ops.convert_to_numpy, sampling(labels, cosines))
    return positive, np.broadcast_to(negative, cosines.shape)


@pytest.mark.parametrize("sampling", ALL)
@pytest.mark.parametrize("seed", range(3))
def test_probabilities_of_what_may_be_drawn(sampling, seed):
    labels, cosines = _batch(seed)
    positive, negative = _shares(sampling, labels, cosines)
    assert positive.sum() == pytest.approx(1, rel=1e-5)
    assert np.all(positive >= 0) and np.all(negative >= 0)
    assert np.all((positive > 0) <= (labels > 0))
    assert np.all((negative > 0) <= (labels == 0))
    assert not positive[:, :, :2].any()
    drawn = (positive > 0).any(axis=(0, 1))
    np.testing.assert_allclose(negative.sum(axis=0)[:, drawn], 1.0, rtol=1e-5)


def test_random_draws_pairs_and_balanced_draws_tags():
    labels = np.array([[1, 1], [1, 0], [1, 0], [0, 0]], "float32")[:, None]
    cosines = np.zeros((4, 1, 2), "float32")
    pairs, _ = _shares(negatives.random, labels, cosines)
    np.testing.assert_allclose(pairs, labels / 4)
    tags, negative = _shares(negatives.balanced, labels, cosines)
    np.testing.assert_allclose(
        tags[:, 0], [[1 / 6, 1 / 2], [1 / 6, 0], [1 / 6, 0], [0, 0]], rtol=1e-6
    )
    np.testing.assert_allclose(
        negative[:, 0], [[0, 0], [0, 1 / 3], [0, 1 / 3], [1, 1 / 3]], rtol=1e-6
    )


def test_near_negatives_are_drawn_more_often():
    labels = np.array([1, 0, 0, 0], "float32")[:, None, None]
    cosines = np.array([0.9, 1.0, 0.0, -1.0], "float32")[:, None, None]
    _, weighted = _shares(negatives.distance_weighted, labels, cosines)
    np.testing.assert_allclose(
        weighted[:, 0, 0], [0, 2 / 3, 1 / 3, 0], atol=1e-6
    )
    _, hardest = _shares(negatives.hard, labels, cosines)
    np.testing.assert_allclose(hardest[:, 0, 0], [0, 1, 0, 0])
    cosines[2] = 1.0
    _, hardest = _shares(negatives.hard, labels, cosines)
    np.testing.assert_allclose(hardest[:, 0, 0], [0, 0.5, 0.5, 0])


def test_soft_labels_are_drawn_less_and_are_no_negatives():
    labels = np.array([[1.0, 0.2], [0.5, 0.0], [0.0, 0.0]], "float32")[:, None]
    cosines = np.zeros((3, 1, 2), "float32")
    for sampling in ALL:
        positive, negative = _shares(sampling, labels, cosines)
        assert positive[0, 0, 0] == pytest.approx(2 * positive[1, 0, 0])
        assert positive[0, 0, 1] < positive[:, 0, 0].sum()
        np.testing.assert_allclose(negative[:, 0, 0], [0, 0, 1])


@pytest.mark.parametrize("sampling", ALL)
@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_nothing_to_draw_is_zero(sampling, fill):
    labels, cosines = _batch()
    positive, _ = _shares(sampling, np.full_like(labels, fill), cosines)
    np.testing.assert_array_equal(positive, 0)


@pytest.mark.parametrize("sampling", ALL)
def test_functions_are_saved_by_name(sampling):
    saved = keras.saving.serialize_keras_object(sampling)
    assert keras.saving.deserialize_keras_object(saved) is sampling
