"""The one place that writes files whole or not at all.

What is written lies beside its place under a name that nobody can know, and
takes its place when it is on the disk. So a crash leaves the old file or the
new one, a reader meets no half of one, and a link that a stranger put where
we write is replaced, never written through.
"""

import contextlib
import errno
import fcntl
import os
import pathlib
import re
import secrets
import stat
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, Literal, TextIO, overload

# Hidden, and of one length: the name of the file may be as long as names get.
_NAME = re.compile(r"\.tftag-[0-9a-f]{16}\.part")
# Below /dev, and a file system like any other.
_MEMORY = "/dev/shm"


@overload
def replacing(
    path: str | os.PathLike[str],
    *,
    is_text: Literal[True] = True,
    errors: str = "strict",
) -> contextlib.AbstractContextManager[TextIO]: ...
@overload
def replacing(
    path: str | os.PathLike[str], *, is_text: Literal[False]
) -> contextlib.AbstractContextManager[BinaryIO]: ...
@overload
def replacing(
    path: str | os.PathLike[str], *, is_text: bool, errors: str = "strict"
) -> contextlib.AbstractContextManager[IO[Any]]: ...
@contextlib.contextmanager
def replacing(
    path: str | os.PathLike[str],
    *,
    is_text: bool = True,
    errors: str = "strict",
) -> Iterator[Any]:
    """A file that takes the place of `path` when the block ends well.

    Args:
        path: File to write; an older one stays until then. What is no file,
            such as `/dev/stdout` or a pipe, is written to as it comes.
        is_text: UTF-8 with line ends as written, or bytes.
        errors: What becomes of text that UTF-8 cannot hold, such as the name
            of a file that is not UTF-8.

    Yields:
        The open file; its `name` is where it is until it takes its place, for
        a library that writes by name.

    Raises:
        OSError: It cannot be written; names `path`.

    Example:
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "tags.txt")
        ...     with replacing(path) as file:
        ...         _ = file.write("piano")
        ...     os.listdir(folder)
        ['tags.txt']
    """
    path = pathlib.Path(path)
    how: dict[str, Any] = {}
    if is_text:
        how = {"encoding": "utf-8", "errors": errors, "newline": ""}
    mode = "w" if is_text else "wb"
    if is_stream(path):
        with open(path, mode, **how) as file:
            yield file
        return
    part = None
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _remove_abandoned(path.parent)
        part, descriptor = _create(path.parent)
        with open(part, mode, opener=lambda *_: descriptor, **how) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        # A full disk has no name of its own, and nobody knows the part's.
        named = error.filename
        if error.errno and (
            named in (None, os.fspath(path.parent))
            or (
                isinstance(named, str) and is_temporary(os.path.basename(named))
            )
        ):
            raise OSError(
                error.errno, error.strerror, os.fspath(path)
            ) from error
        raise
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def write(path: str | os.PathLike[str], content: str | bytes) -> pathlib.Path:
    """Writes a file at once; makes its folder where there is none.

    Args:
        path: File to write; an older one is replaced.
        content: UTF-8 text, or bytes. What UTF-8 cannot hold, as in the name
            of a file, is written as an escape.

    Returns:
        The path.

    Raises:
        OSError: It cannot be written.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    is_text = isinstance(content, str)
    with replacing(path, is_text=is_text, errors="backslashreplace") as file:
        file.write(content)
    return path


def temporary(folder: str | os.PathLike[str]) -> pathlib.Path:
    """Makes an empty file for what another process or library writes by name.

    Args:
        folder: Where; the name is known to the caller alone. Nobody may call
            `replacing` there meanwhile, who would take it for abandoned.

    Returns:
        Its path. The caller renames or removes it.
    """
    part, descriptor = _create(pathlib.Path(folder))
    os.close(descriptor)
    return part


def is_temporary(name: str) -> bool:
    """Whether a file of that name is one of ours that is not in its place."""
    return _NAME.fullmatch(name) is not None


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether a path is no place for a file: a device, or a pipe."""
    path = pathlib.Path(path)
    lies_in = path.is_relative_to
    # /dev/stdout may be a file, which is not to be replaced there.
    if lies_in("/proc") or (lies_in("/dev") and not lies_in(_MEMORY)):
        return True
    return path.exists() and not (path.is_file() or path.is_dir())


def _create(folder: Any) -> tuple[Any, Any]:
    """Makes a file under a new name, locked for as long as it is open."""
    while True:
        part = folder / f".tftag-{secrets.token_hex(8)}.part"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(part, flags, 0o666)
        with contextlib.suppress(OSError):  # not every file system has locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another process may have taken it for an abandoned one just before.
        if os.fstat(descriptor).st_nlink:
            return part, descriptor
        os.close(descriptor)


def _remove_abandoned(folder: Any) -> None:
    """Removes what killed processes left: nobody holds its lock any more."""
    for name in os.listdir(folder):
        if not is_temporary(name):
            continue
        with contextlib.suppress(OSError):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(folder / name, flags)
            try:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(folder / name)
            finally:
                os.close(descriptor)


def _sync_folder(folder: Any) -> None:
    """The new name is in the folder's own data, which has its own cache."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # not every file system can
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
