"""WAV, AIFF, CAF and AU that decoders misread, or read in part.

A sample of 24 bits may lie in 4 bytes. Block size and channels say so, but
decoders go by the number of bits: libsndfile reads some of them as noise, and
ffmpeg all. Their level does not matter, so it is enough to call each bit of
the container a bit of the sample. Where the number is left out, as the oldest
headers do, ffmpeg takes 8. Of files that were joined, each is one.
Some programs leave out the byte behind a chunk of odd length; others die before
they write how long it is. Both is mended for the decoder. Tags behind samples
of no known length are cut off: decoders take them for samples, and libsndfile
whatever is behind those of a W64.
"""

import dataclasses
import itertools
import os
import re
import struct
from typing import BinaryIO

from tftag.audio import spliced_file
from tftag.audio.formats import chunked_formats, mp3_frames, stated_end

_PCM, _EXTENSIBLE = 1, 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")
# Channels, frames, bits, rate and coding.
_COMMON = struct.Struct(">HIH10s4s")
# Coding, flags, bytes and frames of a block, channels and bits.
_DESC = struct.Struct(">8x4sIIIII")
_NO_PLAIN_INTEGERS = 1 | 32  # floating, or channels one behind the other
_AIFC_BITS = {b"in24": 24, b"in32": 32}
_RIFF = b"RIFF"
_LONG_FORMS = (b"RF64", b"BW64")
# What begins a frame of IEC 61937, and of DTS of 16 and 14 bits in both orders.
# One by one, which takes a third of the time of one pattern.
_CODED = (
    ("spdif", re.compile(rb"\x72\xf8\x1f\x4e")),
    ("dts", re.compile(rb"\x7f\xfe\x80\x01")),
    ("dts", re.compile(rb"\xfe\x7f\x01\x80")),
    ("dts", re.compile(rb"\x1f\xff\xe8\x00\x07[\xf0-\xff]")),
    ("dts", re.compile(rb"\xff\x1f\x00\xe8[\xf0-\xff]\x07")),
)
_LONG = (1 << 32) - 1
_SEARCHED_BYTES = 1 << 20
_HEAD_BYTES = 1 << 12
_MOST_REST_BYTES = 64
_MOST_CHUNKS = 1_000


_Edits = list[tuple[int, int, bytes]]


@dataclasses.dataclass(frozen=True)
class Wav:
    """One of the files that a file is made of.

    Attributes:
        pieces: What `spliced_file.opened` takes.
        is_whole: Whether it is the file as it is.
        there_share: Of the samples that it states.
    """

    pieces: list[spliced_file.Piece]
    is_whole: bool
    there_share: float = 1.0


def find(path: str | os.PathLike[str], start: int = 0) -> list[Wav]:
    """Finds the WAV, AIFF, CAF or AU in a file; none where it is no such.

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
            edits, end, following, share = read
            pieces: list[spliced_file.Piece] = []
            place = start
            for edit_start, edit_end, instead in edits:
                pieces += [(place, edit_start), instead]
                place = edit_end
            pieces.append((place, end))
            found.append(Wav(pieces, pieces == [(0, size)], share))
    return found


def coded_as(path: str | os.PathLike[str]) -> str:
    """What a WAV has in the place of samples, as ffmpeg calls it.

    Discs with DTS, what was recorded from a digital output, an MP3 that was
    given a WAV's header: the format says 16 bits, and whoever believes that
    hears noise.

    Args:
        path: The file.

    Returns:
        "dts", "spdif", "mp3", or "" where it has samples.
    """
    with open(path, "rb") as file:
        head = file.read(_SEARCHED_BYTES)
    if _chunks(head) is not chunked_formats.RIFF:
        return ""
    for container, mark in _CODED:
        places = [found.start() for found in mark.finditer(head)]
        steps = [b - a for a, b in itertools.pairwise(places)]
        # Frames are of one length; quiet noise has such samples by chance.
        if any(a == b for a, b in itertools.pairwise(steps)):
            return container
    start = _samples_start(head)
    return "mp3" if mp3_frames.chains(head[start:]) else ""


def samples_start(path: str | os.PathLike[str], start: int) -> int:
    """Where the samples of a WAV begin; 0 where its first bytes do not say.

    Args:
        path: The file.
        start: Its first byte.
    """
    with open(path, "rb") as file:
        file.seek(start)
        found = _samples_start(file.read(_HEAD_BYTES))
    return start + found if found else 0


def _samples_start(head: bytes) -> int:
    """Where, among its first bytes, the samples of a WAV begin."""
    place, size = chunked_formats.RIFF.first, chunked_formats.RIFF.header.size
    while place + size <= len(head):
        name, length = chunked_formats.RIFF.header.unpack_from(head, place)
        place += size
        if name in chunked_formats.RIFF.audio:
            return place
        place += length + length % 2
    return 0


def _read(
    file: BinaryIO, start: int, size: int
) -> tuple[_Edits, int, int | None, float] | None:
    """What to read in the place of which bytes, the end, and the next file.

    The last is the share of the samples that is there.
    """
    edits: _Edits = []
    share = 1.0
    file.seek(start)
    head = file.read(40)
    if head[:4] == b".snd":
        return *_read_au(file, start, size, head), None, 1.0
    chunks = _chunks(head)
    if chunks is None:
        return None
    if head[:4] in _LONG_FORMS:
        is_stated = 0 < stated_end.long_data(head) < 1 << 62
        instead = _LONG_FORMS[0] if is_stated else _RIFF
        if instead != head[:4]:  # libsndfile does not know the second name
            edits.append((start, start + 4, instead))
    place, header_bytes = start + chunks.first, chunks.header.size
    is_caf, is_w64 = (
        chunks is one for one in (chunked_formats.CAF, chunked_formats.W64)
    )
    is_before_audio = True
    for _ in range(_MOST_CHUNKS):
        if place >= size:  # a damaged length may be more than can be sought
            break
        file.seek(place)
        header = file.read(header_bytes)
        if len(header) < header_bytes:
            break
        name, length = chunks.header.unpack(header)
        empty = chunks.empty
        if chunks.is_whole:
            length, empty = max(0, length - header_bytes), empty - header_bytes
        if name[:4] == b"fmt ":
            edits += _bits(file.read(40), place, header_bytes, length)
        if name == b"COMM":
            edits += _aifc_bits(file.read(_COMMON.size), place + header_bytes)
        if name == b"desc":
            edits += _caf_bits(file.read(_DESC.size), place + header_bytes)
        place += header_bytes
        length_bytes = header_bytes - len(name)
        if name in chunks.audio:
            if length == _LONG:
                length = stated_end.long_data(head) or length
            # A header whose end a second, shorter one does not cover.
            again = header[:header_bytes]
            beside = file.read(_MOST_REST_BYTES).find(again)
            if beside >= 0:
                edits.append((place, place + beside + header_bytes, b""))
                place += beside + header_bytes
            samples = place + empty
            if not empty < length < stated_end.UNKNOWN_BYTES:
                end = stated_end.before_tags(file, samples, size, chunks.order)
                # Of a recorder that died it ends where the file does.
                is_short = chunks.unit == 2 and length <= empty
                if (is_short or is_caf) and end > samples:
                    stated = end - place if is_caf else _LONG
                    instead = stated.to_bytes(length_bytes, chunks.order)
                    edits.append((place - length_bytes, place, instead))
                return edits, end, None, 1.0
            share = min(1.0, (size - place) / length)
            if is_caf and share < 1:  # which libsndfile refuses
                instead = (size - place).to_bytes(length_bytes, chunks.order)
                edits.append((place - length_bytes, place, instead))
                return edits, size, None, share
        place += length
        if name in chunks.audio:
            for following in (place, place + -length % chunks.unit):
                file.seek(min(following, size))
                if _chunks(file.read(16)):
                    return edits, following, following, share
            if is_w64:
                return edits, min(place, size), None, share
            is_before_audio = False
        padding = -(header_bytes + length) % chunks.unit
        is_odd = padding and chunks.unit == 2 and place < size
        if is_odd and not stated_end.is_padded(file, place):
            padding = 0
            if is_before_audio:
                edits.append((place, place, bytes(1)))
        place += padding
    return edits, size, None, share


def _read_au(
    file: BinaryIO, start: int, size: int, head: bytes
) -> tuple[_Edits, int]:
    """As `_read`, of the one format without chunks."""
    offset, length = struct.unpack(">II", head[4:12])
    samples = start + offset
    if 1 < length < stated_end.UNKNOWN_BYTES:
        return [], size
    end = stated_end.before_tags(file, samples, size, "big")
    unknown = _LONG.to_bytes(4, "big")
    return [(start + 8, start + 12, unknown)] if end > samples else [], end


def _chunks(head: bytes) -> chunked_formats.Chunks | None:
    if head[:4] in (_RIFF, *_LONG_FORMS) and head[8:12] == b"WAVE":
        return chunked_formats.RIFF
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return chunked_formats.IFF
    if head[:4] == b"caff":
        return chunked_formats.CAF
    return (
        chunked_formats.W64 if head[:16] == chunked_formats.W64_RIFF else None
    )


def _bits(chunk: bytes, place: int, header_bytes: int, length: int) -> _Edits:
    """What makes a `fmt ` chunk state the bits of a sample's container."""
    end = place + header_bytes + _FORMAT.size
    if length == _FORMAT.size - 2:
        _, channels, _, _, block_bytes, _ = _FORMAT.unpack_from(chunk)
        if header_bytes > 8 or not channels or block_bytes % channels:
            return []
        bits = struct.pack("<H", 8 * block_bytes // channels)
        stated = struct.pack("<I", _FORMAT.size)
        return [(place + 4, place + 8, stated), (end - 2, end - 2, bits)]
    found = _container_bits(chunk)
    return [] if found is None else [(end - len(found), end, found)]


def _aifc_bits(chunk: bytes, place: int) -> _Edits:
    """What makes a `COMM` chunk state the bits that its coding means.

    QuickTime states 16 for every coding; libsndfile goes by that.
    """
    if len(chunk) < _COMMON.size:
        return []
    _, _, stated, _, coding = _COMMON.unpack(chunk)
    bits = _AIFC_BITS.get(coding, stated)
    place += _COMMON.size - 16  # the rate and the coding are behind it
    instead = bits.to_bytes(2, "big")
    return [] if bits == stated else [(place, place + 2, instead)]


def _caf_bits(chunk: bytes, place: int) -> _Edits:
    """What makes a `desc` chunk state the bits of a sample's container."""
    if len(chunk) < _DESC.size:
        return []
    coding, flags, block_bytes, frames, channels, bits = _DESC.unpack(chunk)
    is_known = coding == b"lpcm" and not flags & _NO_PLAIN_INTEGERS
    if not is_known or frames != 1 or not channels or block_bytes % channels:
        return []
    held = 8 * block_bytes // channels
    if held not in (16, 24, 32) or held - bits < 8:
        return []
    place += _DESC.size
    return [(place - 4, place, held.to_bytes(4, "big"))]


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
