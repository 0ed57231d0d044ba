"""The index of the service: reopened when it has changed, asked by numbers.

A recording is known to clients by its key in the index, as 16 hexadecimal
digits. So nobody can ask for a path, and a file that was changed since it was
indexed is another one.
"""

import os
import pathlib
import stat
import threading
import time
from typing import Any

import numpy.typing as npt

from tftag.search import library_index, suggestions
from tftag.server import refusals
from tftag.server.models import served_models, served_version
from tftag.storage import address as addresses

_KEY_DIGITS = 16


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
        if self._encoder_name() is None:
            raise ValueError(
                "The model that the index was made with must be served too: "
                "name it with --model. Received: an index by "
                f"{self._index.model_name!r}, and the models "
                f"{', '.join(models.by_name)}."
            )

    def current(self) -> library_index.LibraryIndex:
        """The index as it is on the disk."""
        with self._lock:
            if time.monotonic() - self._looked > self._poll_seconds:
                self._looked = time.monotonic()
                if not self._index.is_current:
                    self._reopen()
            return self._index

    def model(self) -> served_models.ServedModel:
        """The model that embeds for the index.

        Raises:
            refusals.Refused: Its newest version has another space.
        """
        name = self._encoder_name()
        if name is None:
            raise refusals.Refused(
                refusals.UNAVAILABLE,
                "The model has a new version, and the index is of another: "
                "it has to be made again.",
            )
        return self._models.by_name[name]

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

    def vector(self, name: str) -> npt.NDArray[Any]:
        """The vector of a recording, float32 `[dim]`.

        Raises:
            refusals.Refused: There is no such recording.
        """
        found = self._index.vector_of_key(_key(name))
        if found is None:
            raise _not_found(name)
        return found

    def file(self, name: str) -> pathlib.Path:
        """The file of a recording.

        Raises:
            refusals.Refused: There is none, it is no plain file any more, or
                it lies outside the indexed folders, behind a link.
        """
        path = self._index.path_of_key(_key(name))
        if path is None:
            raise _not_found(name)
        if isinstance(path, addresses.Address):
            raise refusals.Refused(
                refusals.NOT_FOUND,
                "The file of this recording is in a bucket, and is not played "
                f"from here. Received: {path}.",
            )
        real = os.path.realpath(path)
        roots = [
            os.path.realpath(root)
            for root in self._index.roots
            if isinstance(root, pathlib.Path)
        ]
        is_inside = any(os.path.commonpath([real, r]) == r for r in roots)
        try:
            is_file = stat.S_ISREG(os.stat(real).st_mode)
        except OSError:
            is_file = False
        if not (is_inside and is_file):
            raise refusals.Refused(
                refusals.NOT_FOUND,
                "The file of this recording is not there any more.",
            )
        return pathlib.Path(real)

    def _reopen(self) -> None:
        try:
            self._index = library_index.LibraryIndex.open(self._folder)
        except (OSError, ValueError):
            return  # being written, or away: what was opened still answers

    def _encoder_name(self) -> str | None:
        for name, model in self._models.by_name.items():
            with model.using() as version:
                space = getattr(version.tagger, "space", None)
                if space == self._index.model:
                    return name
        return None


def name_of(key: int) -> str:
    """What clients know a recording by."""
    return f"{key:0{_KEY_DIGITS}x}"


def _key(name: str) -> int:
    try:
        if len(name) == _KEY_DIGITS:
            return int(name, 16)
    except ValueError:
        pass
    raise _not_found(name)


def _not_found(name: str) -> refusals.Refused:
    return refusals.Refused(
        refusals.NOT_FOUND,
        f"There is no such recording in the index. Received: {name!r:.100}.",
    )
