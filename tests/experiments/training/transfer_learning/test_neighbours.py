"""What recordings near a clip say of it."""

import numpy as np
import pytest
from sklearn import kernel_ridge

from experiments.training.transfer_learning import neighbours
from tftag import layers

DRAW = np.random.default_rng(0)
VECTORS = DRAW.normal(size=(40, 6)).astype(np.float32)
LABELS = (VECTORS[:, :3] + DRAW.normal(size=(40, 3)) > 0.5).astype(np.float32)


def fitted(vectors=VECTORS, labels=LABELS, recordings=50, seed=0):
    layer = layers.KernelRegression(labels.shape[1], recordings)
    layer.build((None, vectors.shape[1]))
    neighbours.fit(layer, vectors, labels, seed)
    return layer


def test_it_is_the_positive_part_of_scikit_learns_kernel_ridge():
    clips = DRAW.normal(size=(7, 6)).astype(np.float32)
    away = np.sum((VECTORS[:, np.newaxis] - VECTORS) ** 2, axis=-1)
    ridge = kernel_ridge.KernelRidge(
        alpha=0.1, kernel="rbf", gamma=2 / np.median(away)
    )
    ridge.fit(VECTORS, (LABELS - LABELS.mean(0)) / LABELS.std(0))
    expected = np.maximum(ridge.predict(clips), 0)
    np.testing.assert_allclose(fitted()(clips), expected, atol=1e-4)


def test_a_recording_speaks_for_its_tags_and_more_for_a_rare_one():
    labels = np.zeros((40, 3), np.float32)
    labels[:2, 0] = labels[:20, 1] = 1
    said = np.asarray(fitted(labels=labels)(VECTORS))
    assert said[0, 0] > 2 * said[0, 1] > 0
    # Not for a tag that it lacks, nor for one that no recording has.
    assert said[39, 0] < 0.1 * said[0, 0]
    np.testing.assert_array_equal(said[:, 2], np.zeros(40))


def test_of_more_recordings_than_it_holds_some_are_drawn():
    few = fitted(recordings=10)
    kept = few.get_weights()[0]
    assert kept.shape == (10, 6)
    assert {tuple(row) for row in kept} <= {tuple(row) for row in VECTORS}
    again, other = fitted(recordings=10), fitted(recordings=10, seed=1)
    np.testing.assert_array_equal(again.get_weights()[0], kept)
    assert np.any(other.get_weights()[0] != kept)


@pytest.mark.parametrize("count", [1, 4])
def test_recordings_that_sound_alike_do_not_divide_by_zero(count):
    alike = np.ones((count, 6), np.float32)
    labels = np.eye(count, 3, dtype=np.float32)
    assert np.isfinite(fitted(alike, labels)(alike)).all()
