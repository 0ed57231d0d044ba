"""Audio files wherever they are: here, or at addresses and copied to be read.

A copy comes from a cache of limited size, and stays in it for the next command.
Where that has no room, it lies in a temporary folder for as long as it is
decoded, so that what is taken does not follow the size of a bucket: a few files
for each decoder, and the next few, which are fetched meanwhile.
"""

import collections
import contextlib
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures

import numpy as np
import numpy.typing as npt

from tftag.audio import audio_files, contents, waveform
from tftag.storage.remote import address as addresses
from tftag.storage.remote import fetched_files, file_systems, remote_listing

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
# A file here, and what lets go of it.
_Held = tuple[pathlib.Path, contextlib.ExitStack]
_Waiting = tuple[Place, futures.Future[_Held]]


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
    fetched: fetched_files.FetchedFiles,
    look: Callable[[Place, pathlib.Path], None] = lambda place, path: None,
) -> Waveforms:
    """Yields each file that can be read, in their order.

    Args:
        places: The files; taken a few ahead.
        decode: Yields path and waveform of each file of this machine that can
            be read, and gives the others to its second argument.
        fail: Gets place and error where a file cannot be had or read.
        fetched: Keeps what is fetched.
        look: Gets a place and its file here, before that is decoded.

    Yields:
        Place and waveform.
    """
    by_path: dict[pathlib.Path, tuple[Place, contextlib.ExitStack]] = {}
    waiting: collections.deque[_Waiting] = collections.deque()

    def not_read(path: pathlib.Path, error: Exception) -> None:
        place = _released(by_path, path)
        if place != path and isinstance(error, waveform.UnusableAudio):
            text = str(error).replace(os.fspath(path), str(place))
            error = waveform.UnusableAudio(error.reason, text)
        fail(place, error)

    def paths() -> Iterator[pathlib.Path]:
        for place, path, held in _here(places, fetched, waiting, fail):
            by_path[path] = place, held
            look(place, path)
            yield path

    try:
        for path, samples in decode(paths(), not_read):
            yield _released(by_path, path), samples
    finally:
        _end(waiting)
        for path in [*by_path]:
            _released(by_path, path)


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
    running = [fetching for _, fetching in waiting]
    for one in running:
        one.cancel()
    done, late = futures.wait(running, _ENDING_SECONDS)
    for one in done:
        _let_go(one)
    for one in late:
        one.add_done_callback(_let_go)


def _let_go(fetching: "futures.Future[_Held]") -> None:
    if not fetching.cancelled() and fetching.exception() is None:
        fetching.result()[1].close()


def _here(
    places: Iterable[Place],
    fetched: fetched_files.FetchedFiles,
    waiting: "collections.deque[_Waiting]",
    fail: Fail,
) -> Iterator[tuple[Place, pathlib.Path, contextlib.ExitStack]]:
    """Yields each place and its file here; the next ones are being fetched."""

    def ready() -> Iterator[tuple[Place, pathlib.Path, contextlib.ExitStack]]:
        place, fetching = waiting.popleft()
        try:
            path, held = fetching.result()
        except OSError as error:
            fail(place, error)
            return
        yield place, path, held

    for place in places:
        if isinstance(place, addresses.Address):
            fetching = file_systems.threads().submit(_held, place, fetched)
        else:
            fetching = futures.Future()
            fetching.set_result((place, contextlib.ExitStack()))
        waiting.append((place, fetching))
        while waiting and (
            len(waiting) > _FETCHED_AHEAD
            or not isinstance(waiting[0][0], addresses.Address)
        ):
            yield from ready()
    while waiting:
        yield from ready()


def _held(
    place: addresses.Address, fetched: fetched_files.FetchedFiles
) -> _Held:
    """Fetches a file, and holds it."""
    file_bytes, mark = None, ""
    if isinstance(place, remote_listing.ListedFile):
        file_bytes = place.facts.file_bytes
        mark = remote_listing.version_mark(place.facts)
    elif isinstance(place, remote_listing.NotedFile):
        file_bytes = place.file_bytes
        mark = remote_listing.version_mark(place)
    with contextlib.ExitStack() as held:
        path = held.enter_context(fetched.here(place, file_bytes, mark))
        return path, held.pop_all()


def _released(
    by_path: dict[pathlib.Path, tuple[Place, contextlib.ExitStack]],
    path: pathlib.Path,
) -> Place:
    """Lets go of a file that has been read; the place that it is of."""
    place, held = by_path.pop(path)
    held.close()
    return place
