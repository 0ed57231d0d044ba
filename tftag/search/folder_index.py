"""The index of a folder of recordings, kept up with what is in it.

The id of a file is its path inside the folder, its size and the time of its
last change. So a file that was changed is another one, and what is new and
what is gone are differences of sets.
"""

import dataclasses
import os
import pathlib
import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tftag import audio
from tftag.audio import audio_files, decoders
from tftag.console import interrupts
from tftag.search import index_storage, vector_index

if TYPE_CHECKING:  # it imports TensorFlow
    from tftag.serving import saved_dual_encoder

FILE_NAME = ".tftag-index.npz"
# Between two writings: what a kill can cost. A large index takes long to
# write, and at most a twentieth of the time.
_SECONDS = 1.0
_TIMES_AS_LONG = 20


@dataclasses.dataclass(frozen=True)
class FolderIndex:
    """What was heard of a folder.

    Attributes:
        recordings: Those that can be read.
        unusable: Id to reason of the files that hold no usable audio. What
            another moment may mend, as a right to read, is not kept.
    """

    recordings: vector_index.Index
    unusable: Mapping[str, str]

    @property
    def ids(self) -> set[str]:
        """Of all files that need not be decoded."""
        return set(self.recordings.ids) | set(self.unusable)


def open_or_new(
    path: pathlib.Path,
    encoder: "saved_dual_encoder.SavedDualEncoder",
) -> FolderIndex:
    """Reads an index, or makes an empty one where there is no file.

    Args:
        path: The file of the index.
        encoder: The model that is asked.

    Returns:
        The index. Other decoders may read more: it has no unusable files
        where the decoders of this machine are not those that wrote it.

    Raises:
        ValueError: The file is damaged, no index, or of another model.
    """
    if not path.exists():
        return empty(encoder)
    recordings, notes = index_storage.read(path, encoder.space)
    unusable = notes.get("unusable", {})
    if (
        recordings.embeddings.shape[1] != encoder.dim
        or not isinstance(unusable, dict)
        or not all(isinstance(text, str) for text in unusable.values())
        or not all(_is_id(name) for name in (*recordings.ids, *unusable))
    ):
        raise ValueError(
            "The index is damaged, or none of a folder; build it again. "
            f"Received: {path}."
        )
    is_valid = notes.get("decoders") == decoders.decoders()
    return FolderIndex(recordings, unusable if is_valid else {})


def empty(encoder: "saved_dual_encoder.SavedDualEncoder") -> FolderIndex:
    """Makes an index without recordings."""
    nothing = np.zeros((0, encoder.dim), np.float32)
    return FolderIndex(vector_index.Index((), nothing, encoder.space), {})


def write(index: FolderIndex, path: pathlib.Path) -> None:
    """Writes an index.

    Args:
        index: What to write.
        path: The file; a file of that name is replaced.

    Raises:
        OSError: It cannot be written.
    """
    notes = {
        "decoders": decoders.decoders(),
        "unusable": dict(index.unusable),
    }
    index_storage.write(index.recordings, path, notes)


@dataclasses.dataclass(frozen=True)
class Found:
    """What is in a folder.

    Attributes:
        paths: Id to path of each audio file.
        unreached: Names of the files and folders that are there and say
            nothing of themselves for now. "." is the folder itself.
    """

    paths: Mapping[str, pathlib.Path]
    unreached: Collection[pathlib.PurePath]

    def may_hold(self, recording_id: str) -> bool:
        """Whether a recording is there, as far as anybody knows."""
        name = pathlib.PurePath(name_of(recording_id))
        return recording_id in self.paths or any(
            place in self.unreached for place in (name, *name.parents)
        )


def find(
    folder: pathlib.Path, fail: Callable[[pathlib.Path, Exception], None]
) -> Found:
    """Finds the audio files of a folder, and gives each its id.

    Args:
        folder: The folder that is searched.
        fail: Gets path and error where a file or folder is gone, or is not
            reached.

    Returns:
        The files, in the order of `audio_files.find`.
    """
    paths, unreached = {}, set()

    def not_reached(path: pathlib.Path, error: Exception) -> None:
        if not isinstance(error, FileNotFoundError):
            unreached.add(path.relative_to(folder))
        fail(path, error)

    for path in audio_files.find([folder], not_reached):
        try:
            state = path.stat()
        except OSError as error:
            not_reached(path, error)
            continue
        name = os.fspath(path.relative_to(folder))
        paths[f"{name}|{state.st_size}|{state.st_mtime_ns}"] = path
    return Found(paths, unreached)


def _is_id(text: str) -> Any:
    return isinstance(text, str) and text.count("|") >= 2


def name_of(recording_id: str) -> str:
    """Returns the path inside the folder that is in an id."""
    return recording_id.rsplit("|", 2)[0]


def refreshed(
    index: FolderIndex,
    encoder: "saved_dual_encoder.SavedDualEncoder",
    found: Found,
    save: Callable[[FolderIndex], None],
    fail: Callable[[pathlib.Path, Exception], None],
) -> FolderIndex:
    """Embeds what is new or changed, and drops what is gone.

    Args:
        index: What was known.
        encoder: The model that embeds.
        found: What `find` returned.
        save: Gets the index whenever it has changed by enough, with what was
            heard of the files that are not reached for now.
        fail: Gets path and error where a file cannot be read, now or before.

    Returns:
        The index of the files that are reached.
    """
    recordings = _kept(index.recordings, found.may_hold)
    unusable = {}
    for name, text in index.unusable.items():
        if found.may_hold(name):
            unusable[name] = text
        if path := found.paths.get(name):
            fail(path, audio.UnusableAudio("unreadable", f"{path}: {text}"))
    saved_ids = index.ids
    new = {
        path: name
        for name, path in found.paths.items()
        if name not in saved_ids
    }

    def refuse(path: pathlib.Path, error: Exception) -> None:
        if isinstance(error, audio.UnusableAudio):
            unusable[new[path]] = str(error).removeprefix(f"{path}: ")
        fail(path, error)

    fresh: dict[str, Any] = {}

    def save_all() -> None:
        nonlocal recordings, saved_ids
        if added := dict(fresh):
            recordings = recordings.add(
                list(added), np.stack(list(added.values())), encoder.space
            )
        index = FolderIndex(recordings, dict(unusable))
        if index.ids != saved_ids:
            save(index)
            saved_ids = index.ids
        for name in added:
            del fresh[name]

    def keep() -> str:
        save_all()
        return (
            f"{len(recordings) + len(unusable)} of {len(found.paths)} files "
            f"are in the index; to go on: {interrupts.command()}"
        )

    with interrupts.keeping(keep):
        wait_until = time.monotonic() + _SECONDS
        for path, vector in audio_files.each(
            encoder.embed_each,
            audio_files.decoded(new, encoder.sample_rate_hz, refuse),
        ):
            fresh[new[path]] = vector
            if (began := time.monotonic()) >= wait_until:
                save_all()
                took = time.monotonic() - began
                wait_until = began + took + max(_SECONDS, _TIMES_AS_LONG * took)
    save_all()
    return FolderIndex(_kept(recordings, found.paths.__contains__), unusable)


def _kept(
    recordings: vector_index.Index, is_kept: Callable[[str], bool]
) -> vector_index.Index:
    """Returns the recordings whose ids are kept."""
    gone = [name for name in recordings.ids if not is_kept(name)]
    return recordings.remove(gone)
