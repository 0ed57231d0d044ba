"""Bytes of a file of this machine: all that were asked for, or why not."""

import io
import os


def open_whole(path: str | os.PathLike[str], file_bytes: int) -> io.FileIO:
    """Opens a file that is as long as a manifest says.

    Args:
        path: The file.
        file_bytes: Its size when the manifest was made.

    Returns:
        The file, unbuffered: just the slice is read.

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
    """Reads from where the file is until the memory is full.

    Args:
        file: Unbuffered.
        unread: Bytes to fill, all of them.

    Raises:
        OSError: The file ends before, or cannot be read.
    """
    while unread:
        read_bytes = file.readinto(unread)
        if not read_bytes:
            raise OSError(f"it ends {len(unread)} bytes early")
        unread = unread[read_bytes:]
