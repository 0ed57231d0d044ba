"""NumPy files (`.npy`) of samples: their layout, and any part of them.

Only the bytes of the part are read, by offset. A mapped file that is truncated
while in use would end the process (SIGBUS); here that is an error like any
other. Nothing is unpickled.
"""

import dataclasses
import io
import math
import os
import tokenize

import numpy as np

from pipelines.reading.slices import local_file
from tftag import audio
from tftag.audio import waveform
from tftag.storage.remote import address as addresses

SUFFIX = ".npy"
CODEC = "npy"
MAX_CHANNELS = 8

_INT16_SCALE = np.float32(1 / 32_768)  # as libsndfile scales 16-bit files
_BLOCK_FRAMES = 1 << 18
# What the literals of a header may raise, besides numpy's own errors.
_HEADER_ERRORS = (
    ValueError,
    SyntaxError,
    TypeError,
    MemoryError,
    RecursionError,
    tokenize.TokenError,
)


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the samples are in a file.

    Attributes:
        dtype: int16, float32 or float64, in either byte order.
        frames: Samples of each channel.
        channels: How many.
        interleaved: Whether the channels of one frame lie side by side;
            otherwise each channel lies in one piece.
        data_offset: Byte of the file at which the samples start.
    """

    dtype: np.dtype
    frames: int
    channels: int
    interleaved: bool
    data_offset: int


def is_array(path: str | os.PathLike[str] | addresses.Address) -> bool:
    """Whether the name of a file ends in `.npy`."""
    return str(path).lower().endswith(SUFFIX)


def read_layout(file: io.FileIO) -> Layout:
    """Reads the header.

    An array of one axis is `[samples]`. Of two axes, the one no longer than
    `MAX_CHANNELS` holds the channels, whichever it is; if both or neither are
    that short, the file is refused as ambiguous.

    Args:
        file: At its start.

    Raises:
        UnusableAudio: It is not such an array, or is truncated.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            header = np.lib.format.read_array_header_1_0(file)
        elif version == (2, 0):
            header = np.lib.format.read_array_header_2_0(file)
        else:  # (3, 0) is for names of fields that are not Latin-1
            raise audio.UnusableAudio(
                "unsupported", f"An array of format {version}."
            )
        shape, is_fortran, dtype = header
    except audio.UnusableAudio:
        raise
    except _HEADER_ERRORS as error:
        raise audio.UnusableAudio(
            "unreadable", f"No NumPy array: {error}"
        ) from error
    if dtype.newbyteorder("=") not in (np.int16, np.float32, np.float64):
        raise audio.UnusableAudio(
            "unsupported",
            f"Arrays must be of int16, float32 or float64, not {dtype}.",
        )
    channel_axis = _channel_axis(shape)
    channels = 1 if channel_axis is None else shape[channel_axis]
    frames = math.prod(shape) // channels
    layout = Layout(
        dtype=dtype,
        frames=frames,
        channels=channels,
        interleaved=channel_axis is None or (channel_axis == 1) != is_fortran,
        data_offset=file.tell(),
    )
    needed = layout.data_offset + frames * channels * dtype.itemsize
    there = file.seek(0, os.SEEK_END)
    if there < needed:
        raise audio.UnusableAudio(
            "unreadable", f"It has {there} of {needed} bytes."
        )
    return layout


def read_frames(
    file: io.FileIO, layout: Layout, first: int, frames: int
) -> np.ndarray:
    """Reads a part of the samples.

    Args:
        file: The file, anywhere.
        layout: Its layout, from `read_layout`.
        first: First frame.
        frames: How many; fewer if the file ends before.

    Returns:
        float32 `[frames, channels]`; 16-bit samples are scaled to -1 to 1.

    Raises:
        OSError: The file ends earlier than its header says, or cannot be
            read.
    """
    frames = max(0, min(frames, layout.frames - first))
    width = layout.channels if layout.interleaved else 1
    pieces = layout.channels // width
    # Channels stay apart in the memory, as they are in the file.
    samples = np.empty((pieces, frames * width), np.float32)
    for piece in range(pieces):
        start = piece * layout.frames + first * width
        raw = np.empty(frames * width, layout.dtype)
        file.seek(layout.data_offset + start * layout.dtype.itemsize)
        local_file.fill(file, raw.data.cast("B"))
        with np.errstate(over="ignore"):  # infinite ones are refused by name
            samples[piece] = raw
    if layout.dtype.kind == "i":
        samples *= _INT16_SCALE
    return samples.reshape(frames, width) if pieces == 1 else samples.T


def decode_array(
    path: str | os.PathLike[str], array_rate_hz: int | None, sample_rate_hz: int
) -> audio.Recording:
    """Reads a whole array as `tftag.audio.decode_file` reads a file.

    Args:
        path: The file.
        array_rate_hz: Its sample rate, which the file does not state.
        sample_rate_hz: Rate of the result.

    Raises:
        UnusableAudio: Nothing can be read, or only silence.
        FileNotFoundError: There is no such file.
    """
    try:
        if array_rate_hz is None:
            raise audio.UnusableAudio(
                "unsupported", "An array does not tell its rate."
            )
        found = waveform.Waveform(
            lambda: _Source(path, array_rate_hz), sample_rate_hz
        )
        recording = found.recording()
    except audio.UnusableAudio as error:
        raise audio.UnusableAudio(
            error.reason, f"{os.fsdecode(path)}: {error}"
        ) from error
    if found.remark:
        audio.logger.warning("%s: %s", path, found.remark)
    return recording


class _Source:
    """An array as `waveform.Waveform` reads it."""

    def __init__(self, path, rate_hz):
        self._file = open(path, "rb", buffering=0)
        self._rate_hz = rate_hz
        self.held_seconds = 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def parts(self):
        layout = read_layout(self._file)
        if layout.frames > waveform.MAX_SECONDS * self._rate_hz:
            raise waveform.too_long()
        self.held_seconds = layout.frames / self._rate_hz
        yield self._rate_hz, self._blocks(layout)

    def _blocks(self, layout):
        for first in range(0, layout.frames, _BLOCK_FRAMES):
            yield read_frames(self._file, layout, first, _BLOCK_FRAMES)


def _channel_axis(shape: tuple[int, ...]) -> int | None:
    if len(shape) not in (1, 2):
        raise audio.UnusableAudio(
            "unsupported",
            "Arrays must be [samples], [channels, samples] or [samples, "
            f"channels], not of shape {list(shape)}.",
        )
    if min(shape) < 1:
        raise audio.UnusableAudio("empty", "There are no samples.")
    if len(shape) == 1:
        return None
    short = [axis for axis in (0, 1) if shape[axis] <= MAX_CHANNELS]
    if len(short) != 1:
        raise audio.UnusableAudio(
            "unsupported",
            f"One of two axes, and only one, must be of at most {MAX_CHANNELS} "
            f"channels; the shape is {list(shape)}.",
        )
    return short[0]
