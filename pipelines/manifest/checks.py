"""What a manifest must be like, and the files that it names."""

import os
import pathlib
from collections.abc import Sequence

from tftag.storage import address as addresses
from tftag.storage import remote_listing

SPLITS = ("train", "validation", "test")
# The codec of a recording that was converted; all others are read in place.
PREPARED = "prepared"


def check_tracks(tracks: Sequence, path: os.PathLike[str]) -> None:
    """Refuses tracks that no manifest can have.

    Args:
        tracks: `manifest.Track` each.
        path: Of the table, for the message.

    Raises:
        ValueError: There are none, or one is damaged; names it.
    """
    if not tracks:
        raise ValueError(f"A manifest needs at least one track: {path}")
    ids, wavs = set(), set()
    for track in tracks:
        reason = None
        if track.track_id in ids:
            reason = "has its name twice"
        elif track.path in wavs:
            reason = f"shares the file {track.path!r} with another"
        elif track.split and track.split not in SPLITS:
            reason = f"has the split {track.split!r}, not one of {SPLITS}"
        elif track.samples < 1:
            reason = f"has {track.samples} samples"
        elif _is_outside(track):
            reason = f"lies outside the folder: {track.path!r}"
        elif (track.codec == PREPARED) != (track.source_rate_hz == 0):
            reason = f"is {track.codec}, at {track.source_rate_hz} Hz"
        elif not all(track.tags):
            reason = "has an empty tag"
        if reason:
            raise ValueError(f"{path}: the track {track.track_id!r} {reason}")
        ids.add(track.track_id)
        wavs.add(track.path)


def _is_outside(track) -> bool:
    is_absolute = track.path.startswith("/") and track.codec == PREPARED
    return is_absolute or ".." in track.path.split("/")


def check_place(
    folder: pathlib.Path | addresses.Address, tracks: Sequence
) -> None:
    """Refuses an address for a data set whose audio lies elsewhere.

    Raises:
        ValueError: The folder is no local one, and tracks are read in place.
    """
    if not isinstance(folder, addresses.Address):
        return
    in_place = sum(track.codec != PREPARED for track in tracks)
    if in_place:
        raise ValueError(
            "Only converted audio is read from an address: prepare the data "
            f"without --in-place. Received: {in_place} of {len(tracks)} "
            f"recordings in place, {folder}"
        )


def check_files(
    folder: pathlib.Path | addresses.Address, tracks: Sequence
) -> None:
    """Looks that every file is there and has its size.

    Args:
        folder: Of the manifest.
        tracks: `manifest.Track` each.

    Raises:
        FileNotFoundError: Files are missing.
        ValueError: Files have another size than they were written with.
        OSError: A server does not answer.
    """
    missing, cut = [], []
    sizes = remote_listing.sizes(folder, [track.path for track in tracks])
    for track, found_bytes in zip(tracks, sizes, strict=True):
        if found_bytes is None:
            missing.append(track.path)
        elif found_bytes != track.file_bytes:
            cut.append(f"{track.path} ({found_bytes} of {track.file_bytes})")
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
