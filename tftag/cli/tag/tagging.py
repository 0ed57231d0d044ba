"""Tags the files of a library that were not tagged before."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from tftag.audio import remote_files
from tftag.cli.tag import journal, shards

Place = remote_files.Place
Fail = remote_files.Fail
Recordings = Iterable[tuple[Place, npt.NDArray[np.int16]]]


class Run:
    """The files of a command, and what a journal has of them.

    Memory does not follow the number of files: they are listed once more
    whenever they are needed.

    Args:
        paths: Files and folders, or their addresses.
        shard: Which part of the files.
        notes: What was tagged so far.
        fail: Gets path and error of what cannot be read, once each.

    Attributes:
        new: How many files were not in the journal when the run began.
        finished: How many files were.
        done: How many of the new ones were tagged since, or have failed.
    """

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        shard: shards.Shard,
        notes: journal.Journal,
        fail: Fail,
    ):
        """Counts the files."""
        self._paths = list(paths)
        self._shard = shard
        self._notes = notes
        self._fail = fail
        self._failed: set[Place] = set()
        self.new = self.finished = self.done = 0
        for path in self._files(fail):
            if self._known(path) is None:
                self.new += 1
            else:
                self.finished += 1

    def tag(
        self,
        decode: Callable[[Iterable[Place], Fail], Recordings],
        answer: Callable[
            [Recordings], Iterator[tuple[Place, list[journal.Entry]]]
        ],
    ) -> Iterator[Place]:
        """Tags what is new, and notes it in the journal.

        Args:
            decode: Yields path and waveform of each file that can be read,
                and gives the others to the second argument.
            answer: Yields path and entries of each recording.

        Yields:
            Each file, as soon as it is noted or has failed.
        """
        keys: dict[Place, str] = {}
        ended: list[Place] = []

        def fail(path: Place, error: Exception) -> None:
            keys.pop(path, None)
            ended.append(path)
            self._failed.add(path)
            self._fail(path, error)

        def todo() -> Iterator[Place]:
            for path in self._files(_say_nothing):
                if path in keys or path in self._failed:
                    continue
                try:
                    key = journal.key(path)
                except OSError as error:
                    fail(path, error)
                    continue
                if self._notes.find(key) is None:
                    keys[path] = key
                    yield path

        for path, entries in answer(decode(todo(), fail)):
            self._notes.add(keys.pop(path), entries)
            ended.append(path)
            while ended:
                self.done += 1
                yield ended.pop()
        self.done += len(ended)
        yield from ended
        self._notes.refresh()

    def results(
        self,
    ) -> Iterator[tuple[Place, list[journal.Entry]]]:
        """Yields each file and its entries, in the order of the files.

        A file that has changed since it was tagged is given to `fail`.
        """
        for path in self._files(_say_nothing):
            entries = self._known(path)
            if entries is not None:
                yield path, entries
            elif path not in self._failed:
                self._failed.add(path)
                text = "It changed after it was tagged, call again"
                error = OSError(errno.ESTALE, text, str(path))
                self._fail(path, error)

    def note_again(self, path: Place, entries: list[journal.Entry]) -> None:
        """Notes entries for a file whose tags, not sound, were changed."""
        self._notes.add(journal.key(path), entries)

    def tidy(self) -> None:
        """Drops what the journal has of files that are gone or changed."""
        self._notes.refresh()
        keys = filter(None, map(_key, self._files(_say_nothing)))
        self._notes.forget_all_but(keys, self.new + self.finished)

    def _files(self, fail: Fail) -> Iterator[Place]:
        for path in remote_files.find(self._paths, fail):
            if self._shard.holds(path):
                yield path

    def _known(self, path: Place) -> list[journal.Entry] | None:
        key = _key(path)
        return None if key is None else self._notes.find(key)


def _key(path: Place) -> str | None:
    try:
        return journal.key(path)
    except OSError:
        return None


def _say_nothing(path: Place, error: Exception) -> None:
    """What cannot be listed was said before."""
