"""Checks of a manifest and of the files that it names."""

import pathlib
from collections.abc import Callable, Iterator

import numpy as np

from pipelines.manifest import tracks as manifest_tracks
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing

SPLITS = ("train", "validation", "test")
_BLOCK_ROWS = 8_192


def check_tracks(tracks: manifest_tracks.Tracks, path: object) -> None:
    """Refuses invalid tracks.

    Args:
        tracks: The recordings.
        path: Path of the table, for the message.

    Raises:
        ValueError: There are none, or one is invalid; names it.
    """
    if not tracks:
        raise ValueError(f"A manifest needs at least one track: {path}")
    found = [
        (int(rows[0]), place)
        for place, rows in enumerate(_faults(tracks))
        if len(rows)
    ]
    if found:
        row, place = min(found)
        track = tracks[row]
        reason = _REASONS[place](track)
        raise ValueError(f"{path}: the track {track.track_id!r} {reason}")


# In the order of `_faults`.
_REASONS: tuple[Callable[[manifest_tracks.Track], str], ...] = (
    lambda track: "has its name twice",
    lambda track: f"shares the file {track.path!r} with another",
    lambda track: f"has the split {track.split!r}, not one of {SPLITS}",
    lambda track: f"has {track.samples} samples",
    lambda track: f"has the peak {track.peak}",
    lambda track: f"lies outside the folder: {track.path!r}",
    lambda track: f"is {track.codec}, at {track.source_rate_hz} Hz",
    lambda track: "has an empty tag",
)


def _faults(tracks: manifest_tracks.Tracks) -> Iterator[np.ndarray]:
    """Yields the rows that have each fault, ascending."""
    paths = tracks.texts("path")
    is_prepared = tracks.where("codec", manifest_tracks.PREPARED)
    yield _repeated(tracks.texts("track_id"))
    yield _repeated(paths)
    known = [tracks.where("split", name) for name in ("", *SPLITS)]
    yield np.flatnonzero(~np.logical_or.reduce(known))
    yield np.flatnonzero(tracks.numbers("samples") < 1)
    peaks = tracks.numbers("peak")
    yield np.flatnonzero(~(np.isfinite(peaks) & (peaks > 0)))
    is_absolute = np.array(
        [path[:1] == "/" or addresses.is_remote(path) for path in paths]
    )
    is_absolute &= is_prepared
    climbs = np.array([".." in path.split("/") for path in paths])
    yield np.flatnonzero(is_absolute | climbs)
    is_whole = tracks.numbers("source_rate_hz") == 0
    yield np.flatnonzero(is_prepared != is_whole)
    yield tracks.tags.rows_with("")


def _repeated(values: list[str]) -> np.ndarray:
    """Rows whose value a row before them has."""
    seen: set[str] = set()
    return np.array(
        [
            row
            for row, value in enumerate(values)
            if value in seen or seen.add(value)  # type: ignore[func-returns-value]
        ],
        np.int64,
    )


def has_addresses(tracks: manifest_tracks.Tracks) -> bool:
    """Whether recordings are at remote addresses of their own."""
    return any(
        tracks.where("path", f"{scheme}://", is_start=True).any()
        for scheme in addresses.SCHEMES
    )


def check_place(
    folder: pathlib.Path | addresses.Address, tracks: manifest_tracks.Tracks
) -> None:
    """Refuses a remote data set whose audio lies elsewhere.

    Raises:
        ValueError: The folder is remote, and tracks are read in place.
    """
    if not isinstance(folder, addresses.Address):
        return
    in_place = np.count_nonzero(
        ~tracks.where("codec", manifest_tracks.PREPARED)
    )
    if in_place:
        raise ValueError(
            "A data set at an address has converted audio: prepare the data "
            f"without --in-place. Received: {in_place} of {len(tracks)} "
            f"recordings in place, {folder}"
        )


def check_files(
    folder: pathlib.Path | addresses.Address, tracks: manifest_tracks.Tracks
) -> None:
    """Checks that every file exists and has the right size.

    Args:
        folder: Folder of the manifest.
        tracks: The recordings.

    Raises:
        FileNotFoundError: Files are missing.
        ValueError: Files do not have the size they were written with.
        OSError: A server does not answer.
    """
    missing, cut = [], []
    # Of a bucket, folders are listed, each once.
    is_remote = isinstance(folder, addresses.Address) or has_addresses(tracks)
    rows = len(tracks) if is_remote else _BLOCK_ROWS
    for first in range(0, len(tracks), rows):
        block = tracks[first : first + rows]
        paths, sizes = block.texts("path"), block.numbers("file_bytes").tolist()
        found = remote_listing.sizes(folder, paths)
        if found == sizes:
            continue
        for path, found_bytes, file_bytes in zip(
            paths, found, sizes, strict=True
        ):
            if found_bytes is None:
                missing.append(path)
            elif found_bytes != file_bytes:
                cut.append(f"{path} ({found_bytes} of {file_bytes})")
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of {len(tracks)} files of {folder} are "
            f"missing: {', '.join(missing[:3])}. Prepare the data again."
        )
    if cut:
        raise ValueError(
            f"{len(cut)} of {len(tracks)} files of {folder} have "
            f"another size in bytes than they were written with: "
            f"{', '.join(cut[:3])}. Prepare the data again."
        )
