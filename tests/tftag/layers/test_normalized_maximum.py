"""The maximum of a batch norm, whichever way its lines point."""

import keras
import numpy as np
import pytest

from tftag import layers

DRAW = np.random.default_rng(0)
INPUTS = DRAW.normal(1, 3, (4, 5, 6, 3)).astype(np.float32)


def made(kind, trainable=True):
    """A layer of lines that rise, fall, and are flat."""
    layer = kind(name="norm", trainable=trainable)
    layer.build(INPUTS.shape)
    lines = [[2.0, -1.5, 0.0], [0.1, 0.2, 0.3], [1, 2, 3], [4, 1, 2]]
    layer.set_weights(np.array(lines))
    return layer


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("trainable", [False, True])
def test_it_is_the_maximum_of_all_bands(training, trainable):
    one = made(layers.NormalizedMaximum, trainable)
    apart = made(layers.BatchNormalization, trainable)
    found = one(INPUTS, training=training)
    assert one.compute_output_shape(INPUTS.shape) == found.shape == (4, 5, 3)
    expected = np.max(apart(INPUTS, training=training), axis=2)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    # In training, the statistics are those of all bands.
    for here, there in zip(one.get_weights(), apart.get_weights(), strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-5)


def test_it_is_saved(tmp_path):
    inputs = keras.Input((None, 6, 3))
    outputs = layers.NormalizedMaximum(momentum=0.9)(inputs)
    model = keras.Model(inputs, outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(INPUTS), loaded(INPUTS))
    assert loaded.layers[-1].momentum == 0.9
