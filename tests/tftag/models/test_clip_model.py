import keras
import numpy as np
import pytest
from noise_batches import SPEC, call, noise

from tftag.models import clip_model, front_end
from tftag.models.backbones import backbone

CONFIG = backbone.BackboneConfig(width=1 / 64, blocks=2)


def _parts(members):
    vector = keras.Input((4,))
    logits = keras.layers.Dense(3 * (members or 1))(vector)
    if members:
        logits = keras.layers.Reshape((members, 3))(logits)
    frames = keras.Input((None, SPEC.mel_bands))
    x = keras.layers.GlobalAveragePooling1D()(frames)
    return (
        front_end.front_end(SPEC, CONFIG),
        keras.Model(frames, keras.layers.Dense(4)(x)),
        keras.Model(vector, logits),
    )


@pytest.mark.parametrize("members", [None, 1, 3])
def test_a_model_of_any_parts_answers_with_the_mean_of_its_members(members):
    parts = _parts(members)
    model = clip_model.ClipModel(*parts)
    assert parts == (model.front_end, model.backbone, model.head)
    logits = x = noise()
    for part in parts:
        logits = call(part, logits)
    if members:
        logits = logits.mean(axis=1)
    np.testing.assert_allclose(call(model, x), logits, rtol=0, atol=1e-6)
    vectors = call(model.body(), x)
    assert vectors.shape == (3, 4)


def test_weights_stand_in_the_order_of_the_graph_and_once():
    parts = _parts(2)
    model = clip_model.ClipModel(*parts)
    expected = [v.path for part in parts for v in part.variables]
    assert [v.path for v in model.variables] == expected


def test_a_saved_model_comes_back_with_its_parts(tmp_path):
    model = clip_model.ClipModel(*_parts(2), name="mine")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is clip_model.ClipModel and loaded.name == "mine"
    np.testing.assert_array_equal(call(loaded, noise()), call(model, noise()))
    np.testing.assert_array_equal(
        call(loaded.body(), noise()), call(model.body(), noise())
    )
