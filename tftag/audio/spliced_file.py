"""A file put together from pieces of another, as far as a decoder asks."""

import bisect
import itertools
import os
from collections.abc import Sequence

# Where a decoder looks for tags: the last bytes of a file.
_TAIL_BYTES = 1 << 10
# Read at once: a decoder of MP3 asks for a header and then for its frame.
_BLOCK_BYTES = 1 << 16

Piece = tuple[int, int] | bytes


class SplicedFile:
    """Pieces of a file and other bytes, one behind the other.

    For what a decoder must not see, as bytes between the frames of an MP3, or
    must see otherwise, as a header. Nothing is held in memory but the bytes
    that are given, and a block.

    A file that is open-ended claims to be longer than it is. A decoder of MP3
    then estimates too many samples, and reads until there are no more bytes.
    What lies between the end and the claimed end is nothing; the last bytes
    before that, where tags are looked for, are zeros.

    Args:
        path: The file.
        pieces: `(start, end)` in it, or bytes.
        times_longer: What an open-ended file claims; 1 for one that is not.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        pieces: Sequence[Piece],
        times_longer: int = 1,
    ):
        """Opens it."""
        self._file = open(path, "rb", buffering=0)
        self._pieces = list(pieces)
        sizes = [
            len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]
            for piece in pieces
        ]
        self._starts = [0, *itertools.accumulate(sizes)]
        self._bytes = self._claimed_bytes = self._starts[-1]
        if times_longer > 1:
            self._claimed_bytes = times_longer * self._bytes + _TAIL_BYTES
        self._place = 0
        self._block, self._block_start = b"", 0

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

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fills a buffer from the present byte on; returns the count.

        Fewer are there only at the end: libsndfile asks once for a header.
        """
        view, filled = memoryview(buffer), 0
        while filled < len(view) and (count := self._fill(view[filled:])):
            filled += count
        return filled

    def read(self, count: int) -> bytes:
        """Returns up to `count` bytes from the present one on."""
        buffer = bytearray(count)
        return bytes(buffer[: self.readinto(buffer)])

    def _fill(self, view: memoryview) -> int:
        """Fills a part of a view: what lies in one block."""
        if self._place < self._bytes:
            inside = self._place - self._block_start
            if not 0 <= inside < len(self._block):
                self._read_block()
                inside = 0
            found = self._block[inside : inside + len(view)]
            count = len(found)
            view[:count] = found
        else:
            left = self._claimed_bytes - self._place
            count = max(0, min(len(view), left)) if left <= _TAIL_BYTES else 0
            view[:count] = bytes(count)
        self._place += count
        return count

    def _read_block(self) -> None:
        """Reads from the present byte on, within its piece."""
        number = bisect.bisect_right(self._starts, self._place) - 1
        inside = self._place - self._starts[number]
        count = min(_BLOCK_BYTES, self._starts[number + 1] - self._place)
        piece = self._pieces[number]
        self._block_start = self._place
        if isinstance(piece, bytes):
            self._block = piece[inside : inside + count]
        else:
            self._file.seek(piece[0] + inside)
            self._block = self._file.read(count)
