"""Checks, when data is prepared, that a file can be read in slices."""

import os

import numpy as np

from pipelines.reading.slices import arrays, in_place, slice_decoders
from tftag import audio

# Steps of 16 bits by which a slice may differ from the whole decoding.
TOLERANCE = 1
_PLACES = 8
_SAMPLES = 4_096


def facts(
    source: str,
    recording: audio.Recording,
    sample_rate_hz: int,
    array_rate_hz: int | None,
) -> dict:
    """Finds what the manifest must say of a file that stays where it is.

    Slices from its start to its end are compared with the whole decoding, as
    some files (streams of unknown length, some containers) cannot be read from
    the middle.

    Args:
        source: The file.
        recording: The whole file, decoded.
        sample_rate_hz: Sample rate of `recording`.
        array_rate_hz: Sample rate of the file, if it is a NumPy array.

    Returns:
        `codec`, `source_rate_hz`, `source_frames`, `data_offset` and
        `file_bytes`.

    Raises:
        Undecodable: It must be converted; says why.
        OSError: It can no longer be read.
    """
    try:
        source.encode()
    except UnicodeEncodeError as error:
        raise slice_decoders.Undecodable("its name is not UTF-8") from error
    if array_rate_hz is not None and arrays.is_array(source):
        codec, rate_hz = arrays.CODEC, array_rate_hz
        with open(source, "rb", buffering=0) as file:
            frames = arrays.read_layout(file).frames
    else:
        codec, rate_hz, frames = slice_decoders.describe(source)
    # Of a length that nobody knows, what was decoded is the most there can be.
    longest = -(-(recording.samples.size + 1) * rate_hz // sample_rate_hz)
    frames = min(frames, longest)
    count = min(_SAMPLES, recording.samples.size)
    last = recording.samples.size - count
    for start in np.linspace(0, last, _PLACES).astype(int):
        clip = in_place.read_clip(
            in_place.SourceFile(source, codec, rate_hz, frames),
            sample_rate_hz,
            recording.peak,
            start,
            count,
            slice_decoders.libsndfile,
        )
        whole = recording.samples[start : start + count]
        steps = np.abs(clip.astype(np.int32) - whole).max()
        if steps > TOLERANCE:
            raise slice_decoders.Undecodable(
                f"a part of it differs from the whole by {steps} of "
                f"{audio.FULL_SCALE}"
            )
    return {
        "codec": codec,
        "source_rate_hz": rate_hz,
        "source_frames": frames,
        "data_offset": 0,
        "file_bytes": os.path.getsize(source),
    }
