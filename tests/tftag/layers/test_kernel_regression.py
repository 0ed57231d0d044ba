"""Kernel regression beside a sum that is written out."""

import keras
import numpy as np

from tftag import layers


def filled(recordings=5, tags=3, dim=4, width=1.7, seed=0):
    draw = np.random.default_rng(seed)
    layer = layers.KernelRegression(tags, recordings)
    layer.build((None, dim))
    layer.set_weights(
        [
            draw.normal(size=(recordings, dim)),
            draw.normal(size=(recordings, tags)),
            np.float32(width),
        ]
    )
    return layer


def test_it_is_the_positive_part_of_a_weighted_sum():
    layer = filled()
    vectors, coefficients, width = map(np.array, layer.get_weights())
    clips = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    expected = np.zeros((6, 3))
    for row, clip in enumerate(clips):
        for vector, coefficient in zip(vectors, coefficients, strict=True):
            away = np.sum((clip - vector) ** 2)
            expected[row] += np.exp(-away / width**2) * coefficient
    expected = np.maximum(expected, 0)
    assert 0 < np.mean(expected == 0) < 1
    np.testing.assert_allclose(layer(clips), expected, atol=1e-5)


def test_before_it_is_fitted_it_says_nothing_and_nothing_in_it_is_trained():
    layer = layers.KernelRegression(3, 5)
    clips = np.ones((2, 4), np.float32)
    np.testing.assert_array_equal(layer(clips), np.zeros((2, 3)))
    assert not layer.trainable_weights
    assert len(layer.weights) == 3


def test_far_from_all_recordings_nothing_speaks_for_a_tag():
    clips = np.full((1, 4), 1e3, np.float32)
    np.testing.assert_array_equal(filled()(clips), np.zeros((1, 3)))


def test_it_is_saved_and_opened(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, filled()(inputs))
    model.save(tmp_path / "a.keras")
    again = keras.saving.load_model(tmp_path / "a.keras")
    clips = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    np.testing.assert_array_equal(again(clips), model(clips))
