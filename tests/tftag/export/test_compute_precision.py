import pathlib

import keras
import keras_checks
import numpy as np
import pytest
import tiny_tagger

from tftag.export import compute_precision
from tftag.models import averaged_tagger, precision


def build():
    inputs = keras.Input((4,))
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    return keras.Model(inputs, inner(keras.layers.Dense(3)(inputs)))


def _check_coarse(model, copy):
    """The same weights, and nearly the same answers."""
    keras_checks.check_same_weights(model, copy)
    samples = tiny_tagger.music(tiny_tagger.CLIP)
    exact = tiny_tagger.reference(model, samples)
    coarse = tiny_tagger.reference(copy, samples)
    assert 0 < np.abs(exact - coarse).max() < 0.05


def test_a_model_in_float32_is_copied_as_it_is():
    model = build()
    copy, is_mixed = compute_precision.float32_copy(model)
    assert not is_mixed
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_array_equal(model(x), copy(x))
    copy.weights[0].assign(copy.weights[0] + 1)
    assert not np.allclose(model(x), copy(x))


def test_every_layer_of_a_mixed_model_computes_in_float32():
    with precision.policy("mixed_bfloat16"):
        model = build()
    copy, is_mixed = compute_precision.float32_copy(model)
    assert is_mixed
    layers = list(copy._flatten_layers())
    assert {layer.compute_dtype for layer in layers} == {"float32"}
    keras_checks.check_same_weights(model, copy)


def test_layers_compute_in_bfloat16_but_for_those_that_cannot():
    model = tiny_tagger.build()
    copy = compute_precision.bfloat16_copy(model)
    dtypes = {
        layer.name: layer.compute_dtype for layer in copy._flatten_layers()
    }
    assert dtypes["block_1_conv"] == dtypes["block_3_conv"] == "bfloat16"
    assert dtypes["mel_norm"] == dtypes["tag_logits"] == "float32"
    _check_coarse(model, copy)


def test_every_part_of_an_average_computes_in_bfloat16():
    parts = [tiny_tagger.build(), tiny_tagger.build()]
    model = averaged_tagger.AveragedTagger(parts, [0.75, 0.25], name="both")
    copy = compute_precision.bfloat16_copy(model)
    assert (copy.name, copy.shares) == ("both", (0.75, 0.25))
    for part in copy.parts:
        conv = part.backbone.get_layer("block_1_conv")
        assert conv.compute_dtype == "bfloat16"
    _check_coarse(model, copy)


def test_a_model_without_a_policy_is_refused():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs), name="plain")
    with pytest.raises(ValueError, match="float32.*Received: .* 'plain'"):
        compute_precision.bfloat16_copy(model)


@pytest.mark.parametrize(
    "text, is_fast",
    [
        ("processor: 0\nflags\t\t: fpu avx512f avx512_bf16\n", True),
        ("flags : fpu amx_bf16 amx_tile\n", True),
        ("Features : fp asimd bf16\n", True),
        ("flags : fpu avx512f\nmodel name : avx512_bf16\n", False),
        ("processor: 0\n", None),
    ],
)
def test_what_the_processor_says(monkeypatch, text, is_fast):
    monkeypatch.setattr(pathlib.Path, "read_text", lambda *_: text)
    assert compute_precision.is_fast_here() is is_fast


def test_a_system_that_says_nothing_is_unknown(monkeypatch):
    def missing(*_):
        raise FileNotFoundError

    monkeypatch.setattr(pathlib.Path, "read_text", missing)
    assert compute_precision.is_fast_here() is None
