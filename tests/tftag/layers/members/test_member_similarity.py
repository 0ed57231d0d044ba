import keras
import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import layers


def _vectors(rows, members, seed=0):
    x = np.random.default_rng(seed).normal(size=(rows, members * 4))
    return ops.convert_to_numpy(layers.UnitLength(members)(x))


def _cosines(clips, tags, members):
    parts = [x.reshape(len(x), members, -1) for x in (clips, tags)]
    norms = [np.linalg.norm(x, axis=-1) for x in parts]
    dots = np.einsum("bmd,tmd->bmt", *parts)
    return dots / norms[0][:, :, None] / norms[1].T[None]


@pytest.mark.parametrize("members", [1, 3])
def test_scaled_cosines_with_a_bias_per_member(members):
    clips, tags = _vectors(5, members), _vectors(7, members, 1)
    layer = layers.MemberSimilarity(members)
    cosines = _cosines(clips, tags, members)
    np.testing.assert_allclose(layer(clips, tags), cosines, atol=1e-6)
    np.testing.assert_allclose(cosines.mean(axis=1), clips @ tags.T, atol=1e-6)
    scale, bias = np.arange(1.0, members + 1), np.arange(members) - 2.0
    layer.set_weights([np.log(scale), bias])
    np.testing.assert_allclose(
        layer(clips, tags),
        scale[:, None] * cosines + bias[:, None],
        atol=1e-5,
    )


def test_starts_where_it_is_told_to():
    layer = layers.MemberSimilarity(2, initial_scale=20.0, initial_bias=-3.0)
    clips = _vectors(3, 2)
    logits = ops.convert_to_numpy(layer(clips, clips))
    for member in range(2):
        np.testing.assert_allclose(np.diag(logits[:, member]), 17, rtol=1e-5)


def test_the_scale_is_held_and_can_come_back():
    clips = _vectors(4, 1)
    inputs = keras.Input((4,))
    layer = layers.MemberSimilarity(initial_scale=90.0)
    outputs = layer(inputs, layers.UnitLength()(inputs))
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.SGD(1.0),
        lambda y_true, y_pred: ops.mean(y_true[:, :, None] * y_pred),
    )
    model.train_on_batch(clips, -np.ones((4, 1), "float32"))
    assert float(ops.exp(layer.log_scale[0])) == pytest.approx(100, rel=1e-5)
    model.train_on_batch(clips, np.ones((4, 1), "float32"))
    assert float(ops.exp(layer.log_scale[0])) < 99


def test_what_is_not_learned_stays():
    layer = layers.MemberSimilarity(2, learned=False)
    layer.build((None, 4), (3, 4))
    assert layer.trainable_weights == [] and len(layer.weights) == 2


def test_holds_to_the_checks_of_a_layer():
    clips, tags = _vectors(5, 3), _vectors(7, 3, 1)
    layer = layers.MemberSimilarity(3, 5.0, -1.0, name="similarity")
    keras_checks.check_round_trip(layer, clips, tags)
    assert layer.compute_output_shape((None, 12), (7, 12)) == (None, 3, 7)
    keras_checks.check_mixed_precision(
        lambda: layers.MemberSimilarity(3),
        clips,
        tags,
        dtype="float32",
        tolerance={"float16": 1e-6, "bfloat16": 1e-6},
    )


@pytest.mark.parametrize("scale", [0.0, -1.0, 101.0])
def test_scales_out_of_range_are_refused(scale):
    with pytest.raises(ValueError, match=r"in \(0, 100\]. Received: "):
        layers.MemberSimilarity(initial_scale=scale)
