"""From any audio file to samples of one rate, and the clips of a recording."""

from tftag.audio.decoders import UnusableAudio
from tftag.audio.recording import (
    CHOICES,
    FULL_SCALE,
    AudioSpec,
    Recording,
    check_choices,
    clip_starts,
    decode_file,
    logger,
    to_full_scale,
    to_mono,
    write_wav,
)

__all__ = [
    "CHOICES",
    "FULL_SCALE",
    "AudioSpec",
    "Recording",
    "UnusableAudio",
    "check_choices",
    "clip_starts",
    "decode_file",
    "logger",
    "to_full_scale",
    "to_mono",
    "write_wav",
]
