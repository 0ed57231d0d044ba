"""What a file is: by its first bytes, and in a folder by its name too."""

import os
import re
import stat
from collections.abc import Iterator

from tftag.audio.formats import mp3_frames

# Files that are named when they are no audio after all: what a folder holds
# under such a name is meant to be some. Of others their contents decide.
SUFFIXES = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .mp2 .aif .aiff .aifc .au .snd "
    ".caf .w64 .rf64 .bwf .voc .sph .nist .sf .ircam .paf .svx .8svx .iff "
    ".avr .htk .pvf .xi .wve .sd2 .mpc2k "
    ".m4a .m4b .m4r .mp4 .aac .wma .ape .wv .mpc .mka .weba .webm .tta .ac3 "
    ".eac3 .dts .dsf .dff .amr .3gp .3g2 .mkv .mov .shn .tak .spx "
    ".avi .flv .wmv .asf .m4v .ogv .mpg .mpeg .vob .m2ts .rm .ra".split()
)
# Beside the files of other systems a Mac keeps `._NAME`.
_APPLE_DOUBLE = "._"

FLAC, OGG, WAV, MP3, OTHER, UNKNOWN = "flac ogg wav mp3 other unknown".split()

# Those of `OTHER` that hold audio, by where their mark stands.
_MARKS = (
    (b"fLaC", 0, FLAC),
    (b"OggS", 0, OGG),
    (b"WAVE", 8, WAV),
    (b"riff\x2e\x91\xcf\x11", 0, WAV),
    (b"AIF", 8, OTHER),
    (b"8SVX", 8, OTHER),
    (b"16SV", 8, OTHER),
    (b".snd", 0, OTHER),
    (b"dns.", 0, OTHER),
    (b"caff", 0, OTHER),
    (b"Creative Voice File", 0, OTHER),
    (b"NIST_1A", 0, OTHER),
    (b" paf", 0, OTHER),
    (b"fap ", 0, OTHER),
    (b"PVF1", 0, OTHER),
    (b"2BIT", 0, OTHER),
    (b"Extended Instrument: ", 0, OTHER),
    (b"ALawSoundFile**", 0, OTHER),
    (b"ftyp", 4, OTHER),
    (b"moov", 4, OTHER),
    (b"mdat", 4, OTHER),
    (b"\x1aE\xdf\xa3", 0, OTHER),  # Matroska, WebM
    (b"AVI ", 8, OTHER),
    (b"FLV\x01", 0, OTHER),
    (b".RMF", 0, OTHER),
    (b"\0\0\1\xba", 0, OTHER),  # MPEG, as on DVDs
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, OTHER),  # WMA
    (b"MAC ", 0, OTHER),
    (b"wvpk", 0, OTHER),
    (b"MPCK", 0, OTHER),
    (b"MP+", 0, OTHER),
    (b"TTA1", 0, OTHER),
    (b"tBaK", 0, OTHER),
    (b"ajkg", 0, OTHER),
    (b"DSD ", 0, OTHER),
    (b"FRM8", 0, OTHER),
    (b"#!AMR", 0, OTHER),
    (b"\x0b\x77", 0, OTHER),  # AC-3
    (b"\x7f\xfe\x80\x01", 0, OTHER),  # DTS
    *((bytes([0x64, 0xA3, order, 0]), 0, OTHER) for order in range(1, 5)),
    *((bytes([0, order, 0xA3, 0x64]), 0, OTHER) for order in range(1, 5)),
)  # the last two are IRCAM
# Of MPEG-4's family, those that are pictures.
_PICTURES = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
_BEGINNINGS = re.compile(
    rb"fLaC\x00\x00\x00\x22|OggS\x00\x02|RIFF....WAVE", re.DOTALL
)
_KINDS_INSIDE = {b"fLaC": FLAC, b"OggS": OGG, b"RIFF": WAV}
_HEAD_BYTES = 1 << 13
_SEARCHED_BYTES = 1 << 20
_TAG_BYTES = 10
_PACKET_BYTES = 188  # of an MPEG transport stream


def is_audio_name(name: str) -> bool:
    """Whether a name says that a file is audio, unless a system made it."""
    name = os.path.basename(name)
    suffix = os.path.splitext(name)[1].lower()
    return suffix in SUFFIXES and not name.startswith(_APPLE_DOUBLE)


def is_audio(path: str | os.PathLike[str]) -> bool:
    """Whether a file in a folder is to be taken for audio.

    Args:
        path: The file. One that cannot be read is judged by its name.
    """
    if is_audio_name(os.fsdecode(path)):
        return True
    try:
        is_file = stat.S_ISREG(os.stat(path).st_mode)  # a pipe would wait
        return is_file and kind(path)[0] != UNKNOWN
    except OSError:
        return False


def kind(path: str | os.PathLike[str]) -> tuple[str, int]:
    """Tells what a file is, and where it begins behind ID3v2 tags.

    Args:
        path: The file.

    Returns:
        One of `FLAC`, `OGG`, `WAV`, `MP3`, `OTHER` (a container of audio or
        film) and `UNKNOWN`; and the first byte behind the tags.

    Raises:
        OSError: It cannot be read.
    """
    start = 0
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_HEAD_BYTES)
        while head[:3] == b"ID3" and len(head) > _TAG_BYTES:
            tag_bytes = 0
            for seven_bits in head[6:_TAG_BYTES]:
                tag_bytes = tag_bytes << 7 | seven_bits & 127
            tag_bytes += _TAG_BYTES + 10 * (head[5] >> 4 & 1)
            if start + tag_bytes >= size:
                break
            start += tag_bytes
            file.seek(start)
            head = file.read(_HEAD_BYTES)
    for mark, at, found in _MARKS:
        if head[at : at + len(mark)] == mark:
            if head[4:8] == b"ftyp" and head[8:12] in _PICTURES:
                return UNKNOWN, start
            return found, start
    if len(head) > 2 * _PACKET_BYTES and all(
        head[at] == 0x47 for at in range(0, 3 * _PACKET_BYTES, _PACKET_BYTES)
    ):
        return OTHER, start
    is_mp3 = start or head[:3] == b"ID3" or mp3_frames.chains(head)
    if is_mp3:
        return MP3, start
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return OTHER, start  # AAC
    return UNKNOWN, start


def kinds_inside(path: str | os.PathLike[str]) -> Iterator[tuple[str, int]]:
    """Finds the FLAC, Ogg and WAV files that begin inside of another.

    Args:
        path: A file that is not what its first bytes say.

    Yields:
        What `kind` returns, in the order of the places.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_SEARCHED_BYTES)
    for found in _BEGINNINGS.finditer(head, 1):
        kind, start = _KINDS_INSIDE[found[0][:4]], found.start()
        # Formats that compress a WAV keep its header, of more than there is.
        stated = 8 + int.from_bytes(found[0][4:8], "little")
        if kind != WAV or start + stated <= size:
            yield kind, start
