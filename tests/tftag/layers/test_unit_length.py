import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import layers

X = np.random.default_rng(0).normal(size=(4, 12)).astype("float32")


@pytest.mark.parametrize("members", [1, 3])
def test_dot_products_are_the_mean_of_the_members_cosines(members):
    other = np.random.default_rng(1).normal(size=(4, 12)).astype("float32")
    layer = layers.UnitLength(members)
    a, b = (ops.convert_to_numpy(layer(x)) for x in (X, other))
    np.testing.assert_allclose(np.linalg.norm(a, axis=1), 1, rtol=1e-6)
    parts = [x.reshape(4, members, -1) for x in (X, other)]
    norms = [np.linalg.norm(x, axis=-1) for x in parts]
    cosines = (parts[0] * parts[1]).sum(-1) / norms[0] / norms[1]
    np.testing.assert_allclose(
        (a * b).sum(axis=1), cosines.mean(axis=1), atol=1e-6
    )


@pytest.mark.parametrize("size", [1e-25, 1e-10, 1e10, 1e25])
def test_length_of_the_input_does_not_matter(size):
    layer = layers.UnitLength()
    np.testing.assert_allclose(
        layer((X * size).astype("float32")), layer(X), rtol=1e-5
    )


def test_zeros_stay_zero_and_gradients_finite():
    layer = layers.UnitLength(2)
    x = np.concatenate([X, np.zeros((1, 12), "float32")])
    x[0, :6] = 0
    x[1] *= 1e-38
    outputs = ops.convert_to_numpy(layer(x))
    assert np.all(np.isfinite(outputs))
    assert np.all(outputs[-1] == 0) and np.all(outputs[0, :6] == 0)
    gradient = keras_checks.gradient(
        lambda _, x: ops.sum(layer(x) ** 3), 0.0, x
    )
    assert np.all(np.isfinite(gradient))


def test_holds_to_the_checks_of_a_layer():
    keras_checks.check_round_trip(layers.UnitLength(3), X)
    keras_checks.check_batch_independent(
        layers.UnitLength(3), X, tolerance=1e-6
    )
    keras_checks.check_mixed_precision(
        lambda: layers.UnitLength(3),
        np.round(X * 8) / 8,
        dtype="float32",
        tolerance={"float16": 1e-6, "bfloat16": 1e-6},
    )
