"""Any data set that mirdata has a loader for and that carries tags.

mirdata's index files are not in its package: it fetches them into itself.
Nothing is fetched from here; an index file is also found in the folder of
the data.
"""

import argparse
import collections
import difflib
import importlib
import inspect
import logging
import numbers
import os
import pathlib
from typing import Any

from pipelines.sources import data_set, listings
from pipelines.sources.published import copies, index_files

# What loaders call their tags; the first that a track has is taken.
TAG_ATTRIBUTES = (
    "tags",
    "genres",
    "genre",
    "instruments",
    "instrument",
    "mood",
)
ARTIST_ATTRIBUTES = ("artist_id", "artist", "artist_name")

_log = logging.getLogger(__name__)


def read_mirdata(
    name: str,
    folder: str | os.PathLike[str],
    attribute: str | None = None,
    split_number: int | None = None,
) -> index_files.Index:
    """Reads the tracks of a loader.

    Args:
        name: Of the loader, as in `mirdata.list_datasets()`.
        folder: Its `data_home`, which may hold the index file too.
        attribute: What holds a track's tags: a text, a list of texts, or a
            dictionary of lists or of probabilities, of which those from 0.5
            on count. None is the first of `TAG_ATTRIBUTES` that it has.
        split_number: For loaders with several splits.

    Returns:
        The tracks, with the loader's splits where it has any.

    Raises:
        FileNotFoundError: The index file or annotations are missing.
        ValueError: mirdata is not installed, has no such loader, or the
            loader has no audio or no tags.
    """
    dataset = _open(name, pathlib.Path(folder))
    tracks = _tracks(dataset, name)
    attribute = _tag_attribute(name, tracks[0][1], attribute)
    splits = _splits(dataset, name, tracks, split_number)
    rows = []
    for key, track in tracks:
        path = getattr(track, "audio_path", None)
        if path is None:
            continue
        place = os.path.relpath(path, dataset.data_home).replace(os.sep, "/")
        value = getattr(track, attribute, None)
        rows.append(
            index_files.IndexRow(
                names=(place,),
                tags=listings.clean_tags(_texts(value, name, attribute)),
                artist=_artist(track),
                split=splits.get(key, ""),
            )
        )
    if not rows:
        raise ValueError(f"mirdata's {name} has no track with audio.")
    if splits and not all(row.split for row in rows):
        whole = len(rows)
        rows = [row for row in rows if row.split]
        _log.warning(
            "%d of the %d tracks of %s are in no split and left out.",
            whole - len(rows),
            whole,
            name,
        )
    return index_files.Index(
        data_set.Publication(
            name=f"mirdata {name}",
            homepage=dataset.readme,
            # Its public method prints it with a text of mirdata's own.
            licence=" ".join((dataset._license_info or "").split()),
            citation=(dataset.bibtex or "").strip(),
        ),
        data_set.Version(attribute),
        rows,
        files=[pathlib.Path(dataset.index_path)],
    )


def _open(name: str, folder: pathlib.Path):
    try:
        mirdata = importlib.import_module("mirdata")
    except ModuleNotFoundError as error:
        raise ValueError(
            "mirdata's loaders need mirdata: pip install 'tftag[mirdata]'"
        ) from error
    if name not in mirdata.DATASETS:
        near = difflib.get_close_matches(name, mirdata.DATASETS, n=1)
        hint = f" The nearest is {near[0]}." if near else ""
        raise ValueError(
            f"mirdata has no loader of this name. Received: {name!r}.{hint}"
        )
    dataset = mirdata.initialize(name, data_home=os.fspath(folder))
    if not os.path.isfile(dataset.index_path):
        index = folder / os.path.basename(dataset.index_path)
        if not index.is_file():
            raise FileNotFoundError(
                f"mirdata's index {index.name} is neither in mirdata nor in "
                f"{folder}. Fetch it by mirdata.initialize({name!r})"
                ".download(['index']); " + dataset.readme + " says more."
            )
        dataset.index_path = os.fspath(index)
    return dataset


def _tracks(dataset: Any, name: str) -> list[tuple[str, Any]]:
    try:
        tracks = [(key, dataset.track(key)) for key in dataset.track_ids]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"mirdata's {name} has no tracks, or its index "
            f"{dataset.index_path} is damaged: {error!r}"
        ) from error
    if not tracks:
        raise ValueError(f"{dataset.index_path} lists no track.")
    return tracks


def _tag_attribute(name: str, track: object, wanted: str | None) -> str:
    # Not hasattr, which would read files.
    held = set(dir(track))
    for attribute in TAG_ATTRIBUTES if wanted is None else (wanted,):
        if attribute in held:
            return attribute
    sought = ", ".join(TAG_ATTRIBUTES) if wanted is None else repr(wanted)
    raise ValueError(
        f"The tracks of mirdata's {name} have none of {sought}. They have: "
        f"{', '.join(sorted(n for n in held if not n.startswith('_')))}"
    )


def _splits(
    dataset: Any,
    name: str,
    tracks: list[tuple[str, Any]],
    number: int | None,
) -> dict[str, str]:
    """Split of each track; {} where the loader has none that is known."""
    takes = inspect.signature(dataset.get_track_splits).parameters
    if number is not None and "split_number" not in takes:
        raise ValueError(
            f"mirdata's {name} has no numbered splits: leave out "
            f"--split-number. Received: {number}"
        )
    try:
        if number is None:
            found = dataset.get_track_splits()
        else:
            found = dataset.get_track_splits(split_number=number)
    except NotImplementedError:
        # Some loaders call it so, and mirdata does not know.
        if "subset" not in dir(tracks[0][1]):
            _log.info("mirdata's %s has no splits: they are made here.", name)
            return {}
        found = collections.defaultdict(list)
        for key, track in tracks:
            found[track.subset].append(key)
    known = {n: listings.SPLIT_NAMES.get(str(n).casefold()) for n in found}
    names = {n: split for n, split in known.items() if split}
    if len(names) < len(known):
        _log.warning(
            "The splits of %s are called %s, which says not who trains and "
            "who tests: splits are made anew.",
            name,
            ", ".join(map(str, found)),
        )
        return {}
    return {key: names[n] for n, keys in found.items() for key in keys}


def _texts(value: object, name: str, attribute: str) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        if all(isinstance(held, numbers.Real) for held in value.values()):
            return [key for key, held in value.items() if held >= 0.5]
        return [
            text
            for held in value.values()
            for text in _texts(held, name, attribute)
        ]
    if isinstance(value, (list, tuple)) and all(
        isinstance(text, str) for text in value
    ):
        return list(value)
    raise ValueError(
        f"{attribute!r} of mirdata's {name} must hold texts. Received: "
        f"{type(value).__name__}. --subset names another attribute."
    )


def _artist(track: object) -> str:
    held = set(dir(track))
    for attribute in ARTIST_ATTRIBUTES:
        if attribute in held:
            value = getattr(track, attribute)
            if isinstance(value, (str, int)):
                return listings.clean_artist(str(value))
    return ""


def _check(asked: argparse.Namespace) -> None:
    if asked.audio is None:
        raise ValueError("--mirdata needs --audio, the folder of the data")


DATA_SET = data_set.DataSet(
    name="mirdata's loaders",
    flag=data_set.Flag(
        "--mirdata", "a loader of mirdata; --audio is its folder", "NAME"
    ),
    read=lambda asked, audio_folder, skip: copies.list_copy(
        read_mirdata(
            asked.mirdata, audio_folder, asked.subset, asked.split_number
        ),
        audio_folder,
        partial=asked.partial,
        skip=skip,
    ),
    publication=data_set.Publication(
        name="mirdata's loaders",
        homepage="https://mirdata.readthedocs.io",
        licence="as mirdata states it",
        citation="as mirdata states it",
    ),
    versions=(data_set.Version("an attribute", note="any that has tags"),),
    other_subsets="the attribute that holds the tags",
    options=(data_set.SPLIT_NUMBER,),
    check=_check,
)
