"""What is known of rhythm and harmony, written down and not learned.

A convolution network that averages over time hears which sounds there are, and
not how regularly they come back nor which tones go together. From a spectrogram
with twelve bands an octave, these vectors hold little else; nothing in them is
trained, so that a few hundred recordings are enough to learn from them.
"""

import math

import keras
from keras import ops

from tftag import audio
from tftag.models.descriptors import harmony, modulation

# The 84 semitones from 55 Hz, each from its neighbour below to the one above.
AUDIO = audio.AudioSpec(
    window_samples=4_096,
    hop_samples=1_024,
    mel_bands=84,
    min_hz=51.913,
    max_hz=7_040.0,
    mel_scale="octave",
)
# The mean over the patches of a clip.
POOLINGS = ("average",)
# How often the few values of harmony stand beside the hundreds of rhythm. A
# head that starts from principal components sees them so much more.
COPIES = 4
# What the vectors are beside their configuration, as nothing is learned.
CONSTANTS = (*modulation.CONSTANTS, *harmony.CONSTANTS, COPIES)


def check(audio_spec: audio.AudioSpec) -> None:
    """Refuses a spectrogram that does not have whole octaves of twelve bands.

    Raises:
        ValueError: Its scale, its range or its number of bands is another.
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
    """Takes patches of a spectrogram to their rhythm and harmony.

    Args:
        x: `[batch, frames, bands]`, of a front end that `check` passed; the
            number of frames is fixed.

    Returns:
        `[batch, dim]`.

    Raises:
        ValueError: The patches are too short for a pulse.
    """
    return ops.concatenate(
        [modulation.vector(x), *[harmony.vector(x)] * COPIES], axis=-1
    )
