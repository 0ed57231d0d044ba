import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import layers

X = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")


def test_each_member_is_a_dense_layer_on_its_own_part():
    layer = layers.MemberDense(units=5, members=3)
    layer(X)
    kernel, _ = layer.get_weights()
    bias = np.arange(15.0).reshape(3, 5)
    layer.set_weights([kernel, bias])
    outputs = ops.convert_to_numpy(layer(X)).reshape(4, 3, 5)
    for member in range(3):
        part = X[:, 2 * member : 2 * member + 2]
        np.testing.assert_allclose(
            outputs[:, member], part @ kernel[member] + bias[member], atol=1e-6
        )


def test_members_start_apart_and_as_wide_as_a_dense_layer_would():
    layer = layers.MemberDense(units=100, members=4)
    layer.build((None, 4 * 200))
    kernel = layer.get_weights()[0]
    assert len(np.unique(kernel)) > 0.9 * kernel.size
    limit = np.sqrt(6 / 300)
    for member in kernel:
        assert 0.99 * limit < np.abs(member).max() <= limit
        assert member.std() == pytest.approx(limit / np.sqrt(3), rel=0.02)


def test_config_and_batch():
    layer = layers.MemberDense(units=5, members=2)
    keras_checks.check_round_trip(layer, X)
    keras_checks.check_batch_independent(layer, X, tolerance=1e-6)
    assert layer.compute_output_shape((None, 6)) == (None, 10)


def test_parts_must_be_equal():
    with pytest.raises(ValueError, match="4 equal parts. Received: 6"):
        layers.MemberDense(units=5, members=4)(X)
