"""What version 0.1 kept of a folder, taken over into an index of today.

It was one .npz: vectors, and for each a path, size and time of last change.
"""

import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from tftag.search.index import contents, opened_parts, recordings, writer
from tftag.storage import stored_arrays
from tftag.words import unit_vectors

FILE_NAME = ".tftag-index.npz"
_FORMAT = 1


def take_over(
    old: pathlib.Path,
    place: pathlib.Path,
    folder: pathlib.Path,
    new: contents.Contents,
) -> None:
    """Makes an index of what is in an older one; that stays as it is.

    Nobody knows the tags of its recordings: filters by them are refused.

    Args:
        old: The file.
        place: Where the index goes.
        folder: What it is of.
        new: What an empty index would begin with.

    Raises:
        ValueError: The file is damaged, or of another model.
        OSError: It cannot be read, or the index not be written.
    """
    try:
        with open(old, "rb") as file, stored_arrays.opened(file) as arrays:
            head = json.loads(arrays["head"].tobytes().decode("ascii"))
            vectors = arrays["embeddings"]
        if head["format"] != _FORMAT:
            raise ValueError(f"format {head['format']!r}")
        if head["model"] != new.model or vectors.shape[1] != new.dim:
            raise ValueError("another model")
        # None were kept once.
        notes = head.get("notes", {})
        found = [_recording(name) for name in head["ids"]]
        rows = unit_vectors.unit(vectors, "embeddings").astype(np.float32)
        added = list(zip(found, rows, strict=True))
        unusable = dict(_unusable(notes.get("unusable", {})))
        had = str(notes.get("decoders", ""))
    except (*stored_arrays.DAMAGE, OSError) as error:
        raise ValueError(
            "An index of an earlier version cannot be used. Received: "
            f"{old} ({type(error).__name__}: {str(error):.200})."
        ) from error
    new = dataclasses.replace(
        new,
        roots=(opened_parts.stored_root(place, folder),),
        has_model_tags=False,
        has_file_tags=False,
        decoders=had,
    )
    with writer.opened(place, new) as index:
        index.change(added, unusable=unusable)


def _recording(text: Any) -> recordings.Recording:
    name, size, modified = text.rsplit("|", 2)
    if not recordings.is_inside(name):
        raise ValueError(f"{name!r:.200} is no name of a file")
    return recordings.Recording(name, 0, int(size), int(modified))


def _unusable(noted: Any) -> Iterator[tuple[int, tuple[int, str, str]]]:
    for text, reason in noted.items():
        one = _recording(text)
        yield one.key, (0, one.name, str(reason))
