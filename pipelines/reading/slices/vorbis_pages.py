"""A part of an Ogg Vorbis file as a small Ogg file, by counting its frames.

Every page of an Ogg file states a position, and decoders seek by it. It is
what the program that wrote the file believed: ffmpeg hands on the timestamps
of what it was given, so that single pages are off by hundreds of frames where
that was Vorbis, and all of them by some where it was WebM, which has whole
milliseconds. What a decoder gives is certain: of a packet a quarter of its
block and of the block before it, and the first bits of a packet name its block
(Vorbis I, 1.3.2 and 4.3.1). So the frames are counted here from the start, as
who decodes the whole file counts them.
"""

import dataclasses
import functools
import io
import os
import struct

import numpy as np

from pipelines.reading.slices import local_file
from tftag.audio.formats import ogg_packets

_MARK = b"OggS"
_HEADER = struct.Struct("<14xI8xB")  # of a page: its stream, its segments
_HEADERS = 3  # packets before the audio


@dataclasses.dataclass(frozen=True)
class Pages:
    """Pages on which decoding may begin: those on which a packet begins.

    Attributes:
        offsets: `[pages]`, their first bytes.
        starts: `[pages]`, the first frame that decoding from there gives.
        lead: Frames that the bytes before the second of them give alone.
        file_bytes: Size of the file.
    """

    offsets: np.ndarray
    starts: np.ndarray
    lead: int
    file_bytes: int


def excerpt(
    path: str | os.PathLike[str], first: int, frames: int
) -> tuple[bytes, int]:
    """Reads the headers of a file and the pages around some frames.

    Args:
        path: The file.
        first: First frame.
        frames: How many.

    Returns:
        An Ogg Vorbis file, and which of its frames is `first`.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no Ogg Vorbis file, or an odd one.
    """
    with open(path, "rb", buffering=0) as file:
        state = os.fstat(file.fileno())
        pages = _read_pages(os.fspath(path), state.st_size, state.st_mtime_ns)
        offsets, starts = pages.offsets, pages.starts
        # The last page states how many of its frames count, seen from the
        # page before.
        begin = int(np.searchsorted(starts, first, side="right")) - 1
        begin = max(0, min(begin, len(starts) - 2))
        # Two more: the page with the second half of the last block, and one,
        # as libsndfile ends a file where its last page says.
        end = int(np.searchsorted(starts, first + frames)) + 2
        end_byte = offsets[end] if end < len(offsets) else pages.file_bytes
        if begin <= 1:
            return _bytes(file, 0, end_byte), first
        # With the first page in front, what the file says of its length is
        # true. A gap behind it makes the decoder begin anew.
        head = _bytes(file, 0, offsets[1])
        part = _bytes(file, offsets[begin], end_byte)
        return head + part, pages.lead + first - int(starts[begin])


def _bytes(file: io.FileIO, begin: int, end: int) -> bytes:
    data = bytearray(int(end - begin))
    file.seek(int(begin))
    local_file.fill(file, memoryview(data))
    return bytes(data)


# A page is 16 bytes here: 16 KB for a song.
@functools.lru_cache(maxsize=1_024)
def _read_pages(path: str, file_bytes: int, changed_ns: int) -> Pages:
    """Size and time are there so that a new file is read anew."""
    with open(path, "rb") as file:
        return find_pages(file.read())


def find_pages(data: bytes) -> Pages:
    """Finds the pages of an Ogg Vorbis file.

    Args:
        data: All of it.

    Raises:
        ValueError: It is no Ogg Vorbis file, or an odd one.
    """
    offsets, laces = _own_pages(data)
    counts = [len(each) for each in laces]
    page_of = np.repeat(np.arange(len(laces)), counts)
    lacing = np.concatenate(laces).astype(int)
    # Where each segment lies: behind its page's header, which has a byte for
    # each segment, and behind the page's segments before it.
    sizes = np.array([each.sum(dtype=int) for each in laces])
    bodies = offsets + _HEADER.size + counts - (np.cumsum(sizes) - sizes)
    segments = bodies[page_of] + np.cumsum(lacing) - lacing
    # A packet ends with a segment of less than 255 bytes.
    ends = np.flatnonzero(lacing < 255)
    begins = np.append(0, ends[:-1] + 1)
    if len(ends) < _HEADERS:
        raise ValueError("it ends in its headers")
    identity, _, setup = (
        b"".join(
            data[segments[k] : segments[k] + lacing[k]]
            for k in range(begins[packet], ends[packet] + 1)
        )
        for packet in range(_HEADERS)
    )
    begins, ends = begins[_HEADERS:], ends[_HEADERS:]
    begins, ends = begins[lacing[begins] > 0], ends[lacing[begins] > 0]
    # Lowest bit first: 0 for audio, then the number of the mode.
    codes = np.frombuffer(data, np.uint8)[segments[begins]]
    blocks = np.array(ogg_packets.vorbis_blocks(identity, setup))
    if not blocks.size:
        raise ValueError("its headers are not those of Vorbis")
    modes = codes >> 1 & (1 << (len(blocks) - 1).bit_length()) - 1
    is_audio = (codes & 1 == 0) & (modes < len(blocks))
    blocks = blocks[modes[is_audio]]
    begin_page = page_of[begins[is_audio]]
    end_page = page_of[ends[is_audio]]
    frame = np.append(0, np.cumsum(blocks[:-1] + blocks[1:]) // 4)
    whole = np.flatnonzero(begin_page == end_page)
    entries, which = np.unique(begin_page[whole], return_index=True)
    if not whole.size or whole[0]:
        raise ValueError("its first page of audio has no whole packet")
    ended = np.searchsorted(end_page, entries[1]) if len(entries) > 1 else 0
    return Pages(
        offsets[entries], frame[whole[which]], int(frame[ended - 1]), len(data)
    )


def _own_pages(data: bytes) -> tuple[np.ndarray, list[np.ndarray]]:
    """Offsets and segment sizes of the pages of the first Vorbis stream."""
    offsets, laces = [], []
    own = None
    at = data.find(_MARK)
    while 0 <= at <= len(data) - _HEADER.size:
        serial, count = _HEADER.unpack_from(data, at)
        body = at + _HEADER.size + count
        if own is None and data.startswith(b"\x01vorbis", body):
            own = serial
        lacing = np.frombuffer(data[at + _HEADER.size : body], np.uint8)
        body_bytes = int(lacing.sum(dtype=int))
        if body + body_bytes > len(data):
            break
        if serial == own:
            offsets.append(at)
            laces.append(lacing)
        at = data.find(_MARK, body + body_bytes)
    if own is None:
        raise ValueError("it has no Vorbis stream")
    return np.array(offsets), laces
