"""Audio files wherever they are: here, or at addresses and copied to be read.

A copy lies in a temporary folder for as long as it is decoded, so that the
room that is taken does not follow the size of a bucket: a few files for each
decoder, and the next few, which are fetched meanwhile.
"""

import collections
import contextlib
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures

import numpy as np
import numpy.typing as npt

from tftag.audio import audio_files, contents, waveform
from tftag.files.remote import address as addresses
from tftag.files.remote import file_systems, remote, remote_listing

Place = addresses.Place
Fail = Callable[[Place, Exception], None]
Waveforms = Iterator[tuple[Place, npt.NDArray[np.int16]]]
Decode = Callable[
    [
        Iterable[pathlib.Path],
        Callable[[pathlib.Path, Exception], None],
    ],
    Iterator[tuple[pathlib.Path, npt.NDArray[np.int16]]],
]

_FETCHED_AHEAD = 4
_ENDING_SECONDS = 2.0
_Waiting = tuple[Place, pathlib.Path, futures.Future[None] | None]


def find(
    paths: Iterable[str | os.PathLike[str] | addresses.Address], fail: Fail
) -> Iterator[Place]:
    """Yields files, and the audio files in folders, to the bottom.

    What is in a bucket is known by its name: nothing is read to look inside.

    Args:
        paths: Files and folders, or their addresses.
        fail: Gets path and error where a folder cannot be listed, or has none.

    Yields:
        Files; those at addresses with what the listing says of them.
    """
    for path in paths:
        place = addresses.place(path)
        if not isinstance(place, addresses.Address):
            yield from audio_files.find([place], fail)
        elif place.is_web or contents.is_audio_name(place.name):
            (facts,) = remote_listing.look_up([place]).values()
            if isinstance(facts, remote_listing.RemoteFile):
                yield remote_listing.ListedFile(place.text, facts)
            else:
                fail(place, facts)
        else:
            yield from _find_below(place, fail)


def decoded(
    places: Iterable[Place],
    decode: Decode,
    fail: Fail,
    look: Callable[[Place, pathlib.Path], None] = lambda place, path: None,
) -> Waveforms:
    """Yields each file that can be read, in their order.

    Args:
        places: The files; taken a few ahead.
        decode: Yields path and waveform of each file of this machine that can
            be read, and gives the others to its second argument.
        fail: Gets place and error where a file cannot be had or read.
        look: Gets a place and its file here, before that is decoded.

    Yields:
        Place and waveform.
    """
    by_path: dict[pathlib.Path, Place] = {}
    waiting: collections.deque[_Waiting] = collections.deque()

    def not_read(path: pathlib.Path, error: Exception) -> None:
        place = _removed(by_path, path)
        if place != path and isinstance(error, waveform.UnusableAudio):
            text = str(error).replace(os.fspath(path), str(place))
            error = waveform.UnusableAudio(error.reason, text)
        fail(place, error)

    with (
        # What comes too late is left to the system.
        tempfile.TemporaryDirectory(
            prefix="tftag-", ignore_cleanup_errors=True
        ) as folder,
        contextlib.ExitStack() as ending,
    ):
        ending.callback(_end, waiting)

        def paths() -> Iterator[pathlib.Path]:
            here = _here(places, pathlib.Path(folder), waiting, fail)
            for place, path in here:
                by_path[path] = place
                look(place, path)
                yield path

        for path, samples in decode(paths(), not_read):
            yield _removed(by_path, path), samples


def shown(place: Place) -> str:
    """Returns a place as it can be written, whatever bytes are in its name."""
    return audio_files.shown(str(place))


def _find_below(folder: addresses.Address, fail: Fail) -> Iterator[Place]:
    is_empty = True
    try:
        for file in remote_listing.walk(folder):
            if contents.is_audio_name(file.name):
                is_empty = False
                yield file
    except OSError as error:
        fail(folder, error)
        return
    if is_empty:
        text = f"{folder}: There are no audio files in this folder."
        fail(folder, FileNotFoundError(text))


def _end(waiting: Iterable[_Waiting]) -> None:
    """Ends what is still being fetched, or waits for it a little."""
    running = [one for _, _, one in waiting if one is not None]
    for one in running:
        one.cancel()
    futures.wait(running, _ENDING_SECONDS)


def _here(
    places: Iterable[Place],
    folder: pathlib.Path,
    waiting: "collections.deque[_Waiting]",
    fail: Fail,
) -> Iterator[tuple[Place, pathlib.Path]]:
    """Yields each place and its file here; the next ones are being fetched."""

    def ready() -> Iterator[tuple[Place, pathlib.Path]]:
        place, path, fetching = waiting.popleft()
        try:
            if fetching is not None:
                fetching.result()
        except OSError as error:
            path.unlink(missing_ok=True)
            fail(place, error)
            return
        yield place, path

    for number, place in enumerate(places):
        if isinstance(place, addresses.Address):
            # The ending stays: some decoders go by it.
            ending = pathlib.PurePath(place.name).suffix[:16]
            path = folder / f"{number}{ending}"
            fetching = file_systems.threads().submit(
                remote.fetch_to_file, place, path
            )
            waiting.append((place, path, fetching))
        else:
            waiting.append((place, place, None))
        while len(waiting) > _FETCHED_AHEAD or waiting[0][2] is None:
            yield from ready()
            if not waiting:
                break
    while waiting:
        yield from ready()


def _removed(by_path: dict[pathlib.Path, Place], path: pathlib.Path) -> Place:
    """Removes the file where it is a copy; the place that it is of."""
    place = by_path.pop(path)
    if isinstance(place, addresses.Address):
        path.unlink(missing_ok=True)
    return place
