"""Clips of files that were not converted, as if they had been.

Conversion averages the channels, resamples the whole recording and scales it
to its peak. Here the same is done to a part. It begins where an output sample
falls on a source sample, so the resampler has the same phase as for the whole,
and it exceeds the clip by the reach of the resampler's filter. The result is
equal to within one step of 16 bits; without resampling it is equal.
"""

import dataclasses
import math
import os

import numpy as np
import soxr

from pipelines import manifest as manifests
from pipelines.reading.slices import local_file, slice_decoders
from tftag import audio

# soxr's HQ filter reaches this far, in samples of the lower of the two rates.
# With 64, noise at full scale differs by up to 70 steps of 16 bits; with 128
# by 0.03; this is twice that.
MARGIN_SAMPLES = 256


@dataclasses.dataclass(frozen=True)
class SourceFile:
    """A file that was not converted.

    Attributes:
        path: The file.
        codec: As in the manifest.
        rate_hz: Its own sample rate.
        frames: Its own length; frames that a decoder finds beyond are not used.
    """

    path: str | os.PathLike[str]
    codec: str
    rate_hz: int
    frames: int


def frames_needed(
    source_rate_hz: int, sample_rate_hz: int, start: int, count: int
) -> tuple[int, int, int]:
    """Finds the part of a file that a clip is made from.

    Args:
        source_rate_hz: Sample rate of the file.
        sample_rate_hz: Sample rate of the clip.
        start: First sample of the clip.
        count: Length of the clip.

    Returns:
        First frame of the part; its number of frames, if the file is that
        long; and how many resampled samples of it lie before the clip.
    """
    if source_rate_hz == sample_rate_hz:
        return start, count, 0
    common = math.gcd(source_rate_hz, sample_rate_hz)
    step_frames = source_rate_hz // common
    step_samples = sample_rate_hz // common
    lower_rate_hz = min(source_rate_hz, sample_rate_hz)
    margin = -(-MARGIN_SAMPLES * sample_rate_hz // lower_rate_hz)
    steps = max(0, start - margin) // step_samples
    end = -(-(start + count + margin) * step_frames // step_samples)
    first = steps * step_frames
    return first, end - first, start - steps * step_samples


def read_clip(
    source: SourceFile,
    sample_rate_hz: int,
    peak: float,
    start: int,
    count: int,
    decoder: slice_decoders.Decoder,
) -> np.ndarray:
    """Reads a clip of a recording that was not converted.

    Args:
        source: Its file.
        sample_rate_hz: Sample rate of the clip.
        peak: Peak of the whole recording, at the clip's rate.
        start: First sample of the clip.
        count: Length of the clip, which lies within the recording.
        decoder: Reads the file.

    Returns:
        int16 `[samples]`, with the recording's loudest sample at
        +-`FULL_SCALE`.

    Raises:
        OSError: The file cannot be read.
        Undecodable: The file has changed since it was prepared.
    """
    first, frames, before = frames_needed(
        source.rate_hz, sample_rate_hz, start, count
    )
    frames = max(0, min(frames, source.frames - first))
    samples = decoder(source.path, source.codec, first, frames)
    samples = audio.to_mono(samples)
    if source.rate_hz != sample_rate_hz and samples.size:
        samples = soxr.resample(
            samples, source.rate_hz, sample_rate_hz, quality="HQ"
        )
    samples = samples[before : before + count]
    if samples.size < count:
        raise slice_decoders.Undecodable(
            f"it ends {count - samples.size} samples early"
        )
    # As in `audio.decode_file`: all in float32, in this order. Another
    # decoder's loudest sample may be a little louder.
    scaled = np.rint(samples / np.float32(peak) * np.float32(audio.FULL_SCALE))
    np.clip(scaled, -audio.FULL_SCALE, audio.FULL_SCALE, out=scaled)
    return scaled.astype(np.int16)


def fill(
    clip: np.ndarray,
    path: str | os.PathLike[str],
    track: manifests.Track,
    sample_rate_hz: int,
    start: int,
    decoder: slice_decoders.Decoder,
) -> None:
    """Reads a clip into `clip`.

    Args:
        clip: int16 `[samples]`; the clip lies within the recording.
        path: The file.
        track: Its row of the manifest.
        sample_rate_hz: Sample rate of the clip.
        start: First sample of the clip.
        decoder: Reads the file.

    Raises:
        OSError: The file cannot be read, or has another size.
        Undecodable: The file has changed since it was prepared.
    """
    # Says what decoders hide, why not, and keeps one that hangs on damaged
    # bytes away from a file that was cut.
    local_file.open_whole(path, track.file_bytes).close()
    clip[:] = read_clip(
        SourceFile(
            path, track.codec, track.source_rate_hz, track.source_frames
        ),
        sample_rate_hz,
        track.peak,
        int(start),
        len(clip),
        decoder,
    )
