"""Genre and mood that a file has beside the tag that is written.

An MP3 may have an APE tag behind its audio, a WAV a list of texts, and a FLAC
an ID3 tag before its beginning. Players differ in which of two they show, so
what stands in one of these counts as there, too. It is never changed.
"""

import contextlib
import os
import struct
from collections.abc import Iterator
from typing import IO, Any

from tftag.cli.tag.embedded_tags import file_tags

_CHUNK = struct.Struct("<4sI")
_GENRE_OF_WAV = b"IGNR"
_MOST_CHUNKS = 1_000
_MOST_BYTES = 1 << 16


def read(path: str | os.PathLike[str]) -> file_tags.Fields:
    """Reads the fields of all other tags of a file.

    Args:
        path: A file that `file_tags.read` reads.

    Returns:
        Texts of each field, empty where there are none.

    Raises:
        OSError: It cannot be read.
    """
    found: file_tags.Fields = {field: [] for field in file_tags.FIELDS}
    for tags in _second(path):
        for field, texts in found.items():
            with contextlib.suppress(file_tags.UntaggableFile):  # no text
                texts += file_tags.texts(tags, field)
    with open(path, "rb") as file:
        found["genre"] += _listed(file)
    return found


def _second(path: str | os.PathLike[str]) -> Iterator[Any]:
    """The tags that mutagen finds where others are the file's own."""
    from mutagen import apev2, id3

    for kind in (apev2.APEv2, id3.ID3):
        try:
            found = kind(path)
        except OSError:
            raise
        # There is none; mutagen raises nearly everything over damaged ones.
        except Exception:
            continue
        yield found


def _listed(file: IO[bytes]) -> list[str]:
    """The genre in the list of a WAV."""
    if file.read(4) != b"RIFF":
        return []
    file.seek(12)
    for name, size in _chunks(file, _MOST_CHUNKS):
        if name != b"LIST" or file.read(4) != b"INFO":
            continue
        ends = file.tell() - 4 + min(size, _MOST_BYTES)
        for text_name, length in _chunks(file, _MOST_CHUNKS):
            if text_name == _GENRE_OF_WAV:
                text = file.read(min(length, _MOST_BYTES)).split(b"\0")[0]
                return [text.decode("utf-8", "replace")] if text else []
            if file.tell() >= ends:
                break
    return []


def _chunks(file: IO[bytes], most: int) -> Iterator[tuple[bytes, int]]:
    """Yields name and size; the file is at the content, then behind it."""
    for _ in range(most):
        head = file.read(_CHUNK.size)
        if len(head) < _CHUNK.size:
            return
        name, size = _CHUNK.unpack(head)
        start = file.tell()
        yield name, size
        file.seek(start + size + size % 2)
