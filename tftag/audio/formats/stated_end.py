"""What lies behind the audio that a container states, and nobody reads.

A header says how long its audio is. That of a recorder that died says too
little, and behind the end may stand a second file, where some were joined.
Decoders stop where the header says; so what is behind is counted here.
"""

import mmap
import os
import re
import struct
from typing import BinaryIO, Literal

from tftag.audio.formats import chunked_formats, mp3_frames

# Where a program cannot go back it states nearly 2 or 4 GiB, or nothing.
UNKNOWN_BYTES = 2_100_000_000
_MOST_CHUNKS = 10_000
# People put them behind everything, whatever the format says of that.
LAST_TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN")
_MOST_LAST_BYTES = 128
_NAME = re.compile(rb"[ -~\xa9]{4}")
# Of two names that are one byte apart, these are true.
FREQUENT_NAMES = b"fmt ,data,fact,LIST,bext,JUNK,id3 ,ID3 ,COMM,SSND".split(
    b","
)
_W64_NAMES = (chunked_formats.W64_DATA[-6:], bytes.fromhex("28db04c10000"))
_OTHER_FILES = (
    *(b"RIFF", b"FORM", b"OggS", b"fLaC"),
    chunked_formats.W64_RIFF,
)
# Behind them stands the size of the file.
_ASF_SIZE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_FLV_SIZE = b"\0\x08filesize\0"
_HEAD_BYTES = 1 << 13
_WITH_FLAG = bytes(each for each in range(256) if each & 8)
# Of formats without chunks: from where on each file of their kind is the same.
_SAME = {b"TTA1": 10, b"MAC ": 8, b"tBaK": 4, b"wvpk": 4}
_SAME |= {b"FLV\x01": 9, b"Crea": 20}  # the latter is VOC


def there_share(path: str | os.PathLike[str]) -> float:
    """The share that is there of what an AVI, WMA or FLV says that it has.

    Args:
        path: A file.

    Returns:
        0 to 1; 1 where it does not say, and of other kinds.

    Raises:
        OSError: It cannot be read.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(_HEAD_BYTES)
    stated = 0.0
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        stated = 8 + int.from_bytes(head[4:8], "little")
    if head.startswith(chunked_formats.ASF) and _ASF_SIZE in head:
        place = head.index(_ASF_SIZE) + 40
        stated = int.from_bytes(head[place : place + 8], "little")
    if head.startswith(b"FLV") and _FLV_SIZE in head[: -len(_FLV_SIZE) - 8]:
        place = head.index(_FLV_SIZE) + len(_FLV_SIZE)
        (stated,) = struct.unpack_from(">d", head, place)
    return min(1.0, size / stated) if stated > 0 else 1.0


def unread_share(path: str | os.PathLike[str]) -> float:
    """The share of a file that lies behind the end that it states.

    Tags do not count, nor what follows audio of a length that is not stated.

    Args:
        path: A file.

    Returns:
        0 to 1; 0 where nobody can tell.

    Raises:
        OSError: It cannot be read.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(64)
        end = _end(file, head, size)
        if not 0 < end < size:
            return 0.0
        end = _behind_tags(file, end, size)
    return (size - end) / size


def _behind_tags(file: BinaryIO, place: int, size: int) -> int:
    file.seek(place)
    head = file.read(16)
    if head.startswith(b"ID3") and len(head) > 10:
        return min(place + mp3_frames.id3_bytes(head), size)
    return size if head.startswith(LAST_TAGS) else place


def _end(file: BinaryIO, head: bytes, size: int) -> int:
    """Where the stated audio ends; `size` where nobody can tell."""
    mark = head[:4]
    match mark:
        case b"RIFF" | b"RF64" | b"BW64" if head[8:12] == b"WAVE":
            return _behind_chunks(
                file, chunked_formats.RIFF, size, long_data(head)
            )
        case b"riff" if head[4:8] == b"\x2e\x91\xcf\x11":
            return _behind_chunks(file, chunked_formats.W64, size)
        case b"FORM":
            return _behind_chunks(file, chunked_formats.IFF, size)
        case b"caff":
            return _behind_chunks(file, chunked_formats.CAF, size)
        case b".snd":
            start, length = struct.unpack(">II", head[4:12])
            return start + length if 1 < length < UNKNOWN_BYTES else size
        case b"DSD ":
            return int.from_bytes(head[12:20], "little") or size
        case b"FRM8":
            return 12 + int.from_bytes(head[4:12], "big")
    if head[4:8] == b"ftyp":
        return _behind_chunks(file, chunked_formats.MP4, size)
    if head.startswith(chunked_formats.ASF):
        return _behind_chunks(file, chunked_formats.WMA, size)
    if mark in _SAME:
        return _next_of_its_kind(file, head, size)
    return size


def long_data(head: bytes) -> int:
    """The length of a WAV's data where 32 bits cannot hold it; else 0.

    Args:
        head: The first bytes of the file, 36 or more.
    """
    if head[:4] == b"RIFF" or head[12:16] != b"ds64":
        return 0
    return int.from_bytes(head[28:36], "little")


def _behind_chunks(
    file: BinaryIO,
    chunks: chunked_formats.Chunks,
    size: int,
    data_bytes: int = 0,
) -> int:
    place, is_behind = chunks.first, False
    ends = chunks.audio + _OTHER_FILES
    for _ in range(_MOST_CHUNKS):
        file.seek(place)
        head = file.read(chunks.header.size)
        if len(head) < chunks.header.size:
            return size
        name, length = chunks.header.unpack(head)
        if chunks.is_length_first:
            name, length = length, name
            if length == 1:
                length = int.from_bytes(file.read(8), "big")
        if is_behind and (name in ends or not _is_chunk(name, chunks)):
            return place
        if name in chunks.audio:
            length = data_bytes or length
            if length <= chunks.empty or length >= UNKNOWN_BYTES:
                return size
        if chunks.is_whole and length < chunks.header.size:
            return size  # up to the end, or damaged
        start = place
        place += length if chunks.is_whole else chunks.header.size + length
        if place >= size:
            # What reaches beyond the end looks like a name, and is none.
            is_chunk = chunks.is_whole or place <= size + 1
            return start if is_behind and not is_chunk else size
        padding = -(place - start) % chunks.unit
        if padding and (chunks.unit != 2 or is_padded(file, place)):
            place += padding
        is_behind |= name in chunks.audio
    return size


def is_padded(file: BinaryIO, place: int) -> bool:
    """Whether a byte lies behind a chunk of odd length.

    Some programs leave it out.

    Args:
        file: A file of RIFF's or IFF's chunks.
        place: Where the chunk ends.
    """
    file.seek(place)
    head = file.read(5)
    here, behind = head[:4], head[1:]
    if not (_NAME.fullmatch(here) and _NAME.fullmatch(behind)):
        return not _NAME.fullmatch(here)
    # `ata0` is the name `data` and the first byte of a length.
    return behind in FREQUENT_NAMES or here not in FREQUENT_NAMES


def before_tags(
    file: BinaryIO,
    samples: int,
    size: int,
    order: Literal["little", "big"] = "little",
) -> int:
    """Where samples end whose length nobody stated, before tags or chunks.

    Args:
        file: The file.
        samples: Where they begin.
        size: Of the file.
        order: That of the lengths of its chunks.
    """
    file.seek(samples)
    head = file.read(16)
    length = int.from_bytes(head[4:8], order)
    fits = samples + 8 + length <= size
    is_chunk = bool(_NAME.fullmatch(head[:4])) and fits
    is_chunk |= head.endswith(_W64_NAMES)
    if is_chunk or _behind_tags(file, samples, size) > samples:
        return samples
    return before_last_tags(file, size)


def last_tags(path: str | os.PathLike[str]) -> int | None:
    """Where the tags begin that people put behind any file; else `None`.

    Args:
        path: The file.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        end = before_last_tags(file, size)
    return end if end < size else None


def before_last_tags(file: BinaryIO, size: int) -> int:
    """Where the tags begin that people put behind any file; else its end.

    Args:
        file: The file.
        size: Of the file.
    """
    while (start := _last_tag(file, size)) < size:
        size = start
    return size


def _last_tag(file: BinaryIO, size: int) -> int:
    """Where the tag begins with which a file ends; `size` without one."""
    file.seek(max(0, size - _MOST_LAST_BYTES))
    tail = file.read(min(size, _MOST_LAST_BYTES))
    start = size
    if tail[-128:-125] == b"TAG":
        start -= 128
    elif tail[-32:-24] == b"APETAGEX":
        start -= int.from_bytes(tail[-20:-16], "little")
        start -= 32 * (tail[-9] >> 7)
    elif tail.endswith(b"LYRICS200") and tail[-15:-9].isdigit():
        start -= int(tail[-15:-9]) + 15
    return start if start > 0 else size


def _is_chunk(name: bytes, chunks: chunked_formats.Chunks) -> bool:
    if chunks is chunked_formats.W64:
        return name.endswith(_W64_NAMES)
    # Names of WMA are any 16 bytes.
    return chunks is chunked_formats.WMA or bool(_NAME.fullmatch(name))


def _next_of_its_kind(file: BinaryIO, head: bytes, size: int) -> int:
    """Where a file begins that is like the one in whose middle it is."""
    mark = re.escape(head[: _SAME[head[:4]]])
    if head[:4] == b"wvpk":
        # Each block has the mark; those that begin have the number 0, and of
        # more than two channels the first of them a flag.
        mark += b"...." + re.escape(head[8:12]) + b"...." + bytes(4)
        mark += b".{5}[" + re.escape(_WITH_FLAG) + b"]"
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = re.compile(mark, re.DOTALL).search(data, 1)
        return found.start() if found else size
