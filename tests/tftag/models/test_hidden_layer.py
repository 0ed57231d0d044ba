"""What a head sees of the vector of a clip."""

import keras
import numpy as np
import pytest

from tftag.models import dual_encoder, hidden_layer, tagger
from tftag.models.backbones import backbone

VECTORS = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)


def model_of(**values):
    inputs = keras.Input((6,))
    config = tagger.TaggerConfig(**values)
    return keras.Model(inputs, hidden_layer.apply(inputs, config))


def test_without_a_hidden_layer_it_is_the_vector_itself():
    model = model_of(dropout=0.5)
    np.testing.assert_array_equal(model(VECTORS), VECTORS)
    assert np.any(np.asarray(model(VECTORS, training=True)) == 0)
    assert not model.weights


def test_components_are_not_learned_and_members_stand_side_by_side():
    model = model_of(head_units=4, head_members=3, head_components=2)
    components, hidden = map(model.get_layer, ("components", "hidden"))
    assert not components.trainable_weights
    seen = VECTORS @ components.get_weights()[0]
    kernel, bias = hidden.get_weights()
    assert kernel.shape == (2, 12)
    np.testing.assert_allclose(
        model(VECTORS), np.maximum(seen @ kernel + bias, 0), atol=1e-5
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"head_units": -1}, "`head_units` must be >= 0. Received: -1"),
        ({"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        ({"head_dropout": 1.0}, r"`head_dropout` must be in \[0, 1\)"),
        ({"head_members": 0}, "`head_members` must be >= 1"),
        ({"head_units": 0, "head_members": 2}, "`head_members` needs a hidden"),
    ],
)
@pytest.mark.parametrize(
    "kind", [tagger.TaggerConfig, dual_encoder.DualEncoderConfig]
)
def test_heads_that_cannot_be_are_refused(kind, values, message):
    with pytest.raises(ValueError, match=message):
        kind(**{"head_units": 4, **values})


@pytest.mark.parametrize(
    "kind", [tagger.TaggerConfig, dual_encoder.DualEncoderConfig]
)
def test_members_of_several_kinds_need_a_hidden_layer(kind):
    body = backbone.BackboneConfig(
        architecture="musicnn+vgg", pooling="embedding", members=2
    )
    kind(body, head_units=4)
    with pytest.raises(ValueError, match="`head_units`.*Received.*musicnn.vgg"):
        kind(body)
