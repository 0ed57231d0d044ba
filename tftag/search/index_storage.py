"""An index in a file: an .npz of plain arrays, without pickle."""

import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tftag.files import atomic_write, stored_arrays
from tftag.search import vector_index

FORMAT = 1
_WAY_OUT = "build the index again"


def write(
    index: vector_index.Index,
    path: str | os.PathLike[str],
    notes: Mapping[str, Any],
) -> None:
    """Writes an index; whoever reads meanwhile has the old one or the new.

    Args:
        index: what to write.
        path: the file; a file of that name is replaced.
        notes: what to keep beside it, as JSON holds it.

    Raises:
        FileNotFoundError: there is no such folder.
        OSError: the disk is full, or may not be written to.
    """
    path = pathlib.Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            "An index must go into a folder that is there. "
            f"Received: {os.fspath(path)}"
        )
    # JSON in ASCII holds names that are no UTF-8 as well, in one array.
    head = {"format": FORMAT, "model": index.model, "ids": index.ids}
    head["notes"] = dict(notes)
    text = np.frombuffer(json.dumps(head).encode("ascii"), np.uint8)
    with atomic_write.replacing(path, is_text=False) as file:
        np.savez(file, head=text, embeddings=index.embeddings)


def read(
    path: str | os.PathLike[str], model: str
) -> tuple[vector_index.Index, dict[str, Any]]:
    """Reads an index.

    Args:
        path: the file.
        model: fingerprint of the model that will be asked with.

    Returns:
        The index and the notes, as they were written.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, no index, of a later format, or of another
            model.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no index; {_WAY_OUT}. Received: {os.fspath(path)}"
        )
    try:
        with open(path, "rb") as file, stored_arrays.opened(file) as arrays:
            head = json.loads(arrays["head"].tobytes().decode("ascii"))
            embeddings = arrays["embeddings"]
        version, made_by = head["format"], head["model"]
        if version == FORMAT:
            # None were kept once.
            notes = head.get("notes", {})
            if not isinstance(notes, dict):
                raise TypeError("the notes are no object")
            found = vector_index.Index(tuple(head["ids"]), embeddings, made_by)
    except (*stored_arrays.DAMAGE, OSError) as error:
        raise ValueError(
            f"The index is damaged, or none of tftag's; {_WAY_OUT}. "
            f"Received: {os.fspath(path)} ({type(error).__name__}: "
            f"{str(error):.200})."
        ) from error
    if version != FORMAT:
        raise ValueError(
            f"The index must be of format {FORMAT}; read it with the tftag "
            f"that wrote it, or {_WAY_OUT}. Received: format {version!r} in "
            f"{os.fspath(path)}."
        )
    if made_by != model:
        raise ValueError(
            f"The index must be of the model that is asked, {model!r}; "
            f"{_WAY_OUT}, or ask with its model. Received: an index of "
            f"{made_by!r}, {os.fspath(path)}."
        )
    return found, notes
