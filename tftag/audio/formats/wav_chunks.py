"""WAV files that decoders misread, or of which they read the first part.

A sample of 24 bits may lie in 4 bytes. Block size and channels say so, but
decoders go by the number of bits: libsndfile reads some of them as noise, and
ffmpeg all. Their level does not matter, so it is enough to call each bit of
the container a bit of the sample. Of files that were joined, each is one.
Some programs leave out the byte behind a chunk of odd length; others die before
they write how long it is. Both is mended for the decoder.
"""

import dataclasses
import itertools
import os
import re
import struct
from typing import BinaryIO

from tftag.audio import spliced_file
from tftag.audio.formats import stated_end

_PCM, _EXTENSIBLE = 1, 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")
_RIFF = b"RIFF"
_FORMS = (_RIFF, b"RF64", b"BW64")
_W64_NAME = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
# What begins a frame of IEC 61937, and of DTS of 16 and 14 bits in both orders.
_CODED = {
    "spdif": re.compile(rb"\x72\xf8\x1f\x4e"),
    "dts": re.compile(
        rb"\x7f\xfe\x80\x01|\xfe\x7f\x01\x80|\x1f\xff\xe8\x00\x07[\xf0-\xff]"
        rb"|\xff\x1f\x00\xe8[\xf0-\xff]\x07"
    ),
}
_SEARCHED_BYTES = 1 << 20
_MOST_CHUNKS = 1_000


@dataclasses.dataclass(frozen=True)
class Wav:
    """One of the WAV files in a file.

    Attributes:
        pieces: What `spliced_file.opened` takes.
        is_whole: Whether it is the file as it is.
    """

    pieces: list[spliced_file.Piece]
    is_whole: bool


def find(path: str | os.PathLike[str], start: int = 0) -> list[Wav]:
    """Finds the WAV files that a file is made of; none where it is no WAV.

    Args:
        path: The file.
        start: Byte at which the first of them begins.
    """
    found: list[Wav] = []
    following: int | None = start
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        while following is not None and len(found) < _MOST_CHUNKS:
            start = following
            read = _read(file, start, size)
            if read is None:
                break
            edits, following = read
            end = size if following is None else following
            pieces: list[spliced_file.Piece] = []
            place = start
            for edit_start, edit_end, instead in edits:
                pieces += [(place, edit_start), instead]
                place = edit_end
            pieces.append((place, end))
            found.append(Wav(pieces, is_whole=pieces == [(0, size)]))
    return found


def coded_as(path: str | os.PathLike[str]) -> str:
    """What a WAV has in the place of samples, as ffmpeg calls it.

    Discs with DTS, and what was recorded from a digital output: the format
    says 16 bits, and whoever believes that hears noise.

    Args:
        path: The file.

    Returns:
        "dts", "spdif", or "" where it has samples.
    """
    with open(path, "rb") as file:
        head = file.read(_SEARCHED_BYTES)
    if head[:4] not in _FORMS or head[8:12] != b"WAVE":
        return ""
    for container, mark in _CODED.items():
        places = [found.start() for found in mark.finditer(head)]
        steps = [b - a for a, b in itertools.pairwise(places)]
        # Frames are of one length; quiet noise has such samples by chance.
        if any(a == b for a, b in itertools.pairwise(steps)):
            return container
    return ""


def _read(
    file: BinaryIO, start: int, size: int
) -> tuple[list[tuple[int, int, bytes]], int | None] | None:
    """What to read in the place of which bytes, and where the next file is."""
    edits: list[tuple[int, int, bytes]] = []
    file.seek(start)
    head = file.read(40)
    if head[:4] in _FORMS and head[8:12] == b"WAVE":
        place, name_bytes, length_bytes, unit = start + 12, 4, 4, 2
        if head[:4] != _RIFF and not 0 < stated_end.long_data(head) < 1 << 62:
            edits.append((start, start + 4, _RIFF))
    elif head[:16] == _W64_NAME:
        place, name_bytes, length_bytes, unit = start + 40, 16, 8, 8
    else:
        return None
    header_bytes = name_bytes + length_bytes
    is_before_data = True
    for _ in range(_MOST_CHUNKS):
        if place >= size:  # a damaged length may be more than can be sought
            break
        file.seek(place)
        header = file.read(header_bytes)
        if len(header) < header_bytes:
            break
        length = int.from_bytes(header[name_bytes:], "little")
        if unit == 8:  # it counts the header too
            length = max(0, length - header_bytes)
        if header[:4] == b"fmt ":
            bits = _container_bits(file.read(40))
            if bits is not None:
                at = place + header_bytes + _FORMAT.size
                edits.append((at - len(bits), at, bits))
        place += header_bytes + length
        if header[:4] == b"data":
            if length >= stated_end.UNKNOWN_BYTES:
                break
            if not length:
                # Of a recorder that died it ends where the file does.
                if unit == 2 and not stated_end.is_chunk(file, place, size):
                    edits.append((place - 4, place, b"\xff" * 4))
                break
            for following in (place, place + length % 2):
                file.seek(min(following, size))
                head = file.read(16)
                if head[8:12] == b"WAVE" and head[:4] in _FORMS:
                    return edits, following
            is_before_data = False
        padding = -(header_bytes + length) % unit
        is_odd = padding and unit == 2 and place < size
        if is_odd and not stated_end.is_padded(file, place):
            padding = 0
            if is_before_data:
                edits.append((place, place, bytes(1)))
        place += padding
    return edits, None


def _container_bits(chunk: bytes) -> bytes | None:
    """The bits of a sample's container, where they are more than stated."""
    if len(chunk) < _FORMAT.size:
        return None
    codec, channels, rate_hz, byte_rate, block_bytes, bits = (
        _FORMAT.unpack_from(chunk)
    )
    if codec == _EXTENSIBLE and len(chunk) == 40:
        codec = int.from_bytes(chunk[24:26], "little")
    if codec != _PCM or not channels or block_bytes % channels:
        return None
    sample_bytes = block_bytes // channels
    if sample_bytes not in (2, 3, 4) or 8 * sample_bytes - bits < 8:
        return None
    if byte_rate != rate_hz * block_bytes:  # one of them is damaged
        return None
    return struct.pack("<H", 8 * sample_bytes)
