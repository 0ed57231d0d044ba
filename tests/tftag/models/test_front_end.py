import keras
import numpy as np
import pytest
from keras import ops
from noise_batches import SPEC

from tftag.models import front_end
from tftag.models.backbones import backbone

CONFIG = backbone.BackboneConfig(blocks=3)


def _model(config=CONFIG):
    return front_end.front_end(SPEC, config)


def test_layers_have_the_names_that_weights_are_copied_by():
    model = _model()
    assert not model.trainable_weights
    names = {layer.name for layer in model.layers}
    assert names == {"waveform", "peak", "normalization", "log_mel", "mel_norm"}


def test_length_is_free_unless_flattened():
    assert _model().input["waveform"].shape == (None, None)
    fixed = _model(backbone.BackboneConfig(blocks=3, pooling="flatten"))
    assert fixed.input["waveform"].shape == (None, 2_000)
    assert fixed.output.shape == (None, 32, 16)


@pytest.mark.parametrize("width", [0, 5])
def test_masks_hide_and_change_nothing_else(width):
    model = _model()
    inputs, x = front_end.masked_spectrogram(model)
    masked = keras.Model(inputs, x)
    assert {id(v) for v in masked.variables} == {id(v) for v in model.variables}
    draw = np.random.default_rng(0)
    waveform = {
        "waveform": draw.normal(size=(2, 2_000)).astype("float32"),
        "peak": np.ones(2, "float32"),
    }
    mel_masks = np.array([[[3, width]]] * 2, "int32")
    time_masks = np.array([[[20, width]]] * 2, "int32")
    expected = ops.convert_to_numpy(model(waveform)).copy()
    expected[:, :, 3 : 3 + width] = 0
    expected[:, 20 : 20 + width] = 0
    outputs = masked(
        {**waveform, "mel_masks": mel_masks, "time_masks": time_masks}
    )
    np.testing.assert_array_equal(outputs, expected)
