"""Where the frames of a FLAC file are, and what kind of audio they hold.

The header states a length and a rate, once. Recorders that die state too few
samples, files that were joined have another header in the middle, and some
change their rate. Each frame says what it is, and which one: so what a file
holds is counted here, without decoding it.
"""

import dataclasses
import functools
import io
import os
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from tftag.audio.formats import stated_end

_Kind = tuple[int, int, int]

_INFO_BYTES = 34
_INFO_HEADS = b"\0\0\0\x22", b"\x80\0\0\x22"
_BLOCK_BYTES = 1 << 20
_MOST_GAP_BYTES = 1 << 24  # nobody searches a sparse file of terabytes
_HEADER_BYTES = 16  # at most, of a frame
_MOST_HEADS_BYTES = 64  # of a frame and of its channels
_MOST_WAITING = 8
_RATES_HZ = (0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000) + (
    *(32_000, 44_100, 48_000, 96_000),
)
_BITS = (0, 8, 12, 0, 16, 20, 24, 32)
_SYNC = re.compile(rb"\xff[\xf8\xf9][\x10-\xfe]")


@dataclasses.dataclass
class Part:
    """Frames of one kind, numbered upwards.

    Attributes:
        start: Byte of the first frame.
        end: Byte where the next part, or the file, ends.
        kind: Rate in Hz, channels and bits of a sample.
        samples: In the frames that are there, per channel; without the last
            one where the file was cut.
        lost_samples: In those between them whose numbers are missing.
        block_samples: Samples of the first frame.
        is_variable: Whether others may have another number.
    """

    start: int
    end: int
    kind: _Kind
    samples: int
    lost_samples: int
    block_samples: int
    is_variable: bool


@dataclasses.dataclass
class Frames:
    """What a FLAC file holds.

    Attributes:
        parts: Its frames.
        stated_samples: By the header; 0 where it does not say.
        stated_kind: By the header, as in `Part`.
        behind_share: Of the file, what must lie behind the last frame and is
            no tag.
        stated_block_samples: What the header says that each frame has.
    """

    parts: list[Part]
    stated_samples: int
    stated_kind: _Kind
    behind_share: float = 0.0
    stated_block_samples: int = 0

    @property
    def is_block_true(self) -> bool:
        """Whether frames are not shorter than stated.

        libsndfile would take what lies behind them in its memory for samples.
        """
        first = self.parts[0]
        is_lone = first.samples <= first.block_samples
        return is_lone or self.stated_block_samples <= first.block_samples

    def header_of(self, part: Part) -> bytes:
        """The shortest header with which a part is a FLAC file."""
        rate_hz, channels, bits = part.kind
        fields = rate_hz << 44 | (channels - 1) << 41 | (bits - 1) << 36
        fields |= part.samples
        # 65,536 are allowed in a frame, and not in the header.
        blocks = 2 * min(part.block_samples, 0xFFFF).to_bytes(2, "big")
        if part.is_variable:
            blocks = b"\x00\x10\xff\xff"
        info = blocks + bytes(6) + fields.to_bytes(8, "big") + bytes(16)
        return b"fLaC" + bytes([0x80, 0, 0, _INFO_BYTES]) + info


@dataclasses.dataclass(slots=True)
class _Frame:
    place: int
    kind: _Kind
    number: int  # of the frame, or of its first sample
    samples: int
    is_variable: bool

    @property
    def next(self) -> int:
        """The number of the frame behind it."""
        return self.number + (self.samples if self.is_variable else 1)

    def missing_to(self, other: "_Frame") -> int:
        """Samples between it and another."""
        unit = 1 if self.is_variable else self.samples
        return unit * (other.number - self.next)


def find(path: str | os.PathLike[str], start: int = 0) -> Frames | None:
    """Finds the frames of a file.

    Args:
        path: The file.
        start: Byte at which it begins, behind other tags.

    Returns:
        The frames; `None` where it is no FLAC, or has no frames.
    """
    with open(path, "rb") as file:
        file.seek(start)
        head = file.read(8 + _INFO_BYTES)
        if head[:4] != b"fLaC" or len(head) < 8 + _INFO_BYTES:
            return None
        # It must come first, and in damaged files does not.
        info = head[8:] if head[4:8] in _INFO_HEADS else bytes(_INFO_BYTES)
        fields = int.from_bytes(info[10:18], "big")
        usual = (
            fields >> 44,
            (fields >> 41 & 7) + 1,
            (fields >> 36 & 31) + 1,
        )
        parts, last = _parts(file, start + len(head), usual)
        if last is None:
            return None
        end = stated_end.before_last_tags(file, parts[-1].end)
    stated = fields & (1 << 36) - 1
    is_cut = stated > sum(part.samples + part.lost_samples for part in parts)
    if is_cut and parts[-1].samples > last.samples:
        parts[-1].samples -= last.samples
    # A frame is no longer than its samples as they are.
    _, channels, bits = last.kind
    most_bytes = last.samples * channels * (bits + 1) // 8 + _MOST_HEADS_BYTES
    behind = max(0, end - last.place - most_bytes) / parts[-1].end
    least, most = (int.from_bytes(info[k : k + 2], "big") for k in (0, 2))
    return Frames(parts, stated, usual, behind, most if least == most else 0)


def find_headless(path: str | os.PathLike[str]) -> Frames | None:
    """Finds the frames of a file whose start was cut off.

    Args:
        path: The file.

    Returns:
        The frames, of which nobody knows how many there were; `None` where
        there are none, or where they do not say what they hold.
    """
    unknown = (0, 0, 0)
    with open(path, "rb") as file:
        head = io.BytesIO(file.read(_BLOCK_BYTES))
        first = next(_in_order(_headers(head, 0, unknown)), None)
        if first is None or not all(first.kind):
            return None
        parts, _ = _parts(file, first.place, unknown)
    parts = [part for part in parts if all(part.kind)]
    return Frames(parts, 0, unknown) if parts else None


def _parts(
    file: BinaryIO, place: int, usual: _Kind
) -> tuple[list[Part], "_Frame | None"]:
    """The parts from a byte on, and the last frame."""
    size = file.seek(0, os.SEEK_END)
    parts: list[Part] = []
    last: _Frame | None = None
    for frame in _in_order(_headers(file, place, usual)):
        kind = frame.kind
        if last is None or kind != last.kind or frame.number < last.next:
            if parts:
                parts[-1].end = frame.place
            block = frame.samples, frame.is_variable
            parts.append(Part(frame.place, size, kind, 0, 0, *block))
        else:
            parts[-1].lost_samples += last.missing_to(frame)
        parts[-1].samples += frame.samples
        last = frame
    return parts, last


def _headers(file: BinaryIO, place: int, usual: _Kind) -> Iterator[_Frame]:
    """Yields what looks like a frame's header and has its checksum."""
    last_place = place
    while place - last_place < _MOST_GAP_BYTES:
        file.seek(place)
        data = file.read(_BLOCK_BYTES)
        is_last = len(data) < _BLOCK_BYTES
        stop = len(data) - (0 if is_last else _HEADER_BYTES)
        for match in _SYNC.finditer(data, 0, max(0, stop)):
            frame = _header(data, match.start(), place, usual)
            if frame is not None:
                last_place = frame.place
                yield frame
        if is_last:
            return
        place += stop


def _header(data: bytes, at: int, base: int, usual: _Kind) -> _Frame | None:
    if at + 5 >= len(data):
        return None
    known = _shape(data[at + 2], data[at + 3], usual)
    if known is None:
        return None
    kind, samples, size_bytes, rate_unit, rate_bytes = known
    # The number, as UTF-8 would write it.
    end, first = at + 5, data[at + 4]
    number = first
    if first > 127:
        ones = 8 - (first ^ 0xFF).bit_length()
        number = first & (0x7F >> ones)
        for byte in data[end : end + ones - 1]:
            if byte >> 6 != 2:
                return None
            number = number << 6 | byte & 63
        end += max(0, ones - 1)
    if size_bytes:
        samples = int.from_bytes(data[end : end + size_bytes], "big") + 1
        end += size_bytes
    if rate_unit:
        rate = int.from_bytes(data[end : end + rate_bytes], "big")
        kind = (rate_unit * rate, *kind[1:])
        end += rate_bytes
    value = 0
    for byte in data[at:end]:
        value = _CRC[value ^ byte]
    if end >= len(data) or value != data[end]:
        return None
    return _Frame(base + at, kind, number, samples, bool(data[at + 1] & 1))


@functools.lru_cache(maxsize=1 << 12)
def _shape(
    third: int, fourth: int, usual: _Kind
) -> tuple[_Kind, int, int, int, int] | None:
    """What two bytes of a header say; `None` where they cannot be one.

    Returns:
        Rate, channels and bits; samples; and where the header has them behind
        its number, bytes of the samples, unit and bytes of the rate.
    """
    size, rate, mode, bits = third >> 4, third & 15, fourth >> 4, fourth >> 1
    if not size or rate == 15 or mode > 10 or bits & 7 == 3 or fourth & 1:
        return None
    samples = 192 if size == 1 else 576 << size - 2 if size < 6 else 0
    if size > 7:
        samples = 256 << size - 8
    unit, rate_bytes = {12: (1_000, 1), 13: (1, 2), 14: (10, 2)}.get(
        rate, (0, 0)
    )
    rate_hz = 0 if unit else _RATES_HZ[rate] or usual[0]
    channels = 2 if mode > 7 else mode + 1
    kind = rate_hz, channels, _BITS[bits & 7] or usual[2]
    return kind, samples, size - 5 if size in (6, 7) else 0, unit, rate_bytes


def _in_order(frames: Iterable[_Frame]) -> Iterator[_Frame]:
    """Yields those that stand before or behind another.

    Every 65,536th pair of bytes looks like the start of a frame, and every
    256th of these has the checksum.
    """
    before: _Frame | None = None
    waiting: list[_Frame] = []
    for frame in frames:
        if before is not None and _follows(frame, before):
            yield frame
            before, waiting = frame, []
            continue
        found = [each for each in waiting if _follows(frame, each)]
        if found:
            yield found[0]
        if found or (before is None and not frame.number):
            yield frame
            before, waiting = frame, []
        else:
            waiting = [*waiting[-_MOST_WAITING:], frame]


def _follows(frame: _Frame, before: _Frame) -> bool:
    return frame.number == before.next and frame.kind == before.kind


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte << 1 ^ (0x107 if byte & 0x80 else 0)
    return byte


_CRC = bytes(map(_crc_of, range(256)))
