import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import layers

X = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")


@pytest.mark.parametrize("members", [1, 3])
def test_each_member_is_a_dense_layer_on_its_own_part(members):
    layer = layers.MemberLogits(tag_count=5, members=members)
    layer.build((None, 6))
    kernel, bias = layer.get_weights()
    layer.bias.assign(bias + np.arange(5))
    logits = ops.convert_to_numpy(layer(X))
    parts = np.split(X, members, axis=1), np.split(kernel, members)
    for member, (part, weights) in enumerate(zip(*parts, strict=True)):
        np.testing.assert_allclose(
            logits[:, member], part @ weights + np.arange(5), atol=1e-6
        )


def test_config_and_batch():
    layer = layers.MemberLogits(tag_count=5, members=2)
    keras_checks.check_round_trip(layer, X)
    keras_checks.check_batch_independent(layer, X, tolerance=1e-6)
    assert layer.compute_output_shape((None, 6)) == (None, 2, 5)


def test_parts_must_be_equal():
    with pytest.raises(ValueError, match="4 equal parts. Received: 6"):
        layers.MemberLogits(tag_count=5, members=4)(X)
