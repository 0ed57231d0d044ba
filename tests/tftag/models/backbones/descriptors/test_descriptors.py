"""Rhythm and harmony as a backbone: what it takes, and that it is fixed."""

import dataclasses

import keras_checks
import numpy as np
import pytest

from tftag.models import precision
from tftag.models.backbones import backbone, descriptors

SPEC = dataclasses.replace(descriptors.AUDIO, clip_seconds=10.0)
CONFIG = backbone.BackboneConfig(
    architecture="descriptors", pooling="average", patch_frames=64
)


@pytest.fixture(scope="module")
def model():
    return backbone.backbone(SPEC, CONFIG)


def test_rows_do_not_mix(model):
    bands = np.random.default_rng(0).normal(
        size=(2, SPEC.clip_frames, SPEC.mel_bands)
    )
    keras_checks.check_batch_independent(
        model, bands.astype("float32"), tolerance=1e-5, training=False
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_they_are_the_same_in_every_precision(model, policy):
    bands = np.random.default_rng(0).normal(
        size=(1, SPEC.clip_frames, SPEC.mel_bands)
    )
    with precision.policy(policy):
        coarse = backbone.backbone(SPEC, CONFIG)
    np.testing.assert_array_equal(coarse(bands), model(bands))


def test_nothing_in_it_is_learned(model):
    assert not model.weights
    assert not backbone.ARCHITECTURES["descriptors"].learns


@pytest.mark.parametrize(
    "values",
    [
        {"mel_scale": "htk"},
        {"mel_bands": 80},
        {"max_hz": 8_000.0},
        {"mel_bands": 60, "max_hz": 1_760.0},  # five octaves
    ],
)
def test_bands_that_are_no_semitones_are_refused(values):
    spec = dataclasses.replace(SPEC, **values)
    with pytest.raises(ValueError, match="12 bands in each.*Received: "):
        descriptors.check(spec)
