import keras
import numpy as np
import pytest
import tiny_tagger

from tftag.export import folded_norms


def drawn(model):
    """Gives every weight a value that is felt."""
    draw = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(draw.uniform(0.5, 1.5, weight.shape))
    return model


def norms(model):
    return [
        layer.name
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]


def same_answers(model, shape):
    x = np.random.default_rng(1).normal(size=shape).astype("float32")
    copy = folded_norms.folded(model)
    expected = np.asarray(model(x, training=False))
    np.testing.assert_allclose(
        np.asarray(copy(x, training=False)), expected, rtol=2e-6, atol=1e-6
    )
    return copy


@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("center", [False, True])
def test_a_norm_becomes_part_of_its_convolution(use_bias, scale, center):
    inputs = keras.Input((7, 5, 2))
    x = keras.layers.Conv2D(3, 3, use_bias=use_bias)(inputs)
    x = keras.layers.BatchNormalization(scale=scale, center=center)(x)
    model = drawn(keras.Model(inputs, keras.layers.ReLU()(x)))
    assert not norms(same_answers(model, (2, 7, 5, 2)))
    assert len(norms(model)) == 1


def test_a_whole_backbone_has_none_left():
    backbone = drawn(tiny_tagger.build().backbone)
    copy = same_answers(backbone, (2, 40, tiny_tagger.SPEC.mel_bands))
    assert len(norms(backbone)) == 3 and not norms(copy)


def test_a_norm_that_is_not_alone_behind_a_plain_convolution_stays():
    inputs = keras.Input((7, 5, 2))
    bent = keras.layers.Conv2D(3, 1, activation="relu")(inputs)
    shared = keras.layers.Conv2D(3, 1)(inputs)
    other_axis = keras.layers.Conv2D(3, 1)(inputs)
    first = keras.layers.BatchNormalization()(inputs)
    outputs = [
        keras.layers.BatchNormalization()(bent),
        keras.layers.BatchNormalization()(shared) + shared,
        keras.layers.BatchNormalization(axis=1)(other_axis),
        keras.layers.Conv2D(3, 1)(first),
    ]
    model = keras.Model(inputs, keras.layers.Add()(outputs))
    copy = same_answers(drawn(model), (2, 7, 5, 2))
    assert norms(copy) == norms(model) and len(norms(copy)) == 4
