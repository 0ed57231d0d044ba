import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_tagger

from tftag import layers
from tftag.export import compute_precision
from tftag.export.signatures import frozen_network


def drawn(model):
    """A model in which no batch norm is without effect."""
    draw = np.random.default_rng(0)
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean, variance = draw.uniform(
                [[-2], [-1], [-1], [0.1]],
                [[2], [1], [1], [3]],
                (4, layer.moving_mean.shape[0]),
            )
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)
            if layer.scale:
                layer.gamma.assign(gamma)
            if layer.center:
                layer.beta.assign(beta)
    return model


def norms_in(run, inputs):
    graph = tf.function(run).get_concrete_function(inputs).graph
    return [op for op in graph.get_operations() if "BatchNorm" in op.type]


@pytest.fixture(scope="module")
def tagger():
    return drawn(tiny_tagger.build())


@pytest.fixture(scope="module")
def spectrogram():
    draw = np.random.default_rng(1)
    return tf.constant(draw.normal(size=(2, 16, 32)), tf.float32)


def test_batch_norms_behind_convolutions_are_offsets(tagger, spectrogram):
    run = frozen_network.frozen(tagger.backbone)
    expected = tagger.backbone(spectrogram, training=False)
    np.testing.assert_allclose(run(spectrogram), expected, atol=1e-5)
    assert not norms_in(run, spectrogram)
    # The model itself is as it was.
    assert len(norms_in(tagger.backbone, spectrogram)) == 3


def test_a_whole_tagger_keeps_the_norm_of_its_mel_bands(tagger):
    clip = tf.constant(tiny_tagger.music(tiny_tagger.CLIP)[np.newaxis])
    inputs = {"waveform": clip, "peak": tf.reduce_max(abs(clip), axis=1)}
    run = frozen_network.frozen(tagger)
    expected = tagger(inputs, training=False)
    np.testing.assert_allclose(run(inputs), expected, rtol=1e-5, atol=1e-5)
    assert len(norms_in(run, inputs)) == 1


def test_in_bfloat16_it_is_no_further_from_float32(tagger, spectrogram):
    copy = compute_precision.bfloat16_copy(tagger).backbone
    exact = tagger.backbone(spectrogram, training=False)
    scale = np.abs(exact).max()

    def distance(run):
        found = tf.cast(run(spectrogram), tf.float32)
        return np.sqrt(np.mean((found - exact) ** 2)) / scale

    assert 0 < distance(frozen_network.frozen(copy)) < 0.01
    assert not norms_in(frozen_network.frozen(copy), spectrogram)


def activated(x, norm):
    return norm(keras.layers.Conv2D(4, 3, activation="relu")(x))


def with_bias(x, norm):
    return norm(keras.layers.Conv2D(4, 3)(x))


def read_twice(x, norm):
    cells = keras.layers.Conv2D(4, 3, use_bias=False)(x)
    return norm(cells) + cells


def used_twice(x, norm):
    cells = keras.layers.Conv2D(4, 3, use_bias=False)(x)
    return norm(norm(cells))


@pytest.mark.parametrize(
    "network", [activated, with_bias, read_twice, used_twice]
)
def test_where_the_kernel_cannot_have_the_scale_it_has_not(network):
    inputs = keras.Input((6, 6, 2))
    norm = layers.BatchNormalization()
    model = drawn(keras.Model(inputs, network(inputs, norm)))
    given = tf.random.stateless_normal((2, 6, 6, 2), [0, 0])
    run = frozen_network.frozen(model)
    expected = model(given, training=False)
    np.testing.assert_allclose(run(given), expected, atol=1e-5)
    assert norms_in(run, given)
