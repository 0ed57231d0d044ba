"""The library that a command asks: an index, or a folder and its own index."""

import argparse
import contextlib
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import tqdm

from tftag.audio import audio_files, decoders, decoding_pool, remote_files
from tftag.cli import chosen_model, failures
from tftag.console import counts_in_words
from tftag.pretrained import presets
from tftag.search import earlier_index, file_facts, library_index
from tftag.search.index import (
    catalogue_parts,
    contents,
    opened_parts,
    recordings,
    refresh,
    remote_index,
    writer,
)
from tftag.storage import cache, near_names
from tftag.storage.remote import address as addresses
from tftag.storage.remote import fetched_files, remote_listing

if TYPE_CHECKING:
    from tftag.inference import saved_dual_encoder

FOLDER_NAME = ".tftag-index"
_LIBRARY = "INDEX_OR_FOLDER"
_EMPTY = " must hold audio that can be read. Received: {}."
# A process that decodes takes a second to start.
_FILES_PER_PROCESS = 8

_Fail = Callable[[pathlib.Path, Exception], None]


def here(path: str) -> str:
    """The folder of an index or of music, or the copy of an index elsewhere.

    Args:
        path: A folder, or the address of an index.

    Raises:
        FileNotFoundError: There is no index at the address.
        OSError: It cannot be read.
    """
    place = addresses.place(path)
    if not isinstance(place, addresses.Address):
        return path
    indexes = cache.folder() / "indexes"
    return os.fspath(remote_index.copied(place, indexes))


def is_index(path: str | os.PathLike[str]) -> bool:
    """Whether a path is an index, not a folder of music."""
    return contents.is_index(pathlib.Path(path))


def names_index(arguments: argparse.Namespace) -> bool:
    """Whether the library that is searched is an index, not a folder of music.

    Args:
        arguments: `library` and `index`.

    Raises:
        ValueError: It is, and `--index` names one besides.
    """
    is_named = is_index(arguments.library)
    if is_named and arguments.index is not None:
        raise ValueError(
            "--index says where the index of a folder is kept: leave it out. "
            f"Received: {arguments.library}, an index, and {arguments.index}."
        )
    return is_named


def model_of(index: library_index.LibraryIndex, asked: str | None) -> str:
    """The model to ask an index with.

    Args:
        index: It names a model. But a model is code, and an index may come
            from a stranger: it chooses among presets only.
        asked: What `--model` names.

    Raises:
        ValueError: There is none.
    """
    if asked is not None:
        return asked
    if index.model_name in presets.PRESETS:
        return index.model_name
    raise ValueError(
        "--model must name the model of the index, which is no preset. "
        f"Received: {index.folder}, made with {index.model_name!r}."
    )


def open_index(
    path: str | os.PathLike[str],
    encoder: "saved_dual_encoder.SavedDualEncoder | None" = None,
) -> library_index.LibraryIndex:
    """Opens an index, and checks that a model is its own.

    Raises:
        ValueError: It is damaged, empty, or of another model.
    """
    index = library_index.LibraryIndex.open(path)
    if not len(index):
        raise ValueError(_LIBRARY + _EMPTY.format(path))
    if encoder is not None:
        writer.check_model(
            index.folder, index.contents, encoder.space, encoder.dim
        )
    return index


def own_place(arguments: argparse.Namespace) -> pathlib.Path:
    """Where the index of the folder is kept.

    Raises:
        ValueError: The folder is none, or `--index` something else.
        FileNotFoundError: `--index` lies in no folder.
    """
    if not os.path.isdir(arguments.library):
        raise ValueError(
            "INDEX_OR_FOLDER must be what `tftag index` made, or a folder of "
            f"music. Received: {arguments.library}."
            f"{near_names.hint(arguments.library)}"
        )
    path = pathlib.Path(arguments.library, FOLDER_NAME)
    if arguments.index is not None:
        path = pathlib.Path(arguments.index)
        check_place(path, "--index")
    return path


def check_place(path: pathlib.Path, flag: str) -> None:
    """Refuses a place for an index, before a model is opened.

    Raises:
        FileNotFoundError: It lies in no folder.
        ValueError: There is something else.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{flag} must be in a folder that is there. Received: {path}."
        )
    if path.exists() and not path.is_dir():
        raise ValueError(
            f"{flag} must be a folder of its own: name another. "
            f"Received: {path}, a file."
        )
    if path.is_dir():
        writer.check_place(path)


def check_audio(
    folders: Sequence[str], place: pathlib.Path, name: str = _LIBRARY
) -> None:
    """Refuses folders that hold nothing to index, before a model is opened.

    Args:
        folders: What is to be indexed.
        place: The index; with one there, a disk may be gone for now.
        name: Of the argument that names the folders.

    Raises:
        ValueError: No folder holds a file that may be audio.
        OSError: The first that cannot be listed, where none does.
    """
    if is_index(place):
        return
    errors: list[Exception] = []
    found = audio_files.find(folders, lambda _, error: errors.append(error))
    if next(found, None) is None:
        for error in errors:
            if isinstance(error, PermissionError):
                raise error
        raise ValueError(name + _EMPTY.format(", ".join(folders)))


@contextlib.contextmanager
def of_folder(
    arguments: argparse.Namespace,
    encoder: "saved_dual_encoder.SavedDualEncoder",
    fail: failures.Failures,
) -> Iterator[library_index.LibraryIndex]:
    """The index of a folder, brought up to date.

    Args:
        arguments: `library`, `index` and `model`.
        encoder: The model that is asked.
        fail: Gets what cannot be read.

    Raises:
        ValueError: The index is of another version of tftag, or in the hands
            of another process that makes it of another model; the one that
            `--index` names is damaged, or no index of this model.
    """
    folder, place = pathlib.Path(arguments.library), own_place(arguments)
    # What a person named may be anything, and is not written over.
    start_over = _say_anew if arguments.index is None else None
    is_locked: writer.Locked | None = None

    def renew(place: pathlib.Path) -> None:
        if not bring_up_to_date(
            place,
            [folder],
            encoder,
            arguments.model,
            fail,
            start_over=start_over,
        ):
            raise ValueError(_LIBRARY + _EMPTY.format(folder))

    with contextlib.ExitStack() as kept:
        try:
            if arguments.index is None:
                _take_over(folder, place, encoder, arguments.model)
            renew(place)
        except OSError as error:
            chosen_model.say(
                "the index is not kept, and the next search embeds again: "
                f"{audio_files.reason(error)}; --index INDEX keeps it elsewhere"
            )
            around = kept.enter_context(tempfile.TemporaryDirectory())
            place = pathlib.Path(around, "index")
            renew(place)
        except writer.Locked as error:
            if not is_index(place):
                raise
            is_locked = error
            chosen_model.say(f"searched as it is: {error}")
        index = library_index.LibraryIndex.open(place, shown_root=folder)
        writer.check_model(place, index.contents, encoder.space, encoder.dim)
        if not len(index):
            raise is_locked or ValueError(_LIBRARY + _EMPTY.format(folder))
        yield index


def bring_up_to_date(
    place: pathlib.Path,
    folders: Sequence[addresses.Place],
    encoder: "saved_dual_encoder.SavedDualEncoder",
    model_name: str,
    fail: failures.Failures,
    processes: int | None = None,
    described: Iterable[catalogue_parts.Described] = (),
    *,
    start_over: Callable[[ValueError], None] | None = None,
) -> int:
    """Makes, grows or shrinks an index.

    Args:
        place: The index.
        folders: What it is of; addresses of buckets, too.
        encoder: The model.
        model_name: What the model was opened by.
        fail: Gets what cannot be read.
        processes: How many decode; by the number of files where None.
        described: By the same model, elsewhere; none of these is decoded.
        start_over: Of `writer.opened`.

    Returns:
        How many audio files the folders hold: 0 may be a disk that is not
        there for now, whose recordings are kept.

    Raises:
        ValueError: There is something else, or an index of another model.
        OSError: It cannot be written.
    """
    reads_tags = file_facts.is_installed()
    new = _begun(encoder, model_name)
    with writer.opened(place, new, start_over) as index:
        index.set_roots(folders)
        index.set_readers(decoders.decoders(), reads_tags)
        roots = opened_parts.absolute_roots(place, index.parts.contents.roots)
        found = refresh.find(
            [(at, root) for at, root in enumerate(roots) if root is not None],
            fail,
        )
        work = refresh.Refresh(index, found, fail)
        of_files = counts_in_words.count(len(found.files), "file")
        if work.new:
            chosen_model.say(
                f"embedding {work.new} of {of_files}, new or changed"
            )
        if work.unchanged_unusable:
            chosen_model.say(
                f"not tried again, as unchanged: {work.unchanged_unusable} of "
                f"{of_files}"
            )
        if processes is None:
            most = decoding_pool.usable_cores()
            processes = min(most, work.new // _FILES_PER_PROCESS)
        reader = _Reader(encoder.sample_rate_hz, processes, reads_tags)
        model = refresh.Model(
            encoder.describe_each,
            reader.decode,
            encoder.sample_rate_hz,
            reader.file_tags if reads_tags else None,
        )
        is_shown = work.new and sys.stderr.isatty()
        with tqdm.tqdm(
            total=work.new, unit="file", file=sys.stderr, disable=not is_shown
        ) as bar:
            for _ in work.run(model, described):
                bar.update(work.done - bar.n)
        if work.taken:
            chosen_model.say(f"{work.taken} of them were described before")
        index.settle()
    return len(found.files)


class _Reader:
    """Reads files wherever they are."""

    def __init__(
        self, sample_rate_hz: int, processes: int, reads_tags: bool
    ) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._processes = processes
        self._reads_tags = reads_tags
        self._fetched = fetched_files.FetchedFiles(tell=chosen_model.say)
        self._said: dict[addresses.Place, recordings.FileTags] = {}

    def decode(
        self, places: Iterable[addresses.Place], fail: remote_files.Fail
    ) -> remote_files.Waveforms:
        return remote_files.decoded(
            places, self._decode_here, fail, self._fetched, self._look
        )

    def file_tags(self, place: addresses.Place) -> recordings.FileTags:
        if isinstance(place, pathlib.Path):
            return file_facts.read(place)
        if isinstance(place, remote_listing.NotedFile):
            if place not in self._said:  # described before, not fetched
                return file_facts.read_remote(place)
        return self._said.pop(place)

    def _look(self, place: addresses.Place, path: pathlib.Path) -> None:
        if self._reads_tags and not isinstance(place, pathlib.Path):
            self._said[place] = file_facts.read(path)

    def _decode_here(
        self, paths: Iterable[pathlib.Path], fail: _Fail
    ) -> Iterator[tuple[pathlib.Path, npt.NDArray[np.int16]]]:
        rate_hz, processes = self._sample_rate_hz, self._processes
        if processes < 1:
            return audio_files.decoded(paths, rate_hz, fail)
        return decoding_pool.decoded(paths, rate_hz, fail, processes)


def _begun(
    encoder: "saved_dual_encoder.SavedDualEncoder", model_name: str
) -> contents.Contents:
    """What a new index begins with."""
    is_preset = model_name in presets.PRESETS
    return contents.Contents(
        encoder.space,
        model_name if is_preset else os.path.abspath(model_name),
        encoder.dim,
        encoder.tag_names,
        has_file_tags=file_facts.is_installed(),
        decoders=decoders.decoders(),
    )


def _take_over(
    folder: pathlib.Path,
    place: pathlib.Path,
    encoder: "saved_dual_encoder.SavedDualEncoder",
    model_name: str,
) -> None:
    """Begins with what an earlier version kept of the folder."""
    old = folder / earlier_index.FILE_NAME
    if is_index(place) or not old.is_file():
        return
    try:
        earlier_index.take_over(old, place, folder, _begun(encoder, model_name))
    except writer.Locked:
        raise
    except ValueError as error:
        _say_anew(error)


def _say_anew(error: ValueError) -> None:
    chosen_model.say(f"all files are embedded again: {error}")
