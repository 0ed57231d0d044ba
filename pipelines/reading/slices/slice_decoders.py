"""Decoders of a part of an audio file, at the file's own rate.

A decoder is called with path, codec, first frame and number of frames, and
returns float32 `[frames, channels]`, fewer frames only where the file ends. If
it cannot read the file, it raises `OSError` or `Undecodable`. `libsndfile`
here and `tensorflow_io_decoder` agree: for lossless codecs to the bit, for
lossy ones to 2e-6 of full scale.
"""

import io
import os
from collections.abc import Callable

import numpy as np
import soundfile

from pipelines.reading.slices import arrays, vorbis_pages

# libsndfile's MP3 is wrong for a while after a seek: a frame may need the bits
# of frames long before it. So decoding begins this much earlier, in frames. In
# hundreds of seeks into files made to provoke it, it was wrong for up to
# 15,000 frames after half of them; begun 16,384 frames earlier, all gave what
# decoding from the start gives, to 1.2e-7. This is twice that. In Vorbis it
# seeks by positions that may be wrong: see `vorbis_pages`.
_RUN_UP_FRAMES = {
    "mp3/mpeg_layer_i": 32_768,
    "mp3/mpeg_layer_ii": 32_768,
    "mp3/mpeg_layer_iii": 32_768,
    "ogg/opus": 16_384,
}

_VORBIS = "ogg/vorbis"

Decoder = Callable[[str | os.PathLike[str], str, int, int], np.ndarray]


class Undecodable(ValueError):
    """A file that a decoder cannot read; the message says why."""


class _Slice(soundfile.SoundFile):
    """Seeks only when told to; soundfile would also do so after each read."""

    def seekable(self):
        return False


def describe(path: str | os.PathLike[str]) -> tuple[str, int, int]:
    """Describes an audio file as libsndfile does.

    Returns:
        Format and encoding, such as `flac/pcm_16`; sample rate in Hz; number
        of frames, an estimate for some MP3 files and huge if unknown.

    Raises:
        Undecodable: libsndfile cannot read the file.
    """
    try:
        with _Slice(os.fsencode(path)) as file:
            codec = f"{file.format}/{file.subtype}".lower()
            return codec, file.samplerate, file.frames
    except (soundfile.LibsndfileError, TypeError) as error:
        raise Undecodable(_text(error)) from error


def libsndfile(
    path: str | os.PathLike[str], codec: str, first: int, frames: int
) -> np.ndarray:
    """Reads a part of a file through libsndfile, or of a NumPy array.

    Args:
        path: The file.
        codec: Its codec, from `describe`, or `arrays.CODEC`.
        first: First frame.
        frames: How many.

    Returns:
        float32 `[frames, channels]`; fewer frames if the file ends before.

    Raises:
        Undecodable: It cannot be read by this codec.
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
        if codec == _VORBIS:
            data, run_up = vorbis_pages.excerpt(path, first, frames)
            source: io.BytesIO | bytes = io.BytesIO(data)
            start = 0
        else:
            run_up = min(first, _RUN_UP_FRAMES.get(codec, 0))
            source, start = os.fsencode(path), first - run_up
        with _Slice(source) as file:
            file.seek(start)
            read = file.read(run_up + frames, dtype="float32", always_2d=True)
            return read[run_up:]
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:
        raise Undecodable(_text(error)) from error


def _text(error: Exception) -> str:
    return getattr(error, "error_string", None) or str(error)
