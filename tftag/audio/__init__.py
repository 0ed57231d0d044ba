"""From any audio file to samples of one rate, and the clips of a recording."""

from tftag.audio.decoding import (
    CHOICES,
    FRONT_END,
    AudioSpec,
    clip_counts,
    clip_starts,
    decode_file,
    logger,
    write_wav,
)
from tftag.audio.waveform import (
    FULL_SCALE,
    Recording,
    UnusableAudio,
    to_full_scale,
    to_mono,
)

__all__ = [
    "CHOICES",
    "FRONT_END",
    "FULL_SCALE",
    "AudioSpec",
    "Recording",
    "UnusableAudio",
    "clip_counts",
    "clip_starts",
    "decode_file",
    "logger",
    "to_full_scale",
    "to_mono",
    "write_wav",
]
