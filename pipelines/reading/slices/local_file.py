"""Bytes of a local file: all that were asked for, or an error."""

import io
import os

from tftag.console import counts_in_words


def open_whole(path: str | os.PathLike[str], file_bytes: int) -> io.FileIO:
    """Opens a file that has the size stated in the manifest.

    Args:
        path: The file.
        file_bytes: Its size when the manifest was made.

    Returns:
        The file, unbuffered, so that only the slice is read.

    Raises:
        OSError: It cannot be opened, or has another size.
    """
    file = open(path, "rb", buffering=0)
    found_bytes = os.fstat(file.fileno()).st_size
    if found_bytes != file_bytes:
        file.close()
        raise OSError(
            f"{found_bytes} bytes where the manifest says {file_bytes}"
        )
    return file


def fill(file: io.FileIO, unread: memoryview) -> None:
    """Reads from the file's position until the memory is full.

    Args:
        file: Unbuffered.
        unread: Memory to fill.

    Raises:
        OSError: The file ends too early, or cannot be read.
    """
    while unread:
        read_bytes = file.readinto(unread)
        if not read_bytes:
            lacking = counts_in_words.count(len(unread), "byte")
            raise OSError(f"it ends {lacking} early")
        unread = unread[read_bytes:]
