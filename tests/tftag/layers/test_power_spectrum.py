import keras
import numpy as np
import pytest

from tftag import layers
from tftag.layers import power_spectrum


def frames(length):
    draw = np.random.default_rng(length)
    return draw.normal(size=(2, 3, length)).astype(np.float32)


def slow_power(given):
    return np.abs(np.fft.rfft(given.astype(np.float64))) ** 2


# Two steps where 64 divides the length, one matrix elsewhere.
@pytest.mark.parametrize("length", [2, 7, 64, 96, 128, 512, 1024, 4096])
@pytest.mark.parametrize("has_fft", [True, False])
def test_bands_hold_the_power_of_their_frequencies(length, has_fft):
    given = frames(length)
    draw = np.random.default_rng(0)
    filterbank = draw.uniform(size=(length // 2 + 1, 5)).astype(np.float32)
    expected = slow_power(given) @ filterbank
    if has_fft:
        found = power_spectrum.power_in_bands(given, filterbank)
    else:
        with power_spectrum.by_matrices():
            found = power_spectrum.power_in_bands(given, filterbank)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("length", [2, 7, 64])
def test_the_layer_gives_every_frequency_either_way(length):
    inputs = keras.Input((3, length))
    model = keras.Model(inputs, layers.PowerSpectrum()(inputs))
    given = frames(length)
    largest = slow_power(given).max()
    with power_spectrum.by_matrices():
        by_matrices = model(given)
    for found in (model(given), by_matrices):
        assert found.shape == (2, 3, length // 2 + 1)
        np.testing.assert_allclose(
            found, slow_power(given), atol=1e-6 * largest
        )


def test_what_is_traced_by_matrices_has_no_fft():
    import tensorflow as tf

    inputs = keras.Input((3, 64))
    model = keras.Model(inputs, layers.PowerSpectrum()(inputs))

    def kinds():
        traced = tf.function(lambda x: model(x)).get_concrete_function(
            tf.TensorSpec([1, 3, 64])
        )
        return {node.type for node in traced.graph.get_operations()}

    with power_spectrum.by_matrices():
        assert "RFFT" not in kinds()
    assert "RFFT" in kinds()
