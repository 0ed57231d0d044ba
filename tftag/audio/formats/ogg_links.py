"""The streams of an Ogg file, one behind the other.

An Ogg file may be a chain: what radio recorders write, and what is left of
files that were joined. Each link begins with pages that are marked as first
ones, and has a rate and a number of channels of its own. Pages are numbered:
those that are missing, or unreadable, are found by their numbers.
"""

import dataclasses
import os
import struct

_MARK = b"OggS"
# Version, flags, position, stream, number, checksum, count of segments.
_HEADER = struct.Struct("<4sBBqIIIB")
_FIRST = 2
_WINDOW_BYTES = 1 << 20
_MOST_GAP_BYTES = 1 << 24  # nobody searches a sparse file of terabytes


@dataclasses.dataclass
class Link:
    """One link of the chain.

    Attributes:
        start: Its first byte.
        end: The byte behind it.
        pages: How many pages of audio it has.
        lost_pages: How many are missing between them.
        seconds: Its length, as the positions of its pages state it.
        is_known: Whether it is Vorbis, Opus or Speex.
        behind_share: Of the file, what lies behind its last page.
    """

    start: int
    end: int
    pages: int = 0
    lost_pages: int = 0
    seconds: float = 0.0
    is_known: bool = False
    behind_share: float = 0.0


@dataclasses.dataclass
class _Stream:
    """What is needed of the pages of one link's audio."""

    serial: int
    rate_hz: int
    first: int | None = None
    number: int | None = None


def find(path: str | os.PathLike[str], start: int = 0) -> list[Link]:
    """Finds the links of an Ogg file; none where it is no Ogg file.

    Args:
        path: The file.
        start: Byte at which it begins, behind other tags.
    """
    links: list[Link] = []
    stream, is_begun = None, True
    with open(path, "rb", buffering=0) as file:
        descriptor = file.fileno()
        size = os.fstat(descriptor).st_size
        place = start
        while 0 <= place < size:
            page = os.pread(descriptor, _HEADER.size + 255 + 64, place)
            if page[:4] != _MARK or len(page) < _HEADER.size:
                place = _next_mark(descriptor, place + 1)
                continue
            _, _, flags, position, serial, number, _, count = (
                _HEADER.unpack_from(page)
            )
            body = _HEADER.size + count
            end = place + body + sum(page[_HEADER.size : body])
            if end > size:  # cut, or a damaged header
                following = _next_mark(descriptor, place + 1)
                if following >= 0:
                    place = following
                    continue
            if flags & _FIRST:
                if is_begun:
                    if links:
                        links[-1].end = place
                    links.append(Link(place, size))
                    stream, is_begun = None, False
                if stream is None:
                    stream = _audio(serial, page[body:])
                    links[-1].is_known = stream is not None
            else:
                is_begun = True
                if not links:  # its beginning is missing
                    links.append(Link(place, size))
            if stream is not None and serial == stream.serial:
                _note(links[-1], stream, number, position)
            place = end
            links[-1].behind_share = max(0.0, 1 - end / size)
    return links


def _note(link: Link, stream: _Stream, number: int, position: int) -> None:
    link.pages += 1
    if stream.number is not None:
        # A number that goes back is that of a damaged header.
        link.lost_pages += max(0, number - stream.number - 1)
    stream.number = number
    if position > 0:
        if stream.first is None:
            # A recording of a radio begins where the radio was.
            is_late = position > 4 * stream.rate_hz
            stream.first = position if is_late else 0
        seconds = (position - stream.first) / stream.rate_hz
        link.seconds = max(link.seconds, seconds)


def _audio(serial: int, packet: bytes) -> _Stream | None:
    if packet[:7] == b"\x01vorbis" and len(packet) >= 16:
        rate_hz = int.from_bytes(packet[12:16], "little")
        return _Stream(serial, rate_hz) if rate_hz else None
    if packet[:8] == b"OpusHead":
        return _Stream(serial, 48_000)
    if packet[:8] == b"Speex   " and len(packet) >= 40:
        rate_hz = int.from_bytes(packet[36:40], "little")
        return _Stream(serial, rate_hz) if rate_hz else None
    return None


def _next_mark(descriptor: int, place: int) -> int:
    """Where the next page begins; -1 where none is near."""
    end = place + _MOST_GAP_BYTES
    while place < end and (data := os.pread(descriptor, _WINDOW_BYTES, place)):
        found = data.find(_MARK)
        if found >= 0:
            return place + found
        place += max(1, len(data) - len(_MARK) + 1)
    return -1
