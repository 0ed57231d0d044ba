"""Chords in twelve bands an octave, in any key."""

import numpy as np
import pytest

from tftag.models.backbones.descriptors import harmony

FRAMES, BANDS = 64, 84
# What the numbers of one range are, in order.
MAJOR, MINOR, DIFFERENCE = range(3)
INTERVALS = slice(3, 9)
LATER = slice(15, 21)


def spectrogram(*chords):
    """`[1, frames, bands]`: in every frame the next chord, over and over."""
    x = np.zeros((1, FRAMES, BANDS), "float32")
    for frame in range(FRAMES):
        x[0, frame, list(chords[frame % len(chords)])] = 3.0
    return x


def low(x):
    """The numbers of the low tones."""
    return np.split(np.asarray(harmony.vector(x))[0], 2)[0]


def chord(tonic, *semitones):
    """The bands of a chord in its second octave."""
    return tuple(12 + tonic + up for up in semitones)


@pytest.mark.parametrize("tonic", [0, 5, 11])
def test_a_chord_fits_the_keys_of_its_mode_whatever_its_tonic(tonic):
    found = low(spectrogram(chord(tonic, 0, 4, 7)))
    assert found[MAJOR] > found[MINOR]
    np.testing.assert_allclose(
        found, low(spectrogram(chord(0, 0, 4, 7))), atol=1e-5
    )
    found = low(spectrogram(chord(tonic, 0, 3, 7)))
    assert found[MINOR] > found[MAJOR]
    np.testing.assert_allclose(
        found[DIFFERENCE], found[MAJOR] - found[MINOR], atol=1e-6
    )


def test_the_best_key_is_the_best_correlation_with_a_profile():
    bands = chord(4, 0, 2, 5)
    chroma = np.zeros(12)
    chroma[[band % 12 for band in bands]] = 1.0
    expected = [
        max(
            np.corrcoef(chroma, np.roll(profile, tonic))[0, 1]
            for tonic in range(12)
        )
        for profile in (harmony.MAJOR, harmony.MINOR)
    ]
    found = low(spectrogram(bands))
    np.testing.assert_allclose(found[[MAJOR, MINOR]], expected, atol=0.01)


def test_intervals_are_those_between_the_tones():
    for semitones in range(1, 7):
        found = low(spectrogram(chord(3, 0, semitones)))[INTERVALS]
        assert found.argmax() == semitones - 1
        others = np.delete(found, semitones - 1)
        np.testing.assert_allclose(others, 0, atol=1e-3)


def test_what_comes_back_is_like_itself_at_the_lags_of_its_period():
    first, second = chord(0, 0, 4, 7), chord(1, 0, 4, 7)
    found = low(spectrogram(first, first, second, second))[LATER]
    # 1, 2, 4, 8, 16 and 32 frames later; the two chords share no note.
    np.testing.assert_allclose(found[1], 0, atol=1e-3)
    np.testing.assert_allclose(found[2:], 1, atol=1e-2)
    assert 0.4 < found[0] < 0.6


def test_silence_is_no_chord():
    found = np.asarray(harmony.vector(np.full((1, FRAMES, BANDS), -2.0)))
    np.testing.assert_allclose(found, 0, atol=1e-2)
