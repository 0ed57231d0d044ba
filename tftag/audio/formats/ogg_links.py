"""The streams of an Ogg file, one behind the other.

An Ogg file may be a chain: what radio recorders write, and what is left of
files that were joined. Each link begins with pages that are marked as first
ones, and has a rate and a number of channels of its own. Pages are numbered:
those that are missing, or unreadable, are found by their numbers.

Opus has no rate: its header states that of what was encoded, or 0, and
libsndfile decodes at it, and loses what is above. So it is told the rate that
the packets need.
"""

import dataclasses
import os
import struct

from tftag.audio import spliced_file
from tftag.audio.formats import ogg_packets, stated_end

_MARK = b"OggS"
# Version, flags, position, stream, number, checksum, count of segments.
_HEADER = struct.Struct("<4sBBqIIIB")
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_WINDOW_BYTES = 1 << 20
_MOST_GAP_BYTES = 1 << 24  # nobody searches a sparse file of terabytes
_OPUS_HZ = 48_000
_OPUS_HEAD, _OPUS_RATE_AT = b"OpusHead", 12
_OPUS_HEADERS = 2  # pages, or more where the comments are long
_CHECKSUM = slice(22, 26)
# At which libsndfile decodes: the first that is no less than what is stated.
_OPUS_RATES_HZ = (8_000, 12_000, 16_000, 24_000, _OPUS_HZ)
# The bandwidth of a packet, by the upper five bits of its first byte, as the
# number of the rate: SILK, both, and CELT.
_BANDS = [k // 4 for k in range(12)] + [3, 3, 4, 4]
_BANDS += [band for band in (0, 2, 3, 4) for _ in range(4)]
_FLAC_HEAD = b"\x7fFLAC"


@dataclasses.dataclass
class Link:
    """One link of the chain.

    Attributes:
        start: Its first byte.
        end: The byte behind its last page.
        pages: How many pages of audio it has.
        lost_pages: How many are missing between them, or are of no stream.
        seconds: Its length, by its packets; 0 where they do not say.
        is_known: Whether it is Vorbis, Opus or Speex; of FLAC the pages are
            counted alone.
        is_ended: Whether one of its pages says that it is the last.
        behind_share: Of the file, what lies behind its last page and is no
            tag.
        edit: First byte, end and other bytes of a page that is to be read
            otherwise.
    """

    start: int
    end: int
    pages: int = 0
    lost_pages: int = 0
    seconds: float = 0.0
    is_known: bool = False
    is_ended: bool = False
    behind_share: float = 0.0
    edit: tuple[int, int, bytes] | None = None

    @property
    def pieces(self) -> list[spliced_file.Piece]:
        """What `spliced_file.opened` takes."""
        if self.edit is None:
            return [(self.start, self.end)]
        start, end, page = self.edit
        return [(self.start, start), page, (end, self.end)]


@dataclasses.dataclass
class _Stream:
    """What is needed of the pages of one link's audio.

    Attributes:
        serial: Its number.
        packets: Its packets.
        last: The position of the page before.
        samples: How many were counted.
        number: Of the page before.
        opus: Where the first page of Opus is, and the page.
        stated_hz: The rate that it states.
    """

    serial: int
    packets: ogg_packets.Packets
    last: int = 0
    samples: int = 0
    number: int | None = None
    opus: tuple[int, bytes] | None = None
    stated_hz: int = _OPUS_HZ


def find(path: str | os.PathLike[str], start: int = 0) -> list[Link]:
    """Finds the links of an Ogg file; none where it is no Ogg file.

    Args:
        path: The file.
        start: Byte at which it begins, behind other tags.
    """
    links: list[Link] = []
    stream, is_begun = None, True
    serials: set[int] = set()
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
                    links.append(Link(place, size))
                    stream, is_begun = None, False
                    serials = set()
                serials.add(serial)
                if stream is None:
                    whole = os.pread(descriptor, end - place, place)
                    stream = _audio(serial, whole, body, place)
                    is_flac = whole.startswith(_FLAC_HEAD, body)
                    links[-1].is_known = bool(stream) and not is_flac
            else:
                is_begun = True
                if not links:  # its beginning is missing
                    links.append(Link(place, size))
            if stream is not None and serial == stream.serial:
                whole = os.pread(descriptor, end - place, place)
                _count(links[-1], stream, number)
                _add(links[-1], stream, position, whole, body)
                if stream.opus and links[-1].pages > _OPUS_HEADERS:
                    packet = b"" if flags & _CONTINUED else whole[body:]
                    _widen(links[-1], stream, packet)
                links[-1].is_ended |= bool(flags & _LAST)
            elif stream is not None and serial not in serials:
                links[-1].lost_pages += 1
            place = end
            links[-1].end = min(end, size)
        if links:
            behind = stated_end.before_last_tags(file, size) - links[-1].end
            links[-1].behind_share = max(0, behind) / size
    return links


def _count(link: Link, stream: _Stream, number: int) -> None:
    """Counts a page, and those that are missing before it."""
    link.pages += 1
    # A number that goes back is that of a damaged header.
    before = number - 1 if stream.number is None else stream.number
    link.lost_pages += max(0, number - before - 1)
    stream.number = number


def _add(
    link: Link, stream: _Stream, position: int, page: bytes, body: int
) -> None:
    """Adds the samples of a page's packets.

    Of the first and the last page with music fewer count, if their position
    says so.
    """
    samples = stream.packets.samples(page, body, bool(page[5] & _CONTINUED))
    counted = samples
    if position > 0:
        if 0 <= position - stream.last < samples:
            counted = position - stream.last
        stream.last = position
    seen = stream.samples + counted - stream.packets.skipped
    link.seconds = max(0, seen) / stream.packets.rate_hz
    stream.samples += samples if stream.samples else counted


def _widen(link: Link, stream: _Stream, packet: bytes) -> None:
    """Has the header state a rate that loses nothing of a packet."""
    needed_hz = _OPUS_RATES_HZ[_BANDS[packet[0] >> 3]] if packet else 0
    if stream.opus is None or needed_hz <= stream.stated_hz:
        return
    stream.stated_hz = needed_hz
    place, old = stream.opus
    page = bytearray(old)
    at = page.index(_OPUS_HEAD) + _OPUS_RATE_AT
    page[at : at + 4] = needed_hz.to_bytes(4, "little")
    page[_CHECKSUM] = bytes(4)
    page[_CHECKSUM] = _checksum(page).to_bytes(4, "little")
    link.edit = place, place + len(page), bytes(page)


def _audio(serial: int, page: bytes, body: int, place: int) -> _Stream | None:
    packet = page[body:]
    packets = ogg_packets.Packets(packet)
    if not packets.rate_hz:
        return None
    stream = _Stream(serial, packets)
    if packet.startswith(_OPUS_HEAD):
        stream.opus = place, page
        rate_hz = int.from_bytes(packet[_OPUS_RATE_AT:][:4], "little")
        at_least = (rate for rate in _OPUS_RATES_HZ if rate >= rate_hz)
        stream.stated_hz = next(at_least, _OPUS_HZ)
    return stream


def _checksum(page: bytes | bytearray) -> int:
    """Of RFC 3533: polynomial 0x04c11db7, nothing reflected or inverted."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = value << 1 ^ 0x104C11DB7 * (value >> 31)
    return value


def _next_mark(descriptor: int, place: int) -> int:
    """Where the next page begins; -1 where none is near."""
    end = place + _MOST_GAP_BYTES
    while place < end and (data := os.pread(descriptor, _WINDOW_BYTES, place)):
        found = data.find(_MARK)
        if found >= 0:
            return place + found
        place += max(1, len(data) - len(_MARK) + 1)
    return -1
