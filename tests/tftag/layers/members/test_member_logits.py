import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import layers

X = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")


def test_each_member_is_a_dense_layer_on_its_own_part():
    layer = layers.MemberLogits(tag_count=5, members=3)
    logits = ops.convert_to_numpy(layer(X))
    kernel, bias = layer.get_weights()
    layer.bias.assign(bias + np.arange(5))
    logits = ops.convert_to_numpy(layer(X))
    for member in range(3):
        part = slice(2 * member, 2 * member + 2)
        np.testing.assert_allclose(
            logits[:, member],
            X[:, part] @ kernel[part] + np.arange(5),
            atol=1e-6,
        )


def test_one_member_sees_the_whole_vector():
    layer = layers.MemberLogits(tag_count=5)
    logits = ops.convert_to_numpy(layer(X))
    np.testing.assert_allclose(
        logits[:, 0], X @ layer.get_weights()[0], atol=1e-6
    )


def test_config_and_batch():
    layer = layers.MemberLogits(tag_count=5, members=2)
    keras_checks.check_round_trip(layer, X)
    keras_checks.check_batch_independent(layer, X, tolerance=1e-6)
    assert layer.compute_output_shape((None, 6)) == (None, 2, 5)


def test_parts_must_be_equal():
    with pytest.raises(ValueError, match="4 equal parts. Received: 6"):
        layers.MemberLogits(tag_count=5, members=4)(X)
