"""Samples of a part of an audio file, as they are in it.

A decoder is called with path, codec, first frame and number of frames, and
returns float32 `[frames, channels]` at the file's own rate: fewer frames only
where the file ends. What cannot be read is an `OSError` or an `Undecodable`.
`libsndfile` here and `tensorflow_io_decoder` agree: for lossless codecs to the
bit, for lossy ones to 2e-6 of full scale.
"""

import os
from collections.abc import Callable

import numpy as np
import soundfile

from pipelines import arrays

Decoder = Callable[[str | os.PathLike, str, int, int], np.ndarray]


class Undecodable(ValueError):
    """A file that a decoder cannot read; the message says why."""


def codec_and_rate(path: str | os.PathLike) -> tuple[str, int]:
    """Format and encoding of an audio file, as in `flac/pcm_16`, and its rate.

    Raises:
        Undecodable: libsndfile does not know it.
    """
    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:
            return f"{file.format}/{file.subtype}".lower(), file.samplerate
    except (soundfile.LibsndfileError, TypeError) as error:
        raise Undecodable(_text(error)) from error


def libsndfile(
    path: str | os.PathLike, codec: str, first: int, frames: int
) -> np.ndarray:
    """Reads a part of a file through libsndfile, or of a NumPy array.

    Args:
        path: The file.
        codec: What `codec_and_rate` said of it, or `arrays.CODEC`.
        first: First frame.
        frames: How many.

    Returns:
        float32 `[frames, channels]`; fewer frames where the file ends before.

    Raises:
        Undecodable: It cannot be read as what it was.
        OSError: It cannot be opened.
    """
    if codec == arrays.CODEC:
        with open(path, "rb", buffering=0) as file:
            try:
                layout = arrays.read_layout(file)
            except ValueError as error:
                raise Undecodable(str(error)) from error
            return arrays.read_frames(file, layout, first, frames)
    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:
            file.seek(first)
            return file.read(frames, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:
        raise Undecodable(_text(error)) from error


def _text(error: Exception) -> str:
    return getattr(error, "error_string", None) or str(error)
