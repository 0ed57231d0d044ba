import keras
import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import layers


def cells(shape, seed=0):
    draw = np.random.default_rng(seed)
    return draw.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("training", [True, False, None])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("shape", [(2, 6, 8, 3), (1, 7, 5, 2), (1, 2, 2, 1)])
def test_it_is_the_maximum_and_relu_in_either_order(shape, padding, training):
    given = cells(shape)
    pool = keras.layers.MaxPooling2D(2, padding=padding)
    found = layers.PooledReLU(2, padding=padding)(given, training=training)
    for expected in (ops.relu(pool(given)), pool(ops.relu(given))):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_so_is_its_gradient(padding):
    def total(order, given):
        pooled = layers.PooledReLU(2, padding=padding)
        found = pooled(given, training=bool(order))
        return ops.sum(found * ops.sin(found + 1))

    orders = [
        keras_checks.gradient(total, order, cells((2, 9, 7, 3)))
        for order in (0, 1)
    ]
    np.testing.assert_array_equal(*orders)


def test_a_convolution_has_its_relu_right_behind_it_where_nothing_is_trained():
    tf = keras_checks.tensorflow()
    inputs = keras.Input((8, 8, 1))
    outputs = layers.PooledReLU(2)(keras.layers.Conv2D(2, 3)(inputs))
    model = keras.Model(inputs, outputs)

    def kinds(training):
        traced = tf.function(
            lambda x: model(x, training=training)
        ).get_concrete_function(tf.TensorSpec([1, 8, 8, 1]))
        found = [node.type for node in traced.graph.get_operations()]
        return [kind for kind in found if kind in ("Conv2D", "MaxPool", "Relu")]

    assert kinds(training=False) == ["Conv2D", "Relu", "MaxPool"]
    assert kinds(training=True) == ["Conv2D", "MaxPool", "Relu"]
