import keras
import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import layers
from tftag.layers import batch_normalization

SHAPES = [(4, 5, 6, 3), (4, 7, 3), (9, 3), (1, 1, 1, 3), (2, 1, 1, 3)]


def _pair(shape, seed=0, **arguments):
    """Our layer and Keras', with equal random weights, and inputs."""
    rng = np.random.default_rng(seed)
    pair = (
        layers.BatchNormalization(momentum=0.9, **arguments),
        keras.layers.BatchNormalization(momentum=0.9, **arguments),
    )
    for layer in pair:
        layer.build(shape)
    weights = [rng.uniform(0.5, 2, w.shape) for w in pair[0].weights]
    for layer in pair:
        layer.set_weights(weights)
    return *pair, rng.normal(2, 3, shape).astype("float32")


def _gradients(layer, inputs, training):
    tf = keras_checks.tensorflow()
    slope = np.random.default_rng(9).normal(size=inputs.shape)
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=training)
        total = tf.reduce_sum(outputs * slope.astype("float32"))
    sources = [inputs, *(w.value for w in layer.trainable_variables)]
    return [ops.convert_to_numpy(g) for g in tape.gradient(total, sources)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("trainable", [True, False])
def test_outputs_and_statistics_are_those_of_keras(
    shape, affine, training, trainable
):
    fused, plain, inputs = _pair(shape, center=affine, scale=affine)
    fused.trainable = plain.trainable = trainable
    for step in range(2):
        np.testing.assert_allclose(
            fused(inputs + step, training=training),
            plain(inputs + step, training=training),
            rtol=1e-5,
            atol=1e-5,
        )
    for one, other in zip(
        fused.get_weights(), plain.get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("trainable", [True, False])
def test_gradients_are_those_of_keras(shape, training, trainable):
    fused, plain, inputs = _pair(shape)
    fused.trainable = plain.trainable = trainable
    for one, other in zip(
        _gradients(fused, inputs, training),
        _gradients(plain, inputs, training),
        strict=True,
    ):
        scale = max(1.0, np.abs(other).max())
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5 * scale)


def test_a_folded_layer_adds_its_offset_outside_training():
    fused, plain, inputs = _pair((4, 5, 6, 3))
    offset = np.float32([1, -2, 3])
    with batch_normalization.folded({fused: offset}):
        folded = fused(inputs, training=False)
        trained = fused(inputs, training=True)
    np.testing.assert_array_equal(folded, inputs + offset)
    expected = plain(inputs, training=True)
    np.testing.assert_allclose(trained, expected, rtol=1e-5, atol=1e-5)
    expected = plain(inputs, training=False)
    np.testing.assert_allclose(fused(inputs), expected, rtol=1e-5, atol=1e-5)


def test_each_row_by_itself_outside_training():
    fused, _, inputs = _pair((4, 5, 6, 3))
    keras_checks.check_batch_independent(
        fused, inputs, tolerance=1e-6, training=False
    )


@pytest.mark.parametrize("training", [True, False])
def test_mixed_precision(training):
    rng = np.random.default_rng(1)
    inputs = rng.normal(2, 3, (4, 5, 6, 3)).astype("float32")
    keras_checks.check_mixed_precision(
        layers.BatchNormalization,
        inputs,
        dtype=None,
        tolerance={"float16": 1e-2, "bfloat16": 1e-1},
        training=training,
    )


def test_statistics_stay_float32_beside_half_precision():
    # 60,000 equal values: a float16 sum of them would overflow.
    inputs = np.full((6, 100, 100, 1), 7.0, "float32")
    layer = layers.BatchNormalization(momentum=0.0, dtype="mixed_float16")
    layer(inputs, training=True)
    assert layer.moving_mean.dtype == "float32"
    np.testing.assert_allclose(layer.moving_mean, 7.0, rtol=1e-5)


@pytest.mark.parametrize(
    "shape, arguments",
    [
        ((2, 4, 4, 4, 3), {}),
        ((2, 3, 4, 4), {"axis": 1}),
        ((4, 5, 6, 3), {"renorm": True}),
        pytest.param(
            (4, 5, 6, 3),
            {"dtype": "float64"},
            marks=pytest.mark.skipif(
                keras.backend.backend() == "jax", reason="has no float64"
            ),
        ),
    ],
)
def test_the_rest_is_left_to_keras(shape, arguments):
    fused, plain, inputs = _pair(shape, **arguments)
    for training in (True, False):
        np.testing.assert_array_equal(
            fused(inputs, training=training), plain(inputs, training=training)
        )


def test_training_twice_gives_equal_bits():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(16, 40, 32, 1)).astype("float32")
    y = rng.normal(size=(16, 1)).astype("float32")

    def trained():
        keras.utils.set_random_seed(3)
        inputs = keras.Input((None, 32, 1))
        h = keras.layers.Conv2D(24, 3, use_bias=False)(inputs)
        h = keras.layers.ReLU()(layers.BatchNormalization()(h))
        h = keras.layers.GlobalAveragePooling2D()(h)
        model = keras.Model(inputs, keras.layers.Dense(1)(h))
        model.compile("sgd", "mse")
        model.fit(x, y, batch_size=8, epochs=3, verbose=0, shuffle=False)
        return model.get_weights()

    for one, other in zip(trained(), trained(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_statistics_are_the_same_when_compiled_by_xla():
    tf = keras_checks.tensorflow()
    fused, plain, inputs = _pair((2, 3, 2, 3))
    compiled = tf.function(lambda x: fused(x, training=True), jit_compile=True)
    np.testing.assert_allclose(
        compiled(inputs), plain(inputs, training=True), atol=1e-5
    )
    np.testing.assert_allclose(
        fused.moving_variance, plain.moving_variance, rtol=1e-5
    )


def test_round_trip():
    inputs = np.random.default_rng(4).normal(size=(2, 3, 4, 5))
    keras_checks.check_round_trip(
        layers.BatchNormalization(momentum=0.8, epsilon=1e-4, scale=False),
        inputs.astype("float32"),
        training=False,
    )
