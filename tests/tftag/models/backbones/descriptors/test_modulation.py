"""Spectrograms that pulse, and the rate at which they do."""

import numpy as np
import pytest

from tftag.models.backbones.descriptors import modulation

FRAMES, BANDS = 128, 2 * modulation.GROUPS


def spectrogram(cycles, groups=range(modulation.GROUPS)):
    """Bands of some groups rise and fall so often in every 128 frames."""
    course = np.sin(2 * np.pi * cycles * np.arange(FRAMES) / FRAMES)
    bands = np.full((1, FRAMES, BANDS), -3.0, "float32")
    for group in groups:
        bands[0, :, 2 * group : 2 * group + 2] += course[:, np.newaxis]
    return bands


def spectra(bands):
    """`[rates, groups]` of one patch."""
    found = np.asarray(modulation.vector(bands))[0]
    return found.reshape(-1, modulation.GROUPS)


def test_the_rate_of_a_pulse_stands_out_in_its_bands_alone():
    # The classes begin at 1, 2, 3, 4, 6, 8, 11, 14, 20, 26, 35 and 48.
    for cycles, rate in ((4, 3), (9, 5), (22, 8)):
        found = spectra(spectrogram(cycles, groups=(5, 20)))
        assert set(found.argmax(axis=0)[[5, 20]]) == {rate}
        still = np.delete(found, (5, 20), axis=1)
        np.testing.assert_allclose(still, 0, atol=1e-6)


def test_rounding_errors_of_a_silent_band_are_no_pulse():
    # The logarithm of a floor of 1e-5, with errors of float32 beside it.
    noise = np.random.default_rng(0).normal(0, 1e-4, (1, FRAMES, BANDS))
    mels = (np.log(1e-5) + noise).astype("float32")
    assert np.abs(modulation.vector(mels)).max() < 1e-5


def test_level_and_colour_do_not_count():
    mels = spectrogram(4)
    louder = mels + np.linspace(0, 2, BANDS, dtype="float32")
    np.testing.assert_allclose(
        modulation.vector(mels), modulation.vector(louder), atol=1e-4
    )


def test_what_it_cannot_take_is_refused():
    with pytest.raises(ValueError, match="42 divides.*Received: 100"):
        modulation.vector(np.zeros((1, FRAMES, 100), "float32"))
    for few in (0, 3):
        with pytest.raises(ValueError, match=f"`patch_frames` >= 4.*{few}"):
            modulation.vector(np.zeros((1, few, BANDS), "float32"))
