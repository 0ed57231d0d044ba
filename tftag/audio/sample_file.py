"""Long waveforms in files: the memory holds of them what is looked at.

Twelve hours are 1.4 GB of samples. They lie in a file without a name, which is
gone with the last who holds them, and come into the memory page by page.
"""

import mmap
import os
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

# Shorter waveforms, of half an hour, lie in the memory.
LEAST_BYTES = 1 << 26
_BLOCK_SAMPLES = 1 << 20

_Number = TypeVar("_Number", bound=np.generic)


def empty(count: int) -> npt.NDArray[np.int16]:
    """Makes room for a waveform: in a file where it is long.

    It is in the memory where it is short, where the disk has no room for it,
    and where room cannot be taken beforehand (macOS): a disk that is full
    would end the process.

    Args:
        count: Length of the waveform.

    Returns:
        int16 `[count]`, to be filled.
    """
    if 2 * count < LEAST_BYTES or not hasattr(os, "posix_fallocate"):
        return np.empty(count, np.int16)
    try:
        with tempfile.TemporaryFile(prefix="tftag-") as file:
            os.posix_fallocate(file.fileno(), 0, 2 * count)
            return _mapped(file, mmap.ACCESS_WRITE)
    except OSError:
        return np.empty(count, np.int16)


def is_in_file(samples: npt.NDArray[np.generic]) -> bool:
    """Whether a waveform, or what it is a part of, lies in a file."""
    return _mapping(samples) is not None


def release(samples: npt.NDArray[np.generic]) -> None:
    """Lets what was looked at of a waveform out of the memory.

    Args:
        samples: Any array; nothing happens to one that is in no file. What
            is looked at again comes from the file.
    """
    if (mapping := _mapping(samples)) is not None:
        mapping.madvise(mmap.MADV_DONTNEED)


def blocks(samples: npt.NDArray[_Number]) -> Iterator[npt.NDArray[_Number]]:
    """Yields a waveform block by block, each out of the memory afterwards.

    Args:
        samples: `[samples]`, in a file or not.

    Yields:
        Parts of it, in their order.
    """
    for first in range(0, len(samples), _BLOCK_SAMPLES):
        yield samples[first : first + _BLOCK_SAMPLES]
        release(samples)


class Left:
    """A waveform that one process leaves in a file for another.

    A message would hold it twice more at both its ends. The file is there
    whatever becomes of the process that left it.

    Args:
        samples: int16 `[samples]`.
        folder: Where to; whoever made the folder removes it.
    """

    def __init__(self, samples: npt.NDArray[np.int16], folder: str):
        """Writes the file.

        Raises:
            OSError: There is no room, or no such folder any more.
        """
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            self._path = file.name
            try:
                for block in blocks(samples):
                    file.write(block.data)
            except OSError:
                os.unlink(file.name)
                raise

    def take(self) -> npt.NDArray[np.int16]:
        """Returns the waveform, and takes the name of its file; once."""
        with open(self._path, "rb") as file:
            os.unlink(self._path)
            return _mapped(file, mmap.ACCESS_READ)


def _mapped(file: BinaryIO, access: int) -> npt.NDArray[np.int16]:
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=access), np.int16)


def _mapping(samples: npt.NDArray[np.generic]) -> mmap.mmap | None:
    base: object = samples
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    return base if isinstance(base, mmap.mmap) else None
