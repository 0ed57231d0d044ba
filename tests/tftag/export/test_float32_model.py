import keras
import numpy as np

from tftag.export import float32_model


def build():
    inputs = keras.Input((4,))
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    return keras.Model(inputs, inner(keras.layers.Dense(3)(inputs)))


def test_a_model_in_float32_is_copied_as_it_is():
    model = build()
    copy, is_mixed = float32_model.float32_copy(model)
    assert not is_mixed
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_array_equal(model(x), copy(x))
    copy.weights[0].assign(copy.weights[0] + 1)
    assert not np.allclose(model(x), copy(x))


def test_every_layer_of_a_mixed_model_computes_in_float32():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build()
    finally:
        keras.config.set_dtype_policy(policy)
    copy, is_mixed = float32_model.float32_copy(model)
    assert is_mixed
    layers = list(copy._flatten_layers())
    assert {layer.compute_dtype for layer in layers} == {"float32"}
    for ours, theirs in zip(model.weights, copy.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
