import log_mel_numpy
import numpy as np

from tftag import layers


def test_it_is_the_layer_of_the_network():
    waveform = np.random.default_rng(0).normal(size=(2, 3_000)) * 0.1
    waveform = waveform.astype("float32")
    layer = layers.LogMelSpectrogram()
    expected = np.asarray(layer(waveform))
    found = log_mel_numpy.log_mel(waveform, np.asarray(layer.filterbank))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert found.dtype == np.float32
