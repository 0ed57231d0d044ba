"""Files and folders of ours that must not be links to somewhere else.

A folder that comes from a stranger may hold a link where we write by a name
that everybody knows: what lies behind it would be written over. Or a pipe:
whoever opens it waits for ever.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from typing import IO, Any


def append(path: str | os.PathLike[str], *, is_text: bool = True) -> IO[Any]:
    """Opens a file to append to, as UTF-8 text or bytes.

    Args:
        path: The file; made where it is not there.
        is_text: Whether text is appended; line ends as written.

    Raises:
        ValueError: It is a link, or a pipe.
        OSError: It cannot be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    path = os.fspath(path)
    refuse(path)
    descriptor = os.open(path, flags, 0o666)

    def opened(*_: object) -> int:
        return descriptor

    # By its path, which its `name` is: what cannot be written is named.
    if is_text:
        return open(path, "a", encoding="utf-8", newline="", opener=opened)
    return open(path, "ab", opener=opened)


def refuse(path: str | os.PathLike[str]) -> None:
    """Refuses a link or pipe where a file or folder of ours is to be written.

    Raises:
        ValueError: It is one.
    """
    if os.path.islink(path):
        raise ValueError(
            "Nothing is written through a link that lies where a file or "
            "folder of tftag goes: remove it, or name another folder. "
            f"Received: {os.fspath(path)}, a link to {os.readlink(path)}"
        )
    if os.path.exists(path) and not (
        os.path.isfile(path) or os.path.isdir(path)
    ):
        raise ValueError(
            "A file of tftag goes here: remove what is there, or name another "
            f"folder. Received: {os.fspath(path)}, which is no file"
        )


@contextlib.contextmanager
def lock(path: str | os.PathLike[str], refusal: str) -> Iterator[None]:
    """Holds a lock for this process; the kernel lets go when it dies.

    Args:
        path: The file that stands for what is locked; nothing is written.
        refusal: What to say where another process holds it.

    Raises:
        ValueError: Another process holds it, or it is a link.
    """
    with append(path) as file:
        take(file, refusal)
        yield


def take(file: IO[Any], refusal: str) -> None:
    """Locks an open file until it is closed; refuses where another has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ValueError(refusal) from error
