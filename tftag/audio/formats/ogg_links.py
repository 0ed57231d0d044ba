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
from tftag.audio.formats import stated_end

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
# Of an Opus packet; of Speex, more than any has; and of a FLAC frame.
_OPUS_SECONDS, _SPEEX_SECONDS, _FLAC_SAMPLES = 0.12, 1.0, 1 << 16
# Behind a mark, versions, a count, a block's length and sizes.
_FLAC_RATE_AT = 27


@dataclasses.dataclass
class Link:
    """One link of the chain.

    Attributes:
        start: Its first byte.
        end: The byte behind its last page.
        pages: How many pages of audio it has.
        lost_pages: How many are missing between them, or are of no stream.
        seconds: Its length, as the positions of its pages state it; 0 where
            they do not.
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
        rate_hz: That of its positions.
        packet_samples: The most that a packet holds.
        last: The position of the page before.
        first: That of its start.
        number: Of the page before.
        opus: Where the first page of Opus is, and the page.
        stated_hz: The rate that it states.
        is_known: As of `Link`.
    """

    serial: int
    rate_hz: int
    packet_samples: float
    first: int = 0
    last: int | None = None
    number: int | None = None
    opus: tuple[int, bytes] | None = None
    stated_hz: int = _OPUS_HZ
    is_known: bool = True


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
                    links[-1].is_known = bool(stream and stream.is_known)
            else:
                is_begun = True
                if not links:  # its beginning is missing
                    links.append(Link(place, size))
            if stream is not None and serial == stream.serial:
                lost = _count(links[-1], stream, number)
                packets = sum(each < 255 for each in page[_HEADER.size : body])
                _measure(links[-1], stream, position, packets * (1 + lost))
                if stream.opus and links[-1].pages > _OPUS_HEADERS:
                    packet = b"" if flags & _CONTINUED else page[body:]
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


def _count(link: Link, stream: _Stream, number: int) -> int:
    """Counts a page, and returns how many are missing before it."""
    link.pages += 1
    # A number that goes back is that of a damaged header.
    before = number - 1 if stream.number is None else stream.number
    lost = max(0, number - before - 1)
    link.lost_pages += lost
    stream.number = number
    return lost


def _measure(link: Link, stream: _Stream, position: int, packets: int) -> None:
    """Goes on to the position of a page that ends so many packets, or more."""
    if position <= 0:
        return
    most = (packets + 1) * stream.packet_samples
    if stream.last is None:
        # A recording of a radio begins where the radio was.
        if position > 4 * stream.rate_hz:
            stream.first = position
    elif abs(position - stream.last) > most:
        # It goes on elsewhere, or the header is damaged.
        stream.first += position - stream.last
    stream.last = position
    seconds = (position - stream.first) / stream.rate_hz
    link.seconds = max(link.seconds, seconds)


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
    if packet[:7] == b"\x01vorbis" and len(packet) >= 29:
        rate_hz = int.from_bytes(packet[12:16], "little")
        longest = 1 << (packet[28] >> 4)
        return _Stream(serial, rate_hz, longest) if rate_hz else None
    if packet[:8] == _OPUS_HEAD and len(packet) >= 19:
        stream = _Stream(serial, _OPUS_HZ, _OPUS_SECONDS * _OPUS_HZ)
        stream.first = int.from_bytes(packet[10:12], "little")  # no music yet
        stream.opus = place, page
        rate_hz = int.from_bytes(packet[_OPUS_RATE_AT:][:4], "little")
        at_least = (rate for rate in _OPUS_RATES_HZ if rate >= rate_hz)
        stream.stated_hz = next(at_least, _OPUS_HZ)
        return stream
    if packet[:5] == b"\x7fFLAC" and len(packet) > _FLAC_RATE_AT + 3:
        rate_hz = int.from_bytes(packet[_FLAC_RATE_AT:][:3], "big") >> 4
        found = _Stream(serial, rate_hz, _FLAC_SAMPLES, is_known=False)
        return found if rate_hz else None
    if packet[:8] == b"Speex   " and len(packet) >= 40:
        rate_hz = int.from_bytes(packet[36:40], "little")
        most = _SPEEX_SECONDS * rate_hz
        return _Stream(serial, rate_hz, most) if rate_hz else None
    return None


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
