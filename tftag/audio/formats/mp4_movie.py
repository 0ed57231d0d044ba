"""What an MP4 file says of its tracks: the box `moov`.

An edit list says which part of a track is heard. Some programs write one that
leaves nothing, which players pass over, and ffmpeg does not.
"""

import os
import struct

from tftag.audio.formats import chunked_formats

_MOST_BOXES = 1_000
_MOST_BYTES = 1 << 24
_IS_IN_PIECES = b"mvex"
# By version: of a list's entry, how long and from where on; of a track's
# header, where its length is and how many bytes it has.
_ENTRIES = {b"\0": struct.Struct(">Ii4x"), b"\1": struct.Struct(">Qq4x")}
_LENGTHS = {b"\0": slice(20, 24), b"\1": slice(28, 36)}


def read(path: str | os.PathLike[str], start: int = 0) -> bytes:
    """Reads the box; empty where it is no MP4, or has none.

    Args:
        path: The file.
        start: Byte at which it begins, behind other tags.
    """
    header = chunked_formats.MP4.header
    with open(path, "rb") as file:
        for _ in range(_MOST_BOXES):
            file.seek(start)
            head = file.read(header.size)
            if len(head) < header.size:
                break
            length, name = header.unpack(head)
            if length == 1:
                length = int.from_bytes(file.read(8), "big")
            if name == b"moov":
                return file.read(min(length, _MOST_BYTES))
            if not header.size <= length < 1 << 62:
                break
            start += length
    return b""


def is_edited_away(movie: bytes) -> bool:
    """Whether the edit list of its first sound track leaves nothing of it.

    Args:
        movie: What `read` returns. Of a file in pieces the length is in each.
    """
    tracks = movie.split(b"trak")[1:]
    track = next((each for each in tracks if b"soun" in each), b"")
    edits, media = track.find(b"elst"), track.find(b"mdhd")
    if edits < 0 or media < 0 or _IS_IN_PIECES in movie:
        return False
    entry = _ENTRIES.get(track[edits + 4 : edits + 5])
    length = _LENGTHS.get(track[media + 4 : media + 5])
    if entry is None or length is None:
        return False
    whole = int.from_bytes(track[media:][length], "big")
    count = int.from_bytes(track[edits + 8 : edits + 12], "big")
    entries = track[edits + 12 :][: min(count, _MOST_BOXES) * entry.size]
    entries = entries[: len(entries) // entry.size * entry.size]
    kept = [
        seconds > 0 and 0 <= place < whole
        for seconds, place in entry.iter_unpack(entries)
    ]
    return whole > 0 and len(kept) > 0 and not any(kept)
