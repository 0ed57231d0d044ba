"""Rhythm and harmony of a clip, computed by fixed formulas.

A convolutional network that averages over time knows which sounds occur, but
little of how regularly they return and which tones sound together. These
vectors describe just that, from a spectrogram with twelve bands per octave.
Nothing in them is trained, so a few hundred recordings are enough to train a
head on them.
"""

import math

import keras
from keras import ops

from tftag import audio
from tftag.models.backbones.descriptors import harmony, modulation

# 84 semitones from 55 Hz; each band reaches from one neighbour to the other.
AUDIO = audio.AudioSpec(
    window_samples=4_096,
    hop_samples=1_024,
    mel_bands=84,
    min_hz=51.913,
    max_hz=7_040.0,
    mel_scale="octave",
)
# The mean over a clip's patches.
POOLINGS = ("average",)
# How often the few harmony values are repeated beside the hundreds of rhythm
# values: principal components of the whole would all but ignore them otherwise.
COPIES = 4
# All that decides the vectors besides the configuration: there are no weights.
CONSTANTS = (*modulation.CONSTANTS, *harmony.CONSTANTS, COPIES)


def check(audio_spec: audio.AudioSpec) -> None:
    """Refuses spectrograms without twelve bands in each of whole octaves.

    Raises:
        ValueError: Scale, range or number of bands do not give that.
    """
    bands = audio_spec.mel_bands
    if audio_spec.mel_scale == "octave":
        octaves = math.log2(audio_spec.max_hz / audio_spec.min_hz)
        per_octave = (bands + 1) / octaves
        whole = bands % harmony.NOTES == 0 and bands >= harmony.LEAST_BANDS
        if whole and abs(per_octave - harmony.NOTES) < 0.01:
            return
    raise ValueError(
        "descriptors need `mel_scale` octave and 12 bands in each of 6 "
        f"octaves or more: `mel_bands` {AUDIO.mel_bands}, `min_hz` "
        f"{AUDIO.min_hz:g} and `max_hz` {AUDIO.max_hz:g} are 7. Received: "
        f"{audio_spec.mel_scale}, {bands}, {audio_spec.min_hz:g} and "
        f"{audio_spec.max_hz:g}."
    )


def vector(x: keras.KerasTensor) -> keras.KerasTensor:
    """Describes the rhythm and harmony of spectrogram patches.

    Args:
        x: `[batch, frames, bands]`, from an `AudioSpec` that `check` accepts;
            the number of frames must be known.

    Returns:
        `[batch, dim]`.

    Raises:
        ValueError: The patches are too short to hold a pulse.
    """
    return ops.concatenate(
        [modulation.vector(x), *[harmony.vector(x)] * COPIES], axis=-1
    )
