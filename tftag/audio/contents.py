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
    ".mp1 .mpa .adts .m4p .aax .dtshd .thd .mlp "
    ".avi .flv .wmv .asf .m4v .ogv .mpg .mpeg .vob .m2ts .rm .ra".split()
)
# Beside the files of other systems a Mac keeps `._NAME`.
_APPLE_DOUBLE = "._"

FLAC, OGG, WAV, MP3, OTHER, UNKNOWN = "flac ogg wav mp3 other unknown".split()

# By the marks of what holds audio, where they stand.
_KINDS = re.compile(
    rb"(?P<flac>fLaC)|(?P<ogg>OggS)|(?P<wav>.{8}WAVE|riff\x2e\x91\xcf\x11)"
    rb"|(?P<other>.{8}(?:AIF|8SVX|16SV|AVI )"
    # Of MPEG-4's family, pictures are none.
    rb"|.{4}(?:moov|mdat|ftyp(?!heic|heix|hevc|mif1|msf1|avif|avis))"
    rb"|\.snd|dns\.|caff|Creative Voice File|NIST_1A| paf|fap |PVF1|2BIT"
    rb"|Extended Instrument: |ALawSoundFile\*\*"
    rb"|d\xa3[\x01-\x04]\x00|\x00[\x01-\x04]\xa3d"  # IRCAM
    rb"|\x1aE\xdf\xa3"  # Matroska, WebM
    rb"|FLV\x01|\.RMF|\x00\x00\x01\xba"  # the last is MPEG, as on DVDs
    rb"|G(?:.{187}G){2}"  # packets of an MPEG transport stream
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11"  # WMA
    rb"|MAC |wvpk|MPCK|MP\+|TTA1|tBaK|ajkg|DSD |FRM8|#!AMR"
    rb"|\x0b\x77|\x7f\xfe\x80\x01|DTSHDHDR"  # AC-3, DTS
    rb"|.{4}\xf8\x72\x6f[\xba\xbb])",  # TrueHD, MLP
    re.DOTALL,
)
_AAC = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
_BEGINNINGS = re.compile(
    rb"fLaC\x00\x00\x00\x22|OggS\x00\x02|RIFF....WAVE|FORM....AIF[FC]"
    rb"|\x00\x00\x00.ftyp(?:M4|mp4|iso|dash|qt)",
    re.DOTALL,
)
_BEGINNING_BYTES = 16
_KINDS_INSIDE = {b"fLaC": FLAC, b"OggS": OGG, b"RIFF": WAV}
# What stands in the place of audio, and what there is to do.
_STAND_INS = (
    (
        re.compile(rb"version https://git-lfs|/annex/objects/"),
        "It is a pointer to audio in another place: `git lfs pull`, or `git "
        "annex get`, brings it.",
    ),
    (
        re.compile(rb"\s*(?:\xef\xbb\xbf)?<(?:!doctype |\?xml|html)", re.I),
        "It is a web page, which a server sent in its place. Fetch it again.",
    ),
    (
        re.compile(rb"\x1f\x8b\x08|PK\x03\x04|7z\xbc\xaf|Rar!\x1a|\xfd7zXZ"),
        "It is compressed, or an archive. Unpack it.",
    ),
)
_HEAD_BYTES = 1 << 13
_SEARCHED_BYTES = 1 << 20
_TAG_BYTES = 10


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
            tag_bytes = mp3_frames.id3_bytes(head)
            if start + tag_bytes >= size:
                break
            start += tag_bytes
            file.seek(start)
            head = file.read(_HEAD_BYTES)
    if found := _KINDS.match(head):
        return found.lastgroup or UNKNOWN, start
    if start or head[:3] == b"ID3" or mp3_frames.chains(head):
        return MP3, start
    return OTHER if _AAC.match(head) else UNKNOWN, start


def kinds_inside(path: str | os.PathLike[str]) -> Iterator[tuple[str, int]]:
    """Finds the FLAC, Ogg, WAV, AIFF and MP4 files that begin inside another.

    Args:
        path: A file that is not what its first bytes say.

    Yields:
        What `kind` returns, in the order of the places.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_SEARCHED_BYTES)
    for found in _BEGINNINGS.finditer(head, 1):
        kind, start = _kind_of(found), found.start()
        # Formats that compress a WAV keep its header, of more than there is.
        stated = 8 + int.from_bytes(found[0][4:8], "little")
        if kind != WAV or start + stated <= size:
            yield kind, start


def stand_in(path: str | os.PathLike[str]) -> str:
    """What is in the place of audio, and what to do; "" where that is unknown.

    Args:
        path: A file that no decoder can read.
    """
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
    found = (text for mark, text in _STAND_INS if mark.match(head))
    return next(found, "")


def kind_at(path: str | os.PathLike[str], place: int) -> str:
    """Tells what begins at a byte of a file.

    Args:
        path: The file.
        place: Where something may begin that `kinds_inside` finds.

    Returns:
        As `kind`; `UNKNOWN` where nothing does.
    """
    with open(path, "rb") as file:
        file.seek(place)
        found = _BEGINNINGS.match(file.read(_BEGINNING_BYTES))
    return _kind_of(found) if found else UNKNOWN


def _kind_of(found: re.Match[bytes]) -> str:
    return _KINDS_INSIDE.get(found[0][:4], OTHER)
