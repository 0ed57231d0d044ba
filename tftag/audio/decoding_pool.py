"""Audio files decoded ahead of a model, in processes of their own.

A decoder that crashes, or comes to no end, costs its file alone.
"""

import collections
import concurrent.futures
import contextlib
import functools
import itertools
import logging
import logging.handlers
import multiprocessing
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import process

import numpy as np
import numpy.typing as npt

from tftag.audio import audio_files, sample_file, waveform
from tftag.audio import decoding as audio
from tftag.console import counts_in_words, worker_process

_AHEAD = 2  # files per process that are decoded, or waited for
_SECONDS_PER_FILE = 600  # an hour of MP3 takes five

_log = logging.getLogger(audio.__name__)


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def decoded(
    paths: Iterable[pathlib.Path],
    sample_rate_hz: int,
    fail: Callable[[pathlib.Path, Exception], None],
    processes: int,
) -> Iterator[tuple[pathlib.Path, npt.NDArray[np.int16]]]:
    """Yields each file that can be read, in their order, decoded ahead.

    Args:
        paths: The files; taken as needed.
        sample_rate_hz: Rate of the waveforms.
        fail: Gets path and error where a file cannot be read.
        processes: How many decode at a time; two files of each are in memory,
            long ones on the disk.

    Yields:
        Path, and int16 `[samples]` as `decoding.decode_file` gives them.
    """
    with contextlib.closing(_Pool(processes, sample_rate_hz)) as pool:
        for path, answer in pool.each(iter(paths)):
            if isinstance(answer, Exception):
                fail(path, answer)
                continue
            samples, warnings = answer
            for text in warnings:
                _log.warning("%s", text)
            yield path, samples


_Decoded = tuple[npt.NDArray[np.int16], list[str]]
_Answer = tuple[npt.NDArray[np.int16] | sample_file.Left, list[str]]


def _taken(future: "concurrent.futures.Future[_Answer]") -> _Decoded:
    samples, warnings = future.result()
    if isinstance(samples, sample_file.Left):
        samples = samples.take()
    return samples, warnings


class _Processes:
    """Processes that decode; others take their place when one of them dies."""

    def __init__(
        self, count: int, audio_seconds: float = waveform.MAX_SECONDS
    ) -> None:
        # For what they leave; gone with who takes it.
        self._folder = tempfile.mkdtemp(prefix="tftag-")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._start = functools.partial(
            _start, count, self._folder, audio_seconds
        )
        self._executor = self._start()

    def close(self) -> None:
        """Ends the processes, each when it is done with its file."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _submit(
        self, path: pathlib.Path, sample_rate_hz: int, *seconds: int
    ) -> "concurrent.futures.Future[_Answer]":
        task = functools.partial(_decode, path, sample_rate_hz, *seconds)
        try:
            return self._executor.submit(task)
        except process.BrokenProcessPool:  # one died, perhaps of nothing
            self.close()
            self._executor = self._start()
            return self._executor.submit(task)


class Worker(_Processes):
    """A process that decodes a file at a time, for who answers one at a time.

    Args:
        seconds: What a file may take.
        audio_seconds: How long a recording may be.
    """

    def __init__(self, seconds: int, audio_seconds: int) -> None:
        """Starts the process."""
        super().__init__(1, audio_seconds)
        self._seconds = seconds
        self._is_killed = False
        self._executor.submit(os.getpid)  # the start is not left to a file

    def decode(self, path: pathlib.Path, sample_rate_hz: int) -> _Decoded:
        """Decodes a file.

        Args:
            path: The file.
            sample_rate_hz: Rate of the waveform.

        Returns:
            int16 `[samples]` as `decoding.decode_file` gives them, and what
            there is to say of them.

        Raises:
            UnusableAudio: Nothing can be read, or the decoder crashed over it.
            TimeoutError: It took too long.
            OSError: It cannot be opened.
        """
        began = time.monotonic()
        if self._is_killed:  # another process would take its place
            raise _crashed(path, self._seconds)
        try:
            return _taken(self._submit(path, sample_rate_hz, self._seconds))
        except process.BrokenProcessPool as error:
            if self._is_killed:
                raise _crashed(path, self._seconds) from error
            self.close()
            self._executor = self._start()
            if time.monotonic() - began >= self._seconds:
                raise TimeoutError(
                    f"{os.fsdecode(path)}: Decoding took more than "
                    f"{counts_in_words.count(self._seconds, 'second')}."
                ) from error
            raise _crashed(path, self._seconds) from error

    def kill(self) -> None:
        """Ends the process, also in the middle of a file, for good."""
        self._is_killed = True
        # The executor has no word for it before Python 3.14.
        processes = list((self._executor._processes or {}).values())
        self.close()
        for one in processes:
            one.kill()


class _Pool(_Processes):
    """Several processes, each of which has its next file before it asks."""

    def __init__(self, processes: int, sample_rate_hz: int) -> None:
        super().__init__(processes)
        self._ahead = _AHEAD * processes
        self._sample_rate_hz = sample_rate_hz
        self._waiting: collections.deque[
            tuple[pathlib.Path, concurrent.futures.Future[_Answer]]
        ] = collections.deque()

    def each(
        self, paths: Iterator[pathlib.Path]
    ) -> Iterator[tuple[pathlib.Path, _Decoded | Exception]]:
        """Yields path, and samples with warnings or an error."""
        while True:
            room = self._ahead - len(self._waiting)
            for path in itertools.islice(paths, room):
                future = self._submit(path, self._sample_rate_hz)
                self._waiting.append((path, future))
            if not self._waiting:
                return
            path, future = self._waiting.popleft()
            try:
                yield path, _taken(future)
            except process.BrokenProcessPool:
                yield path, self._again(path)
            except audio_files.UNREADABLE as error:
                yield path, error

    def _again(self, path: pathlib.Path) -> _Decoded | Exception:
        """Decodes a file whose process died, or a neighbour's, by itself."""
        with _start(1, self._folder) as alone:
            try:
                return _taken(alone.submit(_decode, path, self._sample_rate_hz))
            except process.BrokenProcessPool:
                return _crashed(path, _SECONDS_PER_FILE)
            except audio_files.UNREADABLE as error:
                return error


def _start(
    processes: int, folder: str, audio_seconds: float = waveform.MAX_SECONDS
) -> concurrent.futures.ProcessPoolExecutor:
    # After Ctrl-C the process that multiprocessing keeps beside would warn of
    # what it clears away; it takes its filters from here.
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(
        filter(None, (before, "ignore:resource_tracker"))
    )
    try:
        # Not fork: it would copy the locks of TensorFlow's threads.
        return concurrent.futures.ProcessPoolExecutor(
            processes,
            multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(folder, audio_seconds),
        )
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def _crashed(path: pathlib.Path, seconds: int) -> waveform.UnusableAudio:
    return waveform.UnusableAudio(
        "unreadable",
        f"{os.fsdecode(path)}: The decoder crashed, or took more than "
        f"{counts_in_words.count(seconds, 'second')}.",
    )


# Of a process that decodes: where it leaves long waveforms.
_folder = ""


def _begin(folder: str, audio_seconds: float) -> None:
    """Makes a process one that decodes."""
    worker_process.begin(lambda: shutil.rmtree(folder, ignore_errors=True))
    global _folder
    _folder = folder
    waveform.MAX_SECONDS = audio_seconds  # of this process alone
    # libmpg123 has a note for every odd byte.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _decode(
    path: pathlib.Path, sample_rate_hz: int, seconds: int = _SECONDS_PER_FILE
) -> _Answer:
    kept = logging.handlers.BufferingHandler(sys.maxsize)
    _log.addHandler(kept)
    _log.propagate = False
    signal.alarm(seconds)
    try:
        samples = audio.decode_file(path, sample_rate_hz).samples
    except audio_files.UNREADABLE:
        raise
    except Exception as error:  # no file ends the others
        raise waveform.UnusableAudio(
            "unreadable",
            f"{os.fsdecode(path)}: {type(error).__name__}: {error}",
        ) from error
    finally:
        signal.alarm(0)
        _log.removeHandler(kept)
    warnings = [record.getMessage() for record in kept.buffer]
    if sample_file.is_in_file(samples):
        with contextlib.suppress(OSError):  # where there is no room: a message
            return sample_file.Left(samples, _folder), warnings
    return samples, warnings
