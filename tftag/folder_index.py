"""The index of a folder of recordings, kept up with what is in it.

The id of a recording is its path inside the folder, its size and the time of
its last change. So a file that was changed is another recording, and what is
new and what is gone are differences of sets.
"""

import itertools
import os
import pathlib
from collections.abc import Callable, Iterable

import numpy as np

from tftag import audio_files, index_file, retrieval, saved_dual_encoder

FILE_NAME = ".tftag-index.npz"
# Embedded between two writings: what an interrupt can cost.
_FILES_AT_ONCE = 200


def open_or_new(
    path: pathlib.Path,
    encoder: saved_dual_encoder.SavedDualEncoder,
) -> retrieval.Index:
    """Reads an index, or makes an empty one where there is no file.

    Args:
        path: The file of the index.
        encoder: The model that is asked.

    Returns:
        The index.

    Raises:
        ValueError: The file is damaged, no index, or of another model.
    """
    if path.exists():
        return index_file.read(path, encoder.space)
    return empty(encoder)


def empty(encoder: saved_dual_encoder.SavedDualEncoder) -> retrieval.Index:
    """Makes an index without recordings."""
    nothing = np.zeros((0, encoder.dim), np.float32)
    return retrieval.Index((), nothing, encoder.space)


def stamped(
    folder: pathlib.Path,
    paths: Iterable[pathlib.Path],
    fail: Callable[[str], None],
) -> dict[str, pathlib.Path]:
    """Gives every file its id.

    Args:
        folder: The folder that is searched.
        paths: Files in it.
        fail: Gets the reason where a file is gone, or is no longer reached.

    Returns:
        Id to path, in the order of `paths`.
    """
    ids = {}
    for path in paths:
        try:
            state = path.stat()
        except OSError as error:
            fail(audio_files.reason(error))
            continue
        name = os.fspath(path.relative_to(folder))
        ids[f"{name}|{state.st_size}|{state.st_mtime_ns}"] = path
    return ids


def name_of(recording_id: str) -> str:
    """Returns the path inside the folder that is in an id."""
    return recording_id.rsplit("|", 2)[0]


def refreshed(
    index: retrieval.Index,
    encoder: saved_dual_encoder.SavedDualEncoder,
    ids: dict[str, pathlib.Path],
    save: Callable[[retrieval.Index], None],
    fail: Callable[[str], None],
) -> retrieval.Index:
    """Embeds what is new or changed, and drops what is gone.

    Args:
        index: What was known.
        encoder: The model that embeds.
        ids: What `stamped` returned.
        save: Gets the index whenever it has changed by enough.
        fail: Gets the reason where a file cannot be read.

    Returns:
        The index of the files that can be read.
    """
    gone = set(index.ids).difference(ids)
    if gone:
        index = index.remove(gone)
    known = set(index.ids)
    new = {path: name for name, path in ids.items() if name not in known}
    embedded = audio_files.each(
        encoder.embed_each, new, encoder.sample_rate_hz, fail
    )
    changed = bool(gone)
    while some := list(itertools.islice(embedded, _FILES_AT_ONCE)):
        paths, vectors = zip(*some, strict=True)
        names = [new[path] for path in paths]
        index = index.add(names, np.stack(vectors), encoder.space)
        save(index)
        changed = False
    if changed:
        save(index)
    return index
