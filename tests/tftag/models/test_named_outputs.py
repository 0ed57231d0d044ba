"""A word follows from the names that it is near to."""

import numpy as np
import pytest

from tftag import audio
from tftag.models import dual_encoder, named_outputs
from tftag.models.backbones import backbone


@pytest.fixture(scope="module")
def names():
    drawn = np.random.default_rng(0).normal(size=(4, 3))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def model(names, dim):
    return dual_encoder.DualEncoder(
        ["a", "b", "c", "d"],
        names,
        audio.AudioSpec(clip_seconds=1.0),
        dual_encoder.DualEncoderConfig(
            backbone.BackboneConfig(width=1 / 64),
            joint=True,
            dim=dim,
            text_units=named_outputs.text_units(len(names)),
        ),
    )


def test_nearness_is_about_the_square_and_grows():
    cosines = np.linspace(-1, 1, 201)
    found = named_outputs.nearness(cosines)
    assert (found[cosines <= 0] == 0).all()
    np.testing.assert_allclose(found, np.maximum(cosines, 0) ** 2, atol=0.03)
    np.testing.assert_allclose(
        named_outputs.nearness(named_outputs.KNOTS), named_outputs.KNOTS**2
    )


def test_a_text_is_the_weighted_nearness_to_the_names(names):
    encoder = model(names, 5)
    weighting = np.random.default_rng(1).normal(size=(4, 5))
    named_outputs.fill_text_tower(encoder.text_tower, names, weighting)
    texts = np.roll(names, 1, axis=1)
    expected = named_outputs.nearness(texts @ names.T) @ weighting
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(
        encoder.text_tower(texts, training=False), expected, atol=1e-5
    )


def test_a_clip_is_what_the_projection_says(names):
    encoder = model(names, 5)
    dim = encoder.backbone.output.shape[-1]
    draw = np.random.default_rng(2)
    kernel, bias = draw.normal(size=(dim, 5)), draw.normal(size=5)
    named_outputs.fill_projection(encoder, kernel, bias)
    vectors = draw.normal(size=(3, dim))
    expected = vectors @ kernel + bias
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(
        encoder.audio_tower.head(vectors), expected, atol=1e-5
    )
