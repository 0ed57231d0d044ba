"""Ogg files with other pages than an encoder makes: slow and plain."""

import struct

HEADER = struct.Struct("<4sBBqIIIB")


def split(data):
    """Yields each page: flags, granule position, lacing and body."""
    at = 0
    while at < len(data):
        _, _, flags, granule, serial, _, _, count = HEADER.unpack_from(data, at)
        lacing = data[at + HEADER.size : at + HEADER.size + count]
        body = at + HEADER.size + count
        at = body + sum(lacing)
        yield flags, granule, serial, lacing, data[body:at]


def join(pages):
    """Numbers the pages and states their checksums."""
    parts = []
    for number, (flags, granule, serial, lacing, body) in enumerate(pages):
        fields = [b"OggS", 0, flags, granule, serial, number, 0, len(lacing)]
        page = HEADER.pack(*fields) + lacing + body
        fields[-2] = checksum(page)
        parts.append(HEADER.pack(*fields) + lacing + body)
    return b"".join(parts)


def _row(byte):
    value = byte << 24
    for _ in range(8):
        value = (value << 1) ^ (0x104C11DB7 if value >> 31 else 0)
    return value


_ROWS = [_row(byte) for byte in range(256)]


def checksum(page):
    """Of RFC 3533: polynomial 0x04c11db7, nothing reflected or inverted."""
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFF_FFFF) ^ _ROWS[value >> 24 ^ byte]
    return value


def moved(data, offsets):
    """States positions that are off by `offsets`, one for each audio page."""
    pages = list(split(data))
    audio = [k for k, page in enumerate(pages) if page[1] > 0]
    for k, offset in zip(audio[:-1], offsets, strict=False):
        flags, granule, *rest = pages[k]
        pages[k] = flags, granule + int(offset), *rest
    return join(pages)


def cut(data, segments):
    """Puts at most so many segments on a page: packets go on on the next.

    Takes what libvorbis makes: two modes, of short and of long blocks, and
    pages that begin with a packet.
    """
    made = []
    pages = list(split(data))
    sizes = [1 << (pages[0][4][28] & 15), 1 << (pages[0][4][28] >> 4)]
    block, before = None, 0
    for flags, granule, serial, lacing, body in pages:
        if not granule:  # the headers
            made.append((flags, granule, serial, lacing, body))
            continue
        assert not flags & 1
        # Frames up to the end of each segment, None where no packet ends.
        frames, total, at, begins = [], 0, 0, True
        for size in lacing:
            if begins:
                last, block = block, sizes[body[at] >> 1 & 1]
                total += (last + block) // 4 if last else 0
            at += size
            begins = size < 255
            frames.append(total if begins else None)
        at = 0
        for k in range(0, len(lacing), segments):
            part = lacing[k : k + segments]
            ends = [each for each in frames[k : k + segments] if each]
            kept = flags & 4 if k + segments >= len(lacing) else 0
            made.append(
                (
                    kept | (made[-1][3][-1] == 255),
                    min(granule, before + ends[-1]) if ends else -1,
                    serial,
                    part,
                    body[at : at + sum(part)],
                )
            )
            at += sum(part)
        before = granule
    return join(made)
