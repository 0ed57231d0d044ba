"""Where the frames of an MP3 file are, and what lies between them.

MPEG audio has no container: a header of 4 bytes begins each frame, and says
where the next one begins. Whatever stands around the frames (tags, text of a
radio, zeros, bytes of another file) a player passes over, while libsndfile
wants a frame at once and stops where one is missing. The first frame of a
stream may state how many follow (Xing, Info, VBRI); it is that of the stream
alone, not of what was joined to it, and some state too few.
"""

import dataclasses
import os
import re
from typing import BinaryIO

_Kind = tuple[int, int]

# Header bits: 11 of sync, version, layer, no CRC; bit rate, rate, padding.
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000)}
_RATES_HZ[0] = (11_025, 12_000, 8_000)
_LAYER_1, _LAYER_2, _LAYER_3 = 3, 2, 1
_KBITS = {
    (1, _LAYER_1): range(32, 449, 32),
    (1, _LAYER_2): (32, 48, 56, 64, 80, 96, 112, 128, 160)
    + (192, 224, 256, 320, 384),
    (1, _LAYER_3): (32, 40, 48, 56, 64, 80, 96, 112, 128)
    + (160, 192, 224, 256, 320),
    (2, _LAYER_1): (32, 48, 56, 64, 80, 96, 112, 128, 144)
    + (160, 176, 192, 224, 256),
    (2, _LAYER_2): (8, 16, 24, 32, 40, 48, 56, 64, 80)
    + (96, 112, 128, 144, 160),
}
_KBITS[2, _LAYER_3] = _KBITS[2, _LAYER_2]
_HEADER_BYTES = 4
# The mark of a frame that states a length lies in its first bytes.
_HEAD_BYTES = 64
_MARK = re.compile(rb"Xing|Info|VBRI")
_MARKED = frozenset(b"XIV")  # at 13, 21 or 36: behind the side information
_HAS_FRAMES = 1
# So many in a row are no accident; fewer are where a file ends.
_SURE_FRAMES = 4
# Behind the header and its checksum a frame of layer III says how many bytes
# of its sound stand in frames before it: 9 bits, before MPEG 1 8.
_CHECKSUM_BYTES = 2
_WINDOW_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
# Nobody searches a sparse file of terabytes for one more frame.
_MOST_GAP_BYTES = 1 << 24


@dataclasses.dataclass
class Part:
    """Frames of one kind, as an encoder wrote them.

    Attributes:
        kind: Version, layer and rate; equal where one decoder reads on.
        pieces: First byte and end of each run of frames in the file.
        frames: How many there are; one that only states a length is none.
        stated_frames: How many the first frame states; 0 where it does not.
        mark: Where the frame that states it ends, 0 where there is none.
        frame_samples: Samples of a frame, per channel.
        rate_hz: Their rate.
    """

    kind: _Kind
    pieces: list[tuple[int, int]]
    frames: int
    stated_frames: int
    mark: int
    frame_samples: int
    rate_hz: int


@dataclasses.dataclass
class Frames:
    """What an MP3 file holds.

    Attributes:
        parts: Its streams, one behind the other.
        lost_bytes: Bytes between its frames that are neither frames nor tags.
        all_bytes: Size of the file.
        covered_bytes: Bytes of the frames and of the tags.
        is_start_cut: Whether its first frame wants bytes of frames that
            are not there.
    """

    parts: list[Part]
    lost_bytes: int
    all_bytes: int
    covered_bytes: int
    is_start_cut: bool


def find(path: str | os.PathLike[str]) -> Frames | None:
    """Finds the frames of a file.

    Args:
        path: The file, with anything in front, between and behind.

    Returns:
        The frames; `None` where there are none, or of "free" bit rate, which
        say nothing of their length.
    """
    with open(path, "rb", buffering=0) as file:
        return _Scan(file).run()


def chains(data: bytes) -> bool:
    """Whether a few frames follow one another at the start of some bytes."""
    place, count, kind = 0, 0, None
    while place + _HEADER_BYTES <= len(data):
        length, found = _frame(data[place : place + _HEADER_BYTES])
        if not length or kind not in (None, found):
            return False
        kind, count, place = found, count + 1, place + length
        if count == _SURE_FRAMES:
            return True
    return count > 1


def id3_bytes(head: bytes) -> int:
    """Length of an ID3v2 tag, by its first ten bytes."""
    size = 10 + 10 * (head[5] >> 4 & 1)  # a footer, which 2.4 has
    for place, seven_bits in enumerate(reversed(head[6:10])):
        size += (seven_bits & 127) << 7 * place
    return size


class _Scan:
    def __init__(self, file: BinaryIO) -> None:
        self._descriptor = file.fileno()
        self._end = os.fstat(self._descriptor).st_size
        self._parts: list[Part] = []
        self._lost = self._covered = 0

    def run(self) -> Frames | None:
        place, waiting = 0, 0
        while place < self._end:
            behind = self._behind_a_tag(place)
            if behind > place:
                self._covered += behind - place
                place = behind
                continue
            start = self._find_run(place)
            if start is None:
                break
            # Before the first frame it is nothing that was ever music.
            waiting = start - place if self._parts else 0
            if start > place and self._tag_between(place, start):
                place = self._tag_between(place, start)
                continue
            self._lost += waiting
            place = self._read_run(start)
        if not self._parts:
            return None
        first = self._parts[0]
        is_cut = not first.mark and _wants_bytes_before(
            self._read(first.pieces[0][0], _HEAD_BYTES)
        )
        return Frames(self._parts, self._lost, self._end, self._covered, is_cut)

    def _read(self, place: int, count: int) -> bytes:
        return os.pread(self._descriptor, count, place)

    def _behind_a_tag(self, place: int) -> int:
        """Where what no decoder wants ends; `place` where it is no tag."""
        head = self._read(place, 32)
        if head[:3] == b"ID3" and len(head) > 10 and max(head[6:10]) < 128:
            size = id3_bytes(head)
            # One that claims more than there is has a damaged length.
            return place + (size if place + size <= self._end else 10)
        if head[:8] == b"APETAGEX" and len(head) == 32:
            size = int.from_bytes(head[12:16], "little")
            is_header = head[23] & 0x20
            size = 32 + size * bool(is_header)
            return place + (size if place + size <= self._end else 32)
        if head[:3] == b"TAG" and self._end - place in (128, 256, 355):
            return self._end
        if head[:3] == b"TAG" and _frame(self._read(place + 128, 4))[0]:
            return place + 128  # of a file to which another was joined
        return place

    def _tag_between(self, start: int, end: int) -> int:
        """A tag behind bytes that are none, as padding; 0 if there is none."""
        for offset in range(start, end, _WINDOW_BYTES):
            data = self._read(offset, min(_WINDOW_BYTES + 9, end - offset))
            for mark in re.finditer(rb"ID3[\2-\4]|APETAGEX", data):
                place = offset + mark.start()
                if place > start and self._behind_a_tag(place) > place + 10:
                    return place
        return 0

    def _find_run(self, place: int) -> int | None:
        """The first of some frames in a row."""
        end = min(self._end, place + _MOST_GAP_BYTES)
        for offset in range(place, end, _WINDOW_BYTES):
            data = self._read(offset, _WINDOW_BYTES + _HEADER_BYTES - 1)
            for match in re.finditer(rb"\xff(?=[\xe2-\xff])", data):
                start = match.start()
                head = data[start : start + _HEADER_BYTES]
                if start < _WINDOW_BYTES and _frame(head)[0]:
                    if self._is_sure(offset + start):
                        return offset + start
        return None

    def _is_sure(self, place: int) -> bool:
        kinds: set[_Kind | None] = set()
        for count in range(_SURE_FRAMES):
            if place >= self._end and count > 1:
                return True
            length, kind = _frame(self._read(place, _HEADER_BYTES))
            if not length:
                # A tag ends what is too short to be sure of; so does the next
                # place that lacks a frame, where the kind is known.
                is_known = self._parts and {self._parts[-1].kind} == kinds
                is_tagged = self._behind_a_tag(place) > place
                return count > 1 and (is_known or is_tagged)
            kinds.add(kind)
            if len(kinds) > 1:
                return False
            place += length
        return True

    def _read_run(self, place: int) -> int:
        """Notes frames as far as they follow one another."""
        start, kind = place, None
        part: Part | None = None
        while True:
            head = self._read(place, _HEAD_BYTES)
            length, found = _frame(head)
            if not length or found is None:
                break
            mark = _MARK.search(head)
            if part is None or found != kind or mark:
                self._close_piece(part, start, place)
                start, kind = place, found
                part = self._part(found, head, mark, place + length)
                part.frames -= mark is not None
            part.frames += 1
            count, place = self._alike(place + length, found)
            part.frames += count
        end = min(place, self._end)
        self._close_piece(part, start, end)
        return end

    def _alike(self, place: int, kind: _Kind) -> tuple[int, int]:
        """Frames of a kind that state nothing: how many, and their end."""
        lengths, first = _lengths(kind), kind[0]
        total = 0
        while True:
            data = self._read(place, _BLOCK_BYTES)
            stop = len(data) - _HEAD_BYTES
            at = count = 0
            # For each frame of each file: kept short.
            while at < stop and data[at] == 255 and data[at + 1] | 1 == first:
                length = lengths[data[at + 2]]
                if (
                    data[at + 36] in _MARKED
                    or data[at + 21] in _MARKED
                    or data[at + 13] in _MARKED
                ) and _MARK.search(data, at, at + _HEAD_BYTES):
                    break
                if not length:
                    break
                at += length
                count += 1
            total, place = total + count, place + at
            if at < stop or len(data) < _BLOCK_BYTES:
                return total, place

    def _part(
        self,
        kind: _Kind,
        head: bytes,
        mark: re.Match[bytes] | None,
        frame_end: int,
    ) -> Part:
        """The part that goes on, or a new one."""
        if not mark and self._parts and self._parts[-1].kind == kind:
            return self._parts[-1]
        stated = _stated(head[mark.start() :]) if mark else 0
        version, layer, rate = _fields(kind)
        samples = {_LAYER_1: 384, _LAYER_2: 1_152}.get(
            layer, 1_152 if version == 3 else 576
        )
        self._parts.append(
            Part(kind, [], 0, stated, frame_end if mark else 0, samples, rate)
        )
        return self._parts[-1]

    def _close_piece(self, part: Part | None, start: int, end: int) -> None:
        if part is None or end <= start:
            return
        self._covered += end - start
        if part.pieces and part.pieces[-1][1] == start:
            start = part.pieces.pop()[0]
        part.pieces.append((start, end))


def _stated(text: bytes) -> int:
    """The frames that the rest of a head states, from its mark on."""
    if text[:4] == b"VBRI":
        return int.from_bytes(text[14:18], "big")
    if not int.from_bytes(text[4:8], "big") & _HAS_FRAMES:
        return 0
    return int.from_bytes(text[8:12], "big")


def _wants_bytes_before(head: bytes) -> bool:
    """Whether the sound of a frame begins in those before it."""
    has_checksum = not head[1] & 1
    version, layer, _ = _fields((head[1] | 1, head[2] >> 2 & 3))
    at = _HEADER_BYTES + _CHECKSUM_BYTES * has_checksum
    bits = int.from_bytes(head[at : at + 2], "big")
    return layer == _LAYER_3 and bool(bits >> (7 if version == 3 else 8))


def _fields(kind: _Kind) -> tuple[int, int, int]:
    version, layer = kind[0] >> 3 & 3, kind[0] >> 1 & 3
    return version, layer, _RATES_HZ[version][kind[1]]


def _frame(head: bytes) -> tuple[int, _Kind | None]:
    """Length in bytes and kind of the frame of a header; 0 if it is none."""
    if len(head) < _HEADER_BYTES or head[0] != 0xFF or head[1] < 0xE2:
        return 0, None
    version, layer, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 2 & 3
    if version == 1 or not layer or rate == 3 or head[3] & 3 == 2:
        return 0, None
    kind = head[1] | 1, rate
    return _lengths(kind)[head[2]], kind


_KNOWN_LENGTHS: dict[tuple[int, int], list[int]] = {}


def _lengths(kind: _Kind) -> list[int]:
    """The length of a frame by the third byte of its header; 0 for none."""
    if kind in _KNOWN_LENGTHS:
        return _KNOWN_LENGTHS[kind]
    version, layer, rate_hz = _fields(kind)
    kbits = (0, *_KBITS[1 if version == 3 else 2, layer], 0)
    lengths = [0] * 256
    for third in range(256):
        bits_per_second = 1_000 * kbits[third >> 4]
        if not bits_per_second or third >> 2 & 3 != kind[1]:
            continue
        padding = third >> 1 & 1
        if layer == _LAYER_1:
            length = 4 * (12 * bits_per_second // rate_hz + padding)
        else:
            slots = 72 if layer == _LAYER_3 and version != 3 else 144
            length = slots * bits_per_second // rate_hz + padding
        lengths[third] = length
    _KNOWN_LENGTHS[kind] = lengths
    return lengths
