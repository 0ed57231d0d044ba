"""MP3 files that do not state their length, or hold more than they state.

Where the first frame states none, libsndfile takes the length from the bit
rate of the first frames and stops there: of a file whose bit rate varies, a
third may be lost. Where it states one, what lies behind is not read.
"""

import os
import re

# Marks with what follows: flags, and the numbers of frames and of bytes if they
# say so; after VBRI, six bytes on, both always are, the bytes first.
_LENGTH_MARKS = re.compile(
    rb"(?:Xing|Info)(....)(....)(....)|VBRI.{6}(....)(....)", re.DOTALL
)
_HAS_FRAMES, _HAS_BYTES = 1, 2
# A first frame of 320 kbit/s at 32 kHz has 1,440 bytes.
_FIRST_FRAME_BYTES = 2_048
_ID3_HEADER_BYTES = 10
# The bit rate of a frame is at most 40 times that of another: 8 and 320.
_TIMES_LONGER = 40
# Where a decoder looks for tags.
_TAIL_BYTES = 1 << 10


def states_length(path: str | os.PathLike) -> bool:
    """Whether the first frame of an MP3 file says how many there are.

    Args:
        path: The file, with or without ID3v2 in front.
    """
    _, frames, _ = _first_frame(path)
    return frames > 0


def share_behind_the_end(path: str | os.PathLike) -> float:
    """The share of an MP3 file that lies behind the end that it states.

    Of files joined into one it is all but the first. Small ones are tags.

    Args:
        path: The file, with or without ID3v2 in front.

    Returns:
        0 to 1; 0 where the first frame does not state the number of bytes.
    """
    start, _, stated_bytes = _first_frame(path)
    if not stated_bytes:
        return 0.0
    all_bytes = os.path.getsize(path)
    return max(0, all_bytes - start - stated_bytes) / all_bytes


def _first_frame(path):
    """Where it begins, and the frames and bytes that it states; 0 if not."""
    with open(path, "rb") as file:
        start = 0
        head = file.read(_ID3_HEADER_BYTES)
        while head[:3] == b"ID3" and len(head) == _ID3_HEADER_BYTES:
            tag_bytes = 0
            for seven_bits in head[6:]:
                tag_bytes = tag_bytes << 7 | seven_bits & 127
            start = file.seek(tag_bytes, os.SEEK_CUR)
            head = file.read(_ID3_HEADER_BYTES)
        first = head + file.read(_FIRST_FRAME_BYTES)
    for mark in _LENGTH_MARKS.finditer(first):
        frames, stated_bytes = _stated(mark)
        if frames:
            return start, frames, stated_bytes
    return start, 0, 0


def _stated(mark):
    flags, frames, stated_bytes, vbri_bytes, vbri_frames = (
        int.from_bytes(field, "big") for field in mark.groups(b"")
    )
    if mark[1] is None:
        return vbri_frames, vbri_bytes
    if not flags & _HAS_FRAMES:
        return 0, 0
    return frames, stated_bytes if flags & _HAS_BYTES else 0


class OpenEndedFile:
    """A file that claims to be longer than it is, as far as soundfile asks.

    A decoder then estimates too many samples, and reads until there are no
    more bytes. What lies between the end and the claimed end is nothing; the
    last bytes before that, where tags are looked for, are zeros.

    Args:
        path: The file.
    """

    def __init__(self, path: str | os.PathLike):
        """Opens it."""
        self._file = open(path, "rb")
        self._bytes = os.fstat(self._file.fileno()).st_size
        self._claimed_bytes = _TIMES_LONGER * self._bytes + _TAIL_BYTES
        self._place = 0

    def close(self) -> None:
        """Closes it."""
        self._file.close()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a byte, also behind the end; returns it."""
        starts = {
            os.SEEK_SET: 0,
            os.SEEK_CUR: self._place,
            os.SEEK_END: self._claimed_bytes,
        }
        self._place = starts[whence] + offset
        return self._place

    def tell(self) -> int:
        """The present byte."""
        return self._place

    def readinto(self, buffer) -> int:
        """Fills a buffer from the present byte on; returns the count."""
        if self._place < self._bytes:
            self._file.seek(self._place)
            count = self._file.readinto(buffer)
        else:
            left = self._claimed_bytes - self._place
            count = min(len(buffer), left) if left <= _TAIL_BYTES else 0
            buffer[:count] = bytes(count)
        self._place += count
        return count

    def read(self, count: int) -> bytes:
        """Returns up to `count` bytes from the present one on."""
        buffer = bytearray(count)
        return bytes(buffer[: self.readinto(buffer)])
