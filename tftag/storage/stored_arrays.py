"""Arrays in a file (.npz), read without code and never larger than it is."""

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

import numpy as np

from tftag.storage import plain_json

# Each layer of such a file has an error of its own for damage.
DAMAGE = (
    *plain_json.DAMAGE,
    AttributeError,
    EOFError,
    LookupError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
)


@contextlib.contextmanager
def opened(file: IO[bytes]) -> Iterator[np.lib.npyio.NpzFile]:
    """Opens what `np.savez` wrote.

    Args:
        file: The open file; it stays open.

    Yields:
        The arrays by name, each read when it is asked for.

    Raises:
        ValueError: Something in it is compressed, as we never do: a small
            file could fill the memory. Of damage, one of `DAMAGE`.
    """
    with zipfile.ZipFile(file) as packed:
        for member in packed.infolist():
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(
                    f"{member.filename} is compressed and would unfold to "
                    f"{member.file_size} bytes"
                )
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        yield arrays
