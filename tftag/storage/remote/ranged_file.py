"""A remote file as an open one: of it, what is read is fetched, and no more."""

import contextlib
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from tftag.storage.remote import address as addresses
from tftag.storage.remote import retries, transfers

# At least that many at a time: a request takes longer than they do.
_BUFFER_BYTES = 1 << 16


@contextlib.contextmanager
def opened(address: addresses.Address, file_bytes: int) -> Iterator[BinaryIO]:
    """Opens a file to read parts of it.

    Args:
        address: The file.
        file_bytes: Its size.

    Yields:
        A file with a position.

    Raises:
        RemoteError: The server did not give what was read; at the end of the
            block at the latest, and in the place of an error of the block, as
            libraries take it for the end of a file.
    """
    ranged = _Ranged(address, file_bytes)
    with io.BufferedReader(ranged, _BUFFER_BYTES) as file:
        try:
            yield file
        except Exception:
            if ranged.failure is None:
                raise
    if ranged.failure is not None:
        raise ranged.failure


class _Ranged(io.RawIOBase):
    def __init__(self, address: addresses.Address, file_bytes: int) -> None:
        self.name = address.name  # libraries go by its ending
        self.failure: retries.RemoteError | None = None
        self._address, self._file_bytes = address, file_bytes
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {
            io.SEEK_SET: 0,
            io.SEEK_CUR: self._at,
            io.SEEK_END: self._file_bytes,
        }
        self._at = origin[whence] + offset
        if self._at < 0:
            raise OSError(f"before the first byte: {self._at}")
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        unread = memoryview(buffer).cast("B")
        count = min(len(unread), self._file_bytes - self._at)
        if count <= 0:
            return 0
        try:
            unread[:count] = transfers.read_range(
                self._address, self._at, count
            )
        except retries.RemoteError as error:
            self.failure = error
            raise
        self._at += count
        return count
