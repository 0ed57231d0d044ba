"""The index of the service: reopened when it has changed, asked by numbers.

A recording is known to clients by its key in the index, as 16 hexadecimal
digits. So nobody can ask for a path, and a file that was changed since it was
indexed is another one.
"""

import contextlib
import os
import pathlib
import re
import stat
import threading
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy.typing as npt

from tftag.audio import contents
from tftag.search import library_index, suggestions
from tftag.search.index import recordings
from tftag.server.admission import refusals
from tftag.server.models import served_models, served_version
from tftag.server.search import sound
from tftag.storage.remote import address as addresses

_KEY_DIGITS = 16
_NAME = re.compile(f"[0-9a-f]{{{_KEY_DIGITS}}}")


class ServedIndex:
    """An index that several clients ask.

    Args:
        folder: Of the index.
        models: What is served: one of them embeds words for it.
        poll_seconds: Between two looks at whether it has changed.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        models: served_models.ServedModels,
        poll_seconds: float,
    ) -> None:
        """Opens the index.

        Raises:
            FileNotFoundError: There is none.
            ValueError: It is damaged, or of a model that is not served.
        """
        self._folder, self._models = folder, models
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._index = library_index.LibraryIndex.open(folder)
        self._looked = time.monotonic()
        self._phrases: tuple[str, suggestions.Phrases] | None = None
        try:
            with self.using(self._index):
                pass
        except refusals.Refused as error:
            raise ValueError(
                "The model that the index was made with must be served too: "
                "name it with --model. Received: an index by "
                f"{self._index.model_name!r}, and the models "
                f"{', '.join(models.by_name)}."
            ) from error

    def current(self) -> library_index.LibraryIndex:
        """The index as it is on the disk."""
        with self._lock:
            if time.monotonic() - self._looked > self._poll_seconds:
                self._looked = time.monotonic()
                if not self._index.is_current:
                    self._reopen()
            return self._index

    @contextlib.contextmanager
    def using(
        self, index: library_index.LibraryIndex
    ) -> Iterator[served_version.ServedVersion]:
        """The version that embeds for an index, up for as long.

        Args:
            index: What `current` gave; the one on the disk may have changed.

        Raises:
            refusals.Refused: None that is served has its space.
        """
        with contextlib.ExitStack() as stack:
            for model in self._models.by_name.values():
                version = stack.enter_context(model.using())
                if getattr(version.tagger, "space", None) == index.model:
                    break
                stack.close()
            else:
                raise refusals.Refused(
                    refusals.UNAVAILABLE,
                    "The model has a new version, and the index is of "
                    "another: it has to be made again.",
                )
            yield version

    def phrases(
        self, version: served_version.ServedVersion
    ) -> suggestions.Phrases:
        """What can be asked for in words."""
        encoder = version.encoder
        space = encoder.space
        with self._lock:
            if self._phrases is None or self._phrases[0] != space:
                found = suggestions.Phrases(encoder.tag_names, encoder.phrases)
                self._phrases = (space, found)
            return self._phrases[1]

    def file(
        self, name: str
    ) -> tuple[BinaryIO | addresses.Address, recordings.Recording]:
        """The file of a recording, and what is known of it.

        Returns:
            The file, opened, which is what was indexed; or its address, where
            nobody has looked yet.

        Raises:
            refusals.Refused: There is none, it is not what was indexed any
                more, it is no audio, or it lies outside the indexed folders,
                behind a link.
        """
        held = self.current()
        found = held.find(key_of(name))
        if found is None:
            raise _not_found(name)
        place, known = found
        # An index may come from a stranger, and its roots with it.
        if isinstance(place, addresses.Address):
            # A web server may be one of this network that trusts this machine.
            is_inside = not place.is_web and any(
                place.relative_to(root) is not None for root in held.roots
            )
            if not (is_inside and contents.is_audio_name(place.name)):
                raise refusals.Refused(refusals.NOT_FOUND, sound.CHANGED)
            return place, known
        real = os.path.realpath(place)
        roots = [
            os.path.realpath(root)
            for root in held.roots
            if isinstance(root, pathlib.Path)
        ]
        is_inside = any(os.path.commonpath([real, r]) == r for r in roots)
        if not (is_inside and os.path.isfile(real) and contents.is_audio(real)):
            raise refusals.Refused(refusals.NOT_FOUND, sound.CHANGED)
        return _opened(real, known), known

    def _reopen(self) -> None:
        try:
            self._index = library_index.LibraryIndex.open(self._folder)
        except (OSError, ValueError):
            return  # being written, or away: what was opened still answers


def name_of(key: int) -> str:
    """What clients know a recording by."""
    return f"{key:0{_KEY_DIGITS}x}"


def key_of(name: str) -> int:
    """The key of what clients know by a name.

    Raises:
        refusals.Refused: None is called so.
    """
    if not _NAME.fullmatch(name):
        raise _not_found(name)
    return int(name, 16)


def vector_of(index: library_index.LibraryIndex, name: str) -> npt.NDArray[Any]:
    """The vector of a recording, float32 `[dim]`.

    Raises:
        refusals.Refused: There is no such recording.
    """
    found = index.vector_of_key(key_of(name))
    if found is None:
        raise _not_found(name)
    return found


def _opened(path: str, known: recordings.Recording) -> BinaryIO:
    """Opens a file that is as it was indexed."""
    # What was put in its place meanwhile may be a link, or a pipe.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        file = open(
            path, "rb", buffering=0, opener=lambda *_: os.open(path, flags)
        )
    except OSError as error:
        raise refusals.Refused(refusals.NOT_FOUND, sound.CHANGED) from error
    state = os.fstat(file.fileno())
    found = state.st_size, state.st_mtime_ns
    if stat.S_ISREG(state.st_mode) and found == (
        known.size_bytes,
        known.modified_ns,
    ):
        return file
    file.close()
    raise refusals.Refused(refusals.NOT_FOUND, sound.CHANGED)


def _not_found(name: str) -> refusals.Refused:
    return refusals.Refused(
        refusals.NOT_FOUND,
        f"There is no such recording in the index. Received: {name!r:.100}.",
    )
