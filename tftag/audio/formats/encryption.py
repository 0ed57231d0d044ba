"""Files whose sound is encrypted: decoders make noise of it, or stop.

What shops and services protect is a file of an ordinary kind, whose header says
that its packets are not what they seem. A decoder of Opus or WMA takes them for
music, as far as they can be taken for packets.
"""

import os
import re

from tftag.audio.formats import chunked_formats

TEXT = (
    "It is encrypted (DRM), and what is in it is noise without its key. Get a "
    "copy without protection."
)

# The kinds of the first entry of a table of samples: any coding, encrypted;
# FairPlay; Audible.
_MP4_ENTRY = re.compile(rb"stsd.{12}(?:enca|drms|aavd)", re.DOTALL)
# The objects of WMA that hold keys, without and with a licence's address.
_ASF_KEYS = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
_MATROSKA, _CLUSTER = b"\x1aE\xdf\xa3", b"\x1fC\xb6u"
_IS_ENCRYPTION = b"\x503\x81\x01"  # ContentEncodingType, of one byte: 1
_MOST_HEAD_BYTES = 1 << 24


def is_there(
    path: str | os.PathLike[str], movie: bytes, start: int = 0
) -> bool:
    """Whether the header of an MP4, WMA or Matroska file says so.

    Args:
        path: The file; of any other kind it is not.
        movie: What `mp4_movie.read` found in it.
        start: Byte at which it begins, behind other tags.
    """
    with open(path, "rb") as file:
        file.seek(start)
        head = file.read(32)
        if head.startswith(chunked_formats.ASF):
            length = int.from_bytes(head[16:24], "little")
            head += file.read(min(length, _MOST_HEAD_BYTES))
            return any(key in head for key in _ASF_KEYS)
        if head.startswith(_MATROSKA):
            tracks, *_ = file.read(_MOST_HEAD_BYTES).split(_CLUSTER, 1)
            return _IS_ENCRYPTION in tracks
    return bool(_MP4_ENTRY.search(movie))
