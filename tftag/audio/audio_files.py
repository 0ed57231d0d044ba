"""The audio files that a command is given, and what a model says of each."""

import collections
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tftag.audio import contents, waveform
from tftag.audio import decoding as audio
from tftag.console import quiet
from tftag.storage import folders, near_names

UNREADABLE = (waveform.UnusableAudio, OSError)

_Answer = TypeVar("_Answer")
_Place = TypeVar("_Place")
_Fail = Callable[[pathlib.Path, Exception], None]


def find(
    paths: Iterable[str | os.PathLike[str]], fail: _Fail
) -> Iterator[pathlib.Path]:
    """Yields the files, and the audio files in the folders, to the bottom.

    Links to folders inside a folder are followed, each folder once
    (`folders.walk`).

    Args:
        paths: Files and folders.
        fail: Gets path and error where there is nothing, or a folder that
            cannot be read or has no audio.

    Yields:
        Files, those of a folder in the order of their names.
    """
    for path in map(pathlib.Path, paths):
        if os.path.isdir(path):  # nor does a name of any length raise
            yield from _find_inside(path, fail)
        elif not os.path.lexists(path):
            text = f"{path}: No such file or folder.{near_names.hint(path)}"
            fail(path, FileNotFoundError(text))
        else:
            yield path


def _find_inside(top: pathlib.Path, fail: _Fail) -> Iterator[pathlib.Path]:
    is_empty = True

    def cannot_list(error: OSError) -> None:
        nonlocal is_empty
        is_empty = False  # as far as anybody knows
        fail(pathlib.Path(error.filename), error)

    for folder, _, names in folders.walk(top, cannot_list):
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if contents.is_audio(path):
                is_empty = False
                yield path
    if is_empty:
        text = f"{top}: There are no audio files in this folder."
        fail(top, FileNotFoundError(text))


def decoded(
    paths: Iterable[pathlib.Path], sample_rate_hz: int, fail: _Fail
) -> Iterator[tuple[pathlib.Path, npt.NDArray[np.int16]]]:
    """Yields each file that can be read, one at a time.

    `decoding_pool.decoded` reads ahead, in processes of its own.

    Args:
        paths: The files; read as needed.
        sample_rate_hz: Rate of the waveforms.
        fail: Gets path and error where a file cannot be read.

    Yields:
        Path, and int16 `[samples]`.
    """
    for path in paths:
        try:
            with quiet.libraries():
                recording = audio.decode_file(path, sample_rate_hz)
        except UNREADABLE as error:
            fail(path, error)
            continue
        yield path, recording.samples


def each(
    answer: Callable[[Iterable[npt.NDArray[np.int16]]], Iterable[_Answer]],
    recordings: Iterable[tuple[_Place, npt.NDArray[np.int16]]],
) -> Iterator[tuple[_Place, _Answer]]:
    """Yields each file, and what a model says of it.

    Args:
        answer: `tag_each` or `embed_each` of an opened model.
        recordings: Path and waveform of each; read as needed.

    Yields:
        Path and answer.
    """
    waiting: collections.deque[_Place] = collections.deque()

    def waveforms() -> Iterator[npt.NDArray[np.int16]]:
        for path, samples in recordings:
            waiting.append(path)
            yield samples

    for found in answer(waveforms()):
        yield waiting.popleft(), found


def reason(error: Exception) -> str:
    """Says why a file cannot be read, beginning with its path."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def shown(path: str | os.PathLike[str]) -> str:
    """Returns a path as it can be written, whatever bytes are in it."""
    return os.fsencode(path).decode("utf-8", "replace")
