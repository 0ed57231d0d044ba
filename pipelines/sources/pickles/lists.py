"""The reference experiment's lists: a mapping to tags, and two lists of ids."""

import collections
import numbers
import os
import pathlib
import unicodedata
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from pipelines.sources import data_set, listings, name_match
from pipelines.sources.own_table import odd_tags, tag_cells
from pipelines.sources.pickles import safe_pickle
from tftag.console import counts_in_words

_SEQUENCES = (list, tuple, set, frozenset, np.ndarray)


NAMES = ("data_mapping.pkl", "train_ids.pkl", "val_ids.pkl")


def find_pickles(
    folder: str | os.PathLike[str],
) -> tuple[pathlib.Path, pathlib.Path, pathlib.Path]:
    """The files of `NAMES` in a folder, in any case of letters.

    Args:
        folder: Where they are; `Train_ids.pkl` is one of them too.

    Returns:
        Their paths, in the order of `NAMES`.

    Raises:
        FileNotFoundError: There is no such folder, or one of them is not in
            it.
        ValueError: Two differ in their case alone.
    """
    held = os.listdir(folder)
    paths = []
    for name in NAMES:
        found = [n for n in held if n.casefold() == name]
        found = [name] if name in found else found
        if not found:
            raise FileNotFoundError(
                f"The reference experiment's lists are {', '.join(NAMES)}. "
                f"Received: {folder}, which has no {name}"
            )
        if len(found) > 1:
            raise ValueError(
                f"{folder} must have one {name}. Received: {sorted(found)}"
            )
        paths.append(pathlib.Path(folder, found[0]))
    mapping, train_ids, validation_ids = paths
    return mapping, train_ids, validation_ids


def read_pickles(
    mapping: str | os.PathLike[str],
    train_ids: str | os.PathLike[str],
    validation_ids: str | os.PathLike[str],
    audio_folder: str | os.PathLike[str],
    column_names: str | os.PathLike[str] | Sequence[str] | None = None,
    tag_separator: str = listings.TAG_SEPARATOR,
    skip: Iterable[str | os.PathLike[str]] = (),
) -> listings.Listing:
    """Reads `data_mapping.pkl`, `train_ids.pkl` and `val_ids.pkl`.

    Args:
        mapping: Pickle of a dict from file name to tags: a list of strings, a
            string, or a row of zeros and ones.
        train_ids: Pickle of the names in the training split.
        validation_ids: Pickle of the names in the validation split.
        audio_folder: Where the audio is, under these names with or without
            folder and ending.
        column_names: The tags in the order of the rows of zeros and ones: the
            names, or a text file with one per line, or a pickle of a list.
        tag_separator: What joins the tags where they are one string.
        skip: Folders in `audio_folder` not to look into.

    Returns:
        The recordings of both splits; the problems name those that are
        missing, ambiguous, without tags entry or in no split, and audio files
        that no name means.

    Raises:
        FileNotFoundError: A pickle, the folder or every file is missing.
        ValueError: A pickle holds something else; names the first such entry.
    """
    folder = pathlib.Path(audio_folder)
    match = name_match.NameMatch(listings.audio_files(folder, skip), folder)
    vocabulary = _read_vocabulary(column_names)
    tags_of = _read_mapping(mapping, vocabulary, tag_separator)
    splits, problems = _read_splits(tags_of, train_ids, validation_ids)
    paths, unfound = match.find_all(splits)
    problems += unfound
    if not paths:
        first = ": ".join((unfound or problems or [("none", "")])[0])
        raise FileNotFoundError(
            f"None of {counts_in_words.count(len(splits), 'recording')} of "
            f"{mapping}, in a split, is in {folder}. Name the folder of "
            f"the audio with --audio. The first problem is {first}"
        )
    problems += [(name, listings.NOT_LISTED) for name in match.unmeant(tags_of)]
    ids = listings.track_ids(list(paths))
    recordings = tuple(
        listings.SourceRecording(
            track_id, path, tags_of[name], split=splits[name]
        )
        for track_id, (name, path) in zip(ids, paths.items(), strict=True)
    )
    listings.warn_of_untagged(recordings, mapping)
    odd_tags.warn(recordings, mapping)
    source = {
        "name": pathlib.Path(mapping).stem,
        "made_from": listings.file_facts([mapping, train_ids, validation_ids]),
    }
    return listings.Listing(recordings, tuple(problems), source, vocabulary)


def _read_vocabulary(
    column_names: str | os.PathLike[str] | Sequence[str] | None,
) -> tuple[str, ...] | None:
    if column_names is None:
        return None
    names: object = column_names
    if isinstance(column_names, (str, os.PathLike)):
        path = pathlib.Path(column_names)
        if path.suffix in (".pkl", ".pickle"):
            names = safe_pickle.load(path)
        else:
            names = listings.read_names(path)
    if not isinstance(names, (list, tuple, np.ndarray)):
        raise ValueError(
            "The tag names must be a list. "
            f"Received: {type(names).__name__} from {column_names}"
        )
    names = tuple(_text(name, "a tag name") for name in _plain(names))
    cleaned = listings.clean_tags(names)
    if not cleaned or len(cleaned) != len(names):
        raise ValueError(
            f"The tag names must be unique and not empty; of {len(names)}, "
            f"{len(cleaned)} stay after cleaning. Received: {names!r:.200}"
        )
    return cleaned


def _read_mapping(
    path: str | os.PathLike[str],
    vocabulary: tuple[str, ...] | None,
    tag_separator: str,
) -> dict[str, tuple[str, ...]]:
    mapping = safe_pickle.load(path)
    if not isinstance(mapping, dict) or not mapping:
        raise ValueError(
            f"{path} must hold a dict from file name to tags. "
            f"Received: {type(mapping).__name__}"
        )
    tags_of = {}
    for key, value in mapping.items():
        name = _text(key, f"{path}: a file name")
        where = f"{path}, {name!r}"
        if name in tags_of:
            raise ValueError(f"{where}: the name is there twice")
        tags_of[name] = _read_tags(value, vocabulary, tag_separator, where)
    return tags_of


def _read_tags(
    value: object,
    vocabulary: tuple[str, ...] | None,
    tag_separator: str,
    where: str,
) -> tuple[str, ...]:
    if isinstance(value, (str, bytes)):
        try:
            texts = tag_cells.split(_text(value, where), tag_separator)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        return listings.clean_tags(texts)
    if value is None:
        return ()
    if not isinstance(value, _SEQUENCES):
        raise ValueError(
            f"{where}: tags must be a list, a string or a row of zeros and "
            f"ones. Received: {type(value).__name__}"
        )
    items = _plain(value)
    if isinstance(value, (set, frozenset)):
        items.sort(key=lambda item: _text(item, where))
    if not any(isinstance(item, (numbers.Real, list)) for item in items):
        return listings.clean_tags(_text(item, where) for item in items)
    if vocabulary is None:
        raise ValueError(
            f"{where}: the tags are a row of numbers; name the tags that they "
            "stand for, in their order, as the tag names (--tag-names)."
        )
    if len(items) != len(vocabulary):
        raise ValueError(
            f"{where}: a row must have a number for each of the "
            f"{len(vocabulary)} tag names. Received: {len(items)}"
        )
    if not all(isinstance(n, numbers.Real) and n in (0, 1) for n in items):
        raise ValueError(f"{where}: a row must hold zeros and ones alone.")
    pairs = zip(vocabulary, items, strict=True)
    return tuple(name for name, held in pairs if held)


def _read_splits(
    tags_of: dict[str, tuple[str, ...]],
    train_ids: str | os.PathLike[str],
    validation_ids: str | os.PathLike[str],
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Split of each name of the mapping, and the names without one."""
    keys = collections.defaultdict(list)
    for name in tags_of:
        keys[name_match.name_parts(name)[-2]].append(name)
    splits: dict[str, str] = {}
    problems = []
    both = (("train", train_ids), ("validation", validation_ids))
    for split, path in both:
        ids = safe_pickle.load(path)
        if not isinstance(ids, _SEQUENCES):
            raise ValueError(
                f"{path} must hold a list of file names. "
                f"Received: {type(ids).__name__}"
            )
        names = [_text(item, f"{path}: a name") for item in _plain(ids)]
        if isinstance(ids, (set, frozenset)):
            names.sort()
        for name in names:
            meant = [name] if name in tags_of else []
            meant = meant or keys[name_match.name_parts(name)[-2]]
            if len(meant) != 1:
                reason = "ambiguous" if meant else "without an entry of tags"
                problems.append((name, reason))
            elif splits.setdefault(meant[0], split) != split:
                raise ValueError(
                    f"A recording must be in one split only. Received: "
                    f"{name!r} in {train_ids} and in {validation_ids}"
                )
    problems += [(n, listings.IN_NO_SPLIT) for n in tags_of if n not in splits]
    return splits, problems


def _plain(items: Collection) -> list:
    """The members of a sequence, numpy's as Python's."""
    if isinstance(items, np.ndarray):
        return np.atleast_1d(items).tolist()
    return list(items)


def _text(value: object, where: str) -> str:
    """A name as text; Python 2 wrote bytes, and ids can be numbers."""
    if isinstance(value, bytes):
        held = value
        try:
            value = held.decode("utf-8")
        except UnicodeDecodeError:
            value = held.decode("latin-1")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(
            f"{where} must be a string. Received: {type(value).__name__}"
        )
    return unicodedata.normalize("NFC", value)


DATA_SET = data_set.DataSet(
    name="the lists of the reference experiment",
    flag=data_set.Flag(
        "--pickles",
        f"folder of the reference experiment's {', '.join(NAMES)}",
        "DIR",
    ),
    read=lambda asked, audio_folder, skip: read_pickles(
        *find_pickles(asked.pickles),
        audio_folder,
        asked.tag_names,
        asked.tag_separator or listings.TAG_SEPARATOR,
        skip=skip,
    ),
    options=(
        data_set.TAG_SEPARATOR,
        data_set.Flag(
            "--tag-names",
            "the tags, in their order, of pickles that have rows of zeros and "
            "ones: one per line, or a pickle of a list",
            "FILE",
            see="--tags",
        ),
    ),
)
