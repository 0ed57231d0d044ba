"""A file put together from pieces of another, as far as a decoder asks."""

import bisect
import io
import itertools
import os
from collections.abc import Sequence
from typing import Any

# Where a decoder looks for tags: the last bytes of a file.
_TAIL_BYTES = 1 << 10
# Read at once: a decoder of MP3 asks for a header and then for its frame.
_BLOCK_BYTES = 1 << 16

Piece = tuple[int, int] | bytes


def opened(
    path: str | os.PathLike[str],
    pieces: Sequence[Piece],
    times_longer: int = 1,
) -> io.BufferedReader:
    """Opens pieces of a file and other bytes, one behind the other.

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
    # Which reads on until it has what it was asked for: libsndfile asks once
    # for a header.
    return io.BufferedReader(_Pieces(path, pieces, times_longer), _BLOCK_BYTES)


class _Pieces(io.RawIOBase):
    def __init__(
        self,
        path: str | os.PathLike[str],
        pieces: Sequence[Piece],
        times_longer: int,
    ):
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

    def close(self) -> None:
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        starts = {
            os.SEEK_SET: 0,
            os.SEEK_CUR: self._place,
            os.SEEK_END: self._claimed_bytes,
        }
        self._place = starts[whence] + offset
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        if self._place < self._bytes:
            found = self._read_piece(len(view))
        else:
            left = self._claimed_bytes - self._place
            is_tail = left <= _TAIL_BYTES
            found = bytes(max(0, min(len(view), left)) if is_tail else 0)
        view[: len(found)] = found
        self._place += len(found)
        return len(found)

    def _read_piece(self, count: int) -> bytes:
        """Reads up to so many bytes, all of one piece."""
        number = bisect.bisect_right(self._starts, self._place) - 1
        inside = self._place - self._starts[number]
        count = min(count, self._starts[number + 1] - self._place)
        piece = self._pieces[number]
        if isinstance(piece, bytes):
            return piece[inside : inside + count]
        self._file.seek(piece[0] + inside)
        return self._file.read(count)
