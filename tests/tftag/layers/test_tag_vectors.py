import keras
import keras_checks
import numpy as np
from keras import ops

from tftag import layers

VECTORS = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")


def _layer():
    layer = layers.TagVectors(5, 3)
    layer.build((None, 2))
    layer.assign(VECTORS)
    return layer


def test_gives_the_same_vectors_for_any_batch():
    layer = _layer()
    for batch in (1, 7):
        np.testing.assert_array_equal(layer(np.ones((batch, 2))), VECTORS)
    assert layer.trainable_weights == []


def test_a_model_saves_them_with_its_weights(tmp_path):
    inputs = keras.Input((3,))
    outputs = ops.matmul(inputs, ops.transpose(_layer()(inputs)))
    model = keras.Model(inputs, outputs)
    assert model.output.shape == (None, 5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.eye(3, dtype="float32")
    np.testing.assert_allclose(loaded(x), VECTORS.T, rtol=1e-6)
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), VECTORS.T, rtol=1e-6
    )


def test_round_trip():
    keras_checks.check_round_trip(_layer(), np.ones((4, 2), "float32"))
