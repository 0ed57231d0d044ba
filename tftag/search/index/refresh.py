"""An index brought up to what its folders hold: what is new is embedded.

A file is known by its place, size and time of its last change; one that was
changed is another one, and what is new and what is gone are differences of
sets.
"""

import dataclasses
import itertools
import os
import pathlib
import time
from collections.abc import (
    Callable,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag import audio
from tftag.audio import audio_files, remote_files
from tftag.console import counts_in_words, interrupts
from tftag.search.index import catalogue_parts, opened_parts, recordings, writer
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing

Place = addresses.Place
Fail = Callable[[Place, Exception], None]
Waveforms = Iterable[tuple[Place, npt.NDArray[Any]]]
# Between two writings: what a kill can cost. A large change takes long to
# write, and at most a twentieth of the time.
_SECONDS = 1.0
_TIMES_AS_LONG = 20


@dataclasses.dataclass(frozen=True)
class Model:
    """What is asked of the model of an index.

    Attributes:
        describe: Yields vector `[dim]` and tags of each waveform, as
            `SavedDualEncoder.describe_each` does.
        decode: Yields path and waveform of each file that can be read, and
            gives the others to its second argument.
        sample_rate_hz: Of the waveforms.
        read_tags: Title, artist, album and year of a file; None where
            nothing can read them.
    """

    describe: Callable[
        [Iterable[npt.NDArray[Any]]],
        Iterator[tuple[npt.NDArray[Any], tuple[str, ...]]],
    ]
    decode: Callable[[Iterable[Place], Fail], Waveforms]
    sample_rate_hz: int
    read_tags: Callable[[Place], recordings.FileTags] | None


@dataclasses.dataclass(frozen=True)
class FoldersContent:
    """What the folders of an index hold.

    Attributes:
        files: Key to recording, as far as a look at the file tells.
        unreached: Root and name of the files and folders that are there and
            say nothing of themselves for now; "." is a root itself.
    """

    files: Mapping[int, recordings.Recording]
    unreached: Collection[tuple[int, pathlib.PurePath]]

    def may_hold(self, root: int, name: str) -> bool:
        """Whether a recording may be there, where it was not found."""
        path = pathlib.PurePath(name)
        return any(
            (root, place) in self.unreached for place in (path, *path.parents)
        )


def find(roots: Iterable[tuple[int, Place]], fail: Fail) -> FoldersContent:
    """Lists the audio files of folders.

    Args:
        roots: Number and folder, or its address.
        fail: Gets path and error where a file or folder is gone, not reached,
            or a folder has no audio: then it is taken for a disk that is not
            there for now.
    """
    files, unreached = {}, set()
    for number, folder in roots:

        def not_reached(path: Place, error: Exception) -> None:
            is_gone = isinstance(error, FileNotFoundError)
            if not is_gone or path == folder:  # noqa: B023
                # Of a bucket nobody knows how much was not listed.
                name = _name(path, folder) or "."  # noqa: B023
                unreached.add((number, pathlib.PurePath(name)))  # noqa: B023
            fail(path, error)

        for path in remote_files.find([folder], not_reached):
            try:
                size_bytes, changed = _state(path)
            except OSError as error:
                not_reached(path, error)
                continue
            name = _name(path, folder)
            one = recordings.Recording(name, number, size_bytes, changed)
            files[one.key] = one
    return FoldersContent(files, unreached)


def _name(path: Place, folder: Place) -> str:
    if isinstance(path, addresses.Address):
        return path.relative_to(folder) or ""
    return os.path.relpath(path, str(folder))


def _state(path: Place) -> tuple[int, int]:
    """Size of a file, and what is another where it has changed."""
    if isinstance(path, remote_listing.ListedFile):
        return path.facts.file_bytes or 0, path.facts.version_number
    state = os.stat(str(path))
    return state.st_size, state.st_mtime_ns


class Refresh:
    """The work of bringing one index up to date.

    Attributes:
        new: How many files are to be embedded.
        unchanged_unusable: How many are known to hold no usable audio.
        taken: How many of the new ones were described elsewhere.
        done: How many of the new ones are embedded, or have failed.
    """

    def __init__(self, index: writer.Writer, found: FoldersContent, fail: Fail):
        """Compares an index with what its folders hold.

        Args:
            index: Open to be changed.
            found: Of `find`.
            fail: Gets path and error where a file cannot be read, now or
                before.
        """
        self._index = index
        self._found = found
        self._fail = fail
        held = index.parts.contents
        self._roots = opened_parts.absolute_roots(index.folder, held.roots)
        known = set(index.keys().tolist())
        self._gone = self._without_unreached(known.difference(found.files))
        self._unusable = {
            key: one
            for key, one in held.unusable.items()
            if key in found.files or found.may_hold(*one[:2])
        }
        self._new = {
            self._path(one): one
            for key, one in found.files.items()
            if key not in known and key not in self._unusable
        }
        self.new = len(self._new)
        self._tried = [key for key in self._unusable if key in found.files]
        self.unchanged_unusable = len(self._tried)
        self.taken = self.done = 0

    def run(
        self,
        model: Model,
        described: Iterable[catalogue_parts.Described] = (),
    ) -> Iterator[None]:
        """Embeds what is new, drops what is gone, and keeps it as it goes.

        Args:
            model: The model, and how files are read.
            described: By the same model, elsewhere: of these, what is new and
                unchanged since is not decoded.

        Yields:
            After each file.
        """
        fresh: list[tuple[recordings.Recording, npt.NDArray[Any]]] = []
        held = self._index.parts.contents

        def fail(path: Place, error: Exception) -> None:
            self.done += 1
            if isinstance(error, audio.UnusableAudio):
                one = self._new[path]
                reason = str(error).removeprefix(f"{path}: ")
                self._unusable[one.key] = (one.root, one.name, reason)
            self._fail(path, error)

        def save() -> None:
            is_noted = self._unusable == held.unusable and not self._gone
            if fresh or not is_noted:
                self._index.change(list(fresh), self._gone, self._unusable)
                fresh.clear()
                self._gone = set()

        def keep() -> str:
            save()
            files = len(self._found.files)
            return (
                f"{files - self.new + self.done} of "
                f"{counts_in_words.are(files, 'file')} in the index; to go on: "
                f"{interrupts.command()}"
            )

        for key in self._tried:
            path = self._path(self._found.files[key])
            text = f"{path}: {self._unusable[key][2]}"
            self._fail(path, audio.UnusableAudio("unreadable", text))
        with interrupts.keeping(keep):
            wait_until = time.monotonic() + _SECONDS
            for one, vector in itertools.chain(
                self._taken(described, model), self._embedded(model, fail)
            ):
                fresh.append((one, vector))
                self.done += 1
                yield
                if (began := time.monotonic()) >= wait_until:
                    save()
                    took = time.monotonic() - began
                    pause = max(_SECONDS, _TIMES_AS_LONG * took)
                    wait_until = began + took + pause
            save()

    def _taken(
        self, described: Iterable[catalogue_parts.Described], model: Model
    ) -> Iterator[tuple[recordings.Recording, npt.NDArray[Any]]]:
        """Yields what is new and was described, of whichever root."""
        wanted = {one.key: path for path, one in self._new.items()}
        roots = {one.root for one in self._new.values()}
        for found in described if wanted else ():
            for root in roots:
                one = dataclasses.replace(found.recording, root=root)
                if (path := wanted.pop(one.key, None)) is None:
                    continue
                if not found.has_file_tags:
                    try:
                        one = _with_file_tags(one, path, model)
                    except OSError:
                        continue  # it is embedded, or fails there
                del self._new[path]
                self.taken += 1
                yield one, found.vector
            if not wanted:
                return

    def _embedded(
        self, model: Model, fail: Fail
    ) -> Iterator[tuple[recordings.Recording, npt.NDArray[Any]]]:
        """Yields what is new otherwise."""
        for path, samples, (vector, tags) in _each(
            model, model.decode(self._new, fail)
        ):
            one = dataclasses.replace(
                self._new[path],
                seconds=samples / model.sample_rate_hz,
                tags=tags,
            )
            yield _with_file_tags(one, path, model), vector

    def _without_unreached(self, gone: set[int]) -> set[int]:
        """Leaves out what may be there, though it was not found."""
        if not gone or not self._found.unreached:
            return gone
        kept = set()
        tag_names = self._index.parts.contents.tag_names
        for part, row in self._index.parts.rows():
            key = int(part.segment.arrays["key"][row])
            if key in gone:
                one = recordings.row(part.segment.arrays, row, tag_names)
                if self._found.may_hold(one.root, one.name):
                    kept.add(key)
        return gone - kept

    def _path(self, one: recordings.Recording) -> Place:
        path = (self._roots[one.root] or pathlib.Path()) / one.name
        if isinstance(path, addresses.Address):
            return remote_listing.NotedFile(
                path.text, one.size_bytes, one.modified_ns
            )
        return path


def _with_file_tags(
    one: recordings.Recording, path: Place, model: Model
) -> recordings.Recording:
    if model.read_tags is None:
        return one
    said = model.read_tags(path)
    return dataclasses.replace(one, **dataclasses.asdict(said))


def _each(
    model: Model, waveforms: Waveforms
) -> Iterator[tuple[Place, int, tuple[npt.NDArray[Any], tuple[str, ...]]]]:
    """Yields path, length and description of each recording."""
    lengths: dict[Place, int] = {}

    def measured() -> Generator[
        tuple[Place, npt.NDArray[np.int16]], None, None
    ]:
        for path, samples in waveforms:
            lengths[path] = len(samples)
            yield path, samples

    for path, answer in audio_files.each(model.describe, measured()):
        yield path, lengths.pop(path), answer
