"""How many samples the packets of an Ogg stream hold.

The position that a page states is what the program that wrote it believed:
some write none, some count at another rate, and a recorder of a call begins
anywhere. How long a packet is stands in the headers of Speex and FLAC, and in
the first bytes of each of Opus and Vorbis; so the samples are counted here.
"""

from collections.abc import Iterator

_OPUS_HZ = 48_000
# By the upper five bits of a packet of Opus: the frames of SILK, of both, and
# of CELT.
_OPUS_FRAMES = [480, 960, 1_920, 2_880] * 3
_OPUS_FRAMES += [480, 960] * 2 + [120, 240, 480, 960] * 4
_FLAC_SYNC = 0xFF
# A mode of Vorbis: its block, 32 bits of 0, the number of its mapping.
_MODE_BITS = 41
_MODES_BYTES = 340  # 64 modes


class Packets:
    """The packets of one stream, from its first page on.

    Args:
        head: The first packet.

    Attributes:
        rate_hz: Of the samples; 0 where it is none of these.
        skipped: Samples at the start that are no music yet.
    """

    def __init__(self, head: bytes):
        """Takes what the header says."""
        self.rate_hz = self.skipped = self._header_count = 0
        self._samples = self._last_block = 0
        self._header, self._identity = b"", b""
        self._is_flac = head[:5] == b"\x7fFLAC"
        self._blocks: list[int] = []
        if head[:8] == b"OpusHead" and len(head) >= 19:
            self.rate_hz, self._header_count = _OPUS_HZ, 2
            self.skipped = int.from_bytes(head[10:12], "little")
        elif head[:7] == b"\x01vorbis" and len(head) >= 29:
            self.rate_hz, self._header_count = _field(head, 12), 3
            self._identity = head
        elif head[:8] == b"Speex   " and len(head) >= 72:
            self.rate_hz = _field(head, 36)
            self._header_count = 2 + _field(head, 68)
            self._samples = _field(head, 56) * _field(head, 64)
        elif self._is_flac and len(head) >= 30:
            self.rate_hz = int.from_bytes(head[27:30], "big") >> 4
            if head[17:19] == head[19:21]:  # all frames are as long
                self._samples = int.from_bytes(head[17:19], "big")

    def samples(self, page: bytes, body: int, is_continued: bool) -> int:
        """Counts the samples of the packets that begin on a page.

        Args:
            page: All of it.
            body: Where its header ends.
            is_continued: Whether it begins within a packet.
        """
        total = 0
        for begins, packet, ends in _packets(page, body, is_continued):
            if self._header_count:
                self._header = (b"" if begins else self._header) + packet
                self._header_count -= ends
                if not self._header_count and self._identity:
                    self._blocks = vorbis_blocks(self._identity, self._header)
            elif begins and packet:
                total += self._length(packet)
        return total

    def _length(self, packet: bytes) -> int:
        first = packet[0]
        if self._is_flac:  # its headers may be of any number
            return self._samples if first == _FLAC_SYNC else 0
        if self._samples:
            return self._samples
        if not self._identity:
            frames = {0: 1, 1: 2, 2: 2}.get(first & 3)
            if frames is None:
                frames = packet[1] & 63 if len(packet) > 1 else 0
            return frames * _OPUS_FRAMES[first >> 3]
        # Lowest bit first: 0 for audio, then the number of the mode.
        mode = first >> 1 & (1 << (len(self._blocks) - 1).bit_length()) - 1
        if first & 1 or mode >= len(self._blocks):
            return 0
        before, self._last_block = self._last_block, self._blocks[mode]
        return (before + self._last_block) // 4 if before else 0


def vorbis_blocks(identity: bytes, setup: bytes) -> list[int]:
    """Frames in a block of each mode of a Vorbis stream.

    The modes stand at the end of the setup header, behind all of its code
    books. So they are read backwards from the last bit, which is 1: before the
    first stands how many there are, less 1, in 6 bits (Vorbis I, 4.2.4).

    Args:
        identity: The first of its headers.
        setup: The third.

    Returns:
        Frames by the number of the mode; none where these are no headers.
    """
    bits = int.from_bytes(setup[-_MODES_BYTES:], "little")
    at = bits.bit_length() - 1
    modes: list[int] = []
    found: list[int] = []
    while at >= _MODE_BITS + 6 and len(modes) < 64:
        at -= _MODE_BITS
        if bits >> at + 1 & 0xFFFF_FFFF:
            break
        modes.insert(0, bits >> at & 1)
        if (bits >> at - 6 & 63) + 1 == len(modes):
            found = list(modes)
    if len(identity) < 29:
        return []
    short_long = 1 << (identity[28] & 15), 1 << (identity[28] >> 4)
    return [short_long[is_long] for is_long in found]


def _field(head: bytes, at: int) -> int:
    return int.from_bytes(head[at : at + 4], "little")


def _packets(
    page: bytes, body: int, is_continued: bool
) -> Iterator[tuple[bool, bytes, bool]]:
    """Yields whether a packet begins, its bytes, and whether it ends."""
    start = place = body
    begins = not is_continued
    for size in page[27:body]:
        place += size
        if size < 255:
            yield begins, page[start:place], True
            start, begins = place, True
    if start < place:
        yield begins, page[start:place], False
