"""The table of prepared recordings that every later part reads."""

import dataclasses
import functools
import hashlib
import itertools
import json
import os
import pathlib
from collections.abc import Iterable

import numpy as np

from pipelines.manifest import checks, csv_columns, csv_rows
from pipelines.manifest import tracks as manifest_tracks
from tftag import tags
from tftag.storage import atomic_write, plain_json
from tftag.storage.remote import address as addresses
from tftag.storage.remote import local_copy

TABLE_NAME = "manifest.csv"
FACTS_NAME = "manifest.json"
FORMAT = 2
_quoted = json.encoder.encode_basestring_ascii


@dataclasses.dataclass(frozen=True)
class Manifest:
    """Prepared recordings and what they have in common.

    Attributes:
        folder: Folder of the manifest and its files.
        sample_rate_hz: Sample rate of every recording as it is read.
        tracks: The recordings; `Track` objects become columns.
        vocabulary: The tags to learn, in the order of the labels.
        audit: Result of `splits.audit` when the manifest was made.
        source: Name, licence and citation of the data, and how it was made.
    """

    folder: pathlib.Path | addresses.Address
    sample_rate_hz: int
    tracks: manifest_tracks.Tracks
    vocabulary: tags.TagVocabulary
    audit: dict
    source: dict

    def __post_init__(self) -> None:
        """Puts the recordings into columns."""
        object.__setattr__(
            self, "tracks", manifest_tracks.Tracks.of(self.tracks)
        )

    def labels(self, dtype: type[np.generic] = np.float32) -> np.ndarray:
        """Returns multi-hot labels, without tags outside the vocabulary.

        Args:
            dtype: Type of the numbers.

        Returns:
            0 or 1 `[tracks, tags]`.
        """
        return self.tracks.tags.multi_hot(self.vocabulary.names, dtype)

    def split(self, name: str) -> "Manifest":
        """Returns the manifest of one split.

        Args:
            name: `train`, `validation` or `test`.

        Returns:
            The manifest with only that split's tracks, in order.

        Raises:
            ValueError: No track is in that split; names those that exist.
        """
        rows = np.flatnonzero(self.tracks.where("split", name))
        if not len(rows):
            raise ValueError(
                f"A split must be one of {list(self.split_counts)} in "
                f"{self.folder}. Received: {name!r}"
            )
        return self.subset(rows)

    def subset(self, rows: Iterable[int]) -> "Manifest":
        """Returns the manifest of the tracks at these positions, in order."""
        return dataclasses.replace(self, tracks=self.tracks.take(rows))

    @property
    def split_counts(self) -> dict[str, int]:
        """Number of tracks in each split that has any; "" is no split."""
        counts = {
            side: np.count_nonzero(self.tracks.where("split", side))
            for side in (*checks.SPLITS, "")
        }
        return {side: count for side, count in counts.items() if count}

    @functools.cached_property
    def fingerprint(self) -> str:
        """16 hex digits of all that decides what a model learns from it.

        That is rate, vocabulary, and each recording's name, split, tags, length
        and audio. Artists, by which folds are made, are not part of it.
        """
        known = hashlib.sha256()
        facts = [self.sample_rate_hz, self.vocabulary.names]
        known.update(json.dumps(facts).encode())
        quoted = {name: _quoted(name) for name in self.tracks.tags.names}
        # What `json.dumps` makes of these five of each track.
        for ids, sides, lists, samples, hashes in self.tracks.blocks(
            ("track_id", "split", "tags", "samples", "audio_hash")
        ):
            rows = zip(
                map(_quoted, ids),
                map(_quoted, sides),
                [
                    ", ".join([quoted[name] for name in names])
                    for names in lists
                ],
                samples,
                map(_quoted, hashes),
                strict=True,
            )
            texts = [f"[{i}, {s}, [{t}], {n}, {h}]" for i, s, t, n, h in rows]
            known.update("".join(texts).encode())
        return known.hexdigest()[:16]

    @property
    def local_folder(self) -> pathlib.Path:
        """The folder of a local data set.

        Raises:
            ValueError: It is remote.
        """
        if isinstance(self.folder, addresses.Address):
            raise ValueError(
                "The data set must be in a folder of this machine. "
                f"Received: {self.folder}"
            )
        return self.folder

    def wav_path(
        self, track: manifest_tracks.Track
    ) -> pathlib.Path | addresses.Address:
        """Returns the file of a track."""
        if addresses.is_remote(track.path):
            return addresses.Address(track.path)
        return self.folder / track.path

    @property
    def has_addresses(self) -> bool:
        """Whether any recording is remote."""
        is_there = isinstance(self.folder, addresses.Address)
        return is_there or checks.has_addresses(self.tracks)


def write_manifest(manifest: Manifest) -> pathlib.Path:
    """Writes `manifest.csv` and `manifest.json` into the manifest's folder.

    Each file is replaced atomically, so no reader meets half of one, and no
    crash leaves it; the second states the fingerprint of the first.

    Args:
        manifest: What to write.

    Returns:
        Path of `manifest.csv`.

    Raises:
        ValueError: A track is invalid.
    """
    folder = manifest.local_folder
    checks.check_tracks(manifest.tracks, folder / TABLE_NAME)
    rows = itertools.chain.from_iterable(
        zip(*values, strict=True) for values in manifest.tracks.blocks()
    )
    facts = {
        "format": FORMAT,
        "fingerprint": manifest.fingerprint,
        "sample_rate_hz": manifest.sample_rate_hz,
        "tags": manifest.vocabulary.names,
        "audit": manifest.audit,
        "source": manifest.source,
    }
    digest = csv_rows.write_rows(folder / TABLE_NAME, rows)
    facts["written"] = _written(digest, facts)
    facts_path = folder / FACTS_NAME
    atomic_write.write(facts_path, plain_json.text(facts) + "\n")
    return folder / TABLE_NAME


def read_manifest(
    path: str | os.PathLike[str] | addresses.Address, check_files: bool = True
) -> Manifest:
    """Reads a manifest and checks that every file exists and is whole.

    Args:
        path: Its folder, or the `manifest.csv` in it; local, or an address.
        check_files: Whether missing or truncated files are an error.

    Returns:
        The manifest.

    Raises:
        FileNotFoundError: There is no manifest, or files of it are missing.
        ValueError: The manifest is damaged, files of it are truncated, or the
            audio of a remote data set lies elsewhere.
        OSError: A server does not answer.
    """
    folder = addresses.place(path)
    if folder.name == TABLE_NAME and not os.path.isdir(str(folder)):
        folder = folder.parent
    with local_copy.folder_copy(folder, (TABLE_NAME, FACTS_NAME)) as here:
        found = _read(here)
    manifest = dataclasses.replace(found, folder=folder)
    manifest.__dict__["fingerprint"] = found.fingerprint  # known by now
    checks.check_place(folder, manifest.tracks)
    if check_files:
        checks.check_files(folder, manifest.tracks)
    return manifest


def _read(folder: pathlib.Path) -> Manifest:
    for name in (TABLE_NAME, FACTS_NAME):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"A prepared data set has a {name}; {folder} has none. "
                "Prepare the data first: python -m pipelines.prepare --help."
            )
    facts = _read_facts(folder / FACTS_NAME)
    path = folder / TABLE_NAME
    content = bytearray(path.stat().st_size)
    with open(path, "rb") as file:
        file.readinto(content)
    digest = hashlib.sha256(content).hexdigest()
    is_as_written = facts.get("written") == _written(digest, facts)
    if is_as_written:
        may_leave = b".." in content or b"://" in content
        tracks = csv_columns.read(content)
        # Who wrote it may be a stranger: it must not lead out of the folder.
        if may_leave or tracks.where("path", "/", is_start=True).any():
            checks.check_tracks(tracks, path)
    else:
        del content
        tracks = manifest_tracks.Tracks.of_rows(csv_rows.read_rows(path))
        checks.check_tracks(tracks, path)
    manifest = Manifest(
        folder=folder,
        sample_rate_hz=facts["sample_rate_hz"],
        tracks=tracks,
        vocabulary=tags.TagVocabulary(tuple(facts["tags"])),
        audit=facts["audit"],
        source=facts["source"],
    )
    if is_as_written:
        manifest.__dict__["fingerprint"] = facts["fingerprint"]
    if manifest.fingerprint != facts["fingerprint"]:
        raise ValueError(
            f"{TABLE_NAME} and {FACTS_NAME} in {folder} do not belong "
            "together: one was changed or its writing was cut short. Prepare "
            f"the data again. Received: {manifest.fingerprint} and "
            f"{facts['fingerprint']}"
        )
    return manifest


def _written(digest: str, facts: dict) -> str:
    """What a table and the facts beside it have for as long as both are whole.

    They were checked before they were written: with this they need not be
    again, nor their fingerprint found again.
    """
    names = ("format", "fingerprint", "sample_rate_hz", "tags")
    known = json.dumps([digest, *(facts[name] for name in names)])
    return hashlib.sha256(known.encode()).hexdigest()


def _read_facts(path: pathlib.Path) -> dict:
    facts = plain_json.read(path, "prepare the data again")
    found = facts.get("format")
    if found != FORMAT:
        raise ValueError(
            f"{path} must be of format {FORMAT}. Received: {found!r}. Prepare "
            "the data again."
        )
    needed = ("fingerprint", "sample_rate_hz", "tags", "audit", "source")
    absent = [name for name in needed if name not in facts]
    if absent:
        raise ValueError(f"{path} is damaged: it lacks {absent}")
    names = facts["tags"]
    if not isinstance(names, list) or not all(
        isinstance(name, str) for name in names
    ):
        raise ValueError(f"{path} is damaged: its tags are no list of strings")
    for name in ("audit", "source"):
        if not isinstance(facts[name], dict):
            raise ValueError(f"{path} is damaged: its {name} is no object")
    return facts
