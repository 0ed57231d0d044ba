"""Spectrograms that pulse, and the rate at which they do."""

import dataclasses

import keras_checks
import numpy as np
import pytest

from tftag import audio
from tftag.models import backbone, modulation

FRAMES = 128
SPEC = audio.AudioSpec(clip_seconds=10.0)
CONFIG = backbone.BackboneConfig(
    architecture="modulation", pooling="average", patch_frames=FRAMES
)


@pytest.fixture(scope="module")
def model():
    return backbone.backbone(SPEC, CONFIG)


def spectrogram(cycles, groups=range(modulation.GROUPS)):
    """Bands of some groups rise and fall so often in every 128 frames."""
    course = np.sin(2 * np.pi * cycles * np.arange(SPEC.clip_frames) / FRAMES)
    mels = np.full((1, SPEC.clip_frames, SPEC.mel_bands), -3.0, "float32")
    for group in groups:
        mels[0, :, 4 * group : 4 * group + 4] += course[:, np.newaxis]
    return mels


def spectra(model, mels):
    """`[rates, groups]` of one clip."""
    found = np.asarray(model(mels))[0]
    return found.reshape(-1, modulation.GROUPS)


def test_the_rate_of_a_pulse_stands_out_in_its_bands_alone(model):
    # The classes begin at 1, 2, 3, 4, 6, 8, 11, 14, 20, 26, 35 and 48.
    for cycles, rate in ((4, 3), (9, 5), (22, 8)):
        found = spectra(model, spectrogram(cycles, groups=(5, 20)))
        assert set(found.argmax(axis=0)[[5, 20]]) == {rate}
        still = np.delete(found, (5, 20), axis=1)
        np.testing.assert_allclose(still, 0, atol=1e-6)


def test_rounding_errors_of_a_silent_band_are_no_pulse(model):
    # The logarithm of a floor of 1e-5, with errors of float32 beside it.
    noise = np.random.default_rng(0).normal(
        0, 1e-4, (1, SPEC.clip_frames, SPEC.mel_bands)
    )
    mels = (np.log(1e-5) + noise).astype("float32")
    assert np.abs(model(mels)).max() < 1e-5


def test_level_and_colour_do_not_count(model):
    mels = spectrogram(4)
    louder = mels + np.linspace(0, 2, SPEC.mel_bands, dtype="float32")
    np.testing.assert_allclose(model(mels), model(louder), atol=1e-4)


def test_rows_do_not_mix(model):
    mels = np.random.default_rng(0).normal(
        size=(2, SPEC.clip_frames, SPEC.mel_bands)
    )
    keras_checks.check_batch_independent(
        model, mels.astype("float32"), tolerance=1e-5, training=False
    )


def test_nothing_in_it_is_learned(model):
    assert not model.trainable_variables
    assert not backbone.ARCHITECTURES["modulation"].learns


def test_what_it_cannot_take_is_refused():
    with pytest.raises(ValueError, match="32 divides.*Received: 100"):
        backbone.backbone(audio.AudioSpec(mel_bands=100), CONFIG)
    for few in (0, 3):
        config = dataclasses.replace(CONFIG, patch_frames=few)
        with pytest.raises(ValueError, match=f"`patch_frames` >= 4.*{few}"):
            backbone.backbone(SPEC, config)
