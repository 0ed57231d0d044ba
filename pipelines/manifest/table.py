"""The table of prepared recordings that every later part reads."""

import collections
import dataclasses
import functools
import hashlib
import json
import operator
import os
import pathlib
from collections.abc import Iterable

import numpy as np

from pipelines.manifest import checks, csv_rows
from tftag import tags
from tftag.files import atomic_write, plain_json
from tftag.storage import address as addresses
from tftag.storage import local_copy

SPLITS = checks.SPLITS
PREPARED = checks.PREPARED
TABLE_NAME = "manifest.csv"
FACTS_NAME = "manifest.json"
FORMAT = 2


@dataclasses.dataclass(frozen=True)
class Track:
    """One prepared recording.

    Attributes:
        track_id: Unique name.
        path: Its file, relative to the manifest's folder, with `/`;
            absolute where it lies elsewhere and was not converted.
        split: One of `SPLITS`, "" where none is given.
        artist: "" where unknown.
        tags: All clean tags, also those outside the vocabulary.
        samples: Length of the recording at the manifest's rate.
        peak: Loudest absolute sample before scaling to full scale.
        data_offset: Byte of a prepared WAV at which the samples start.
        file_bytes: Size of the file.
        audio_hash: Equal for equal samples.
        codec: `PREPARED`, or that of a file as it lies, as `flac/pcm_16`.
        source_rate_hz: Rate of a file that was not converted, else 0.
        source_frames: Its length at that rate, else 0.
    """

    track_id: str
    path: str
    split: str
    artist: str
    tags: tuple[str, ...]
    samples: int
    peak: float
    data_offset: int
    file_bytes: int
    audio_hash: str
    codec: str = PREPARED
    source_rate_hz: int = 0
    source_frames: int = 0


_values = operator.attrgetter(*csv_rows.COLUMNS)


@dataclasses.dataclass(frozen=True)
class Manifest:
    """Prepared recordings and what they have in common.

    Attributes:
        folder: Where the manifest and its files are.
        sample_rate_hz: Rate of every recording, once it is read.
        tracks: The recordings.
        vocabulary: The tags that are learned, in the order of the labels.
        audit: What `splits.audit` found when the manifest was made.
        source: Name, licence and citation of the data, and what made it.
    """

    folder: pathlib.Path | addresses.Address
    sample_rate_hz: int
    tracks: tuple[Track, ...]
    vocabulary: tags.TagVocabulary
    audit: dict
    source: dict

    def labels(self) -> np.ndarray:
        """Multi-hot labels; tags outside the vocabulary are left out.

        Returns:
            float32 `[tracks, tags]`.
        """
        places = {name: i for i, name in enumerate(self.vocabulary.names)}
        table = np.zeros((len(self.tracks), len(places)), np.float32)
        for row, track in enumerate(self.tracks):
            table[row, [places[t] for t in track.tags if t in places]] = 1.0
        return table

    def split(self, name: str) -> "Manifest":
        """The manifest of one split.

        Args:
            name: `train`, `validation` or `test`.

        Returns:
            The manifest with that split's tracks only, in order.

        Raises:
            ValueError: No track is in that split; names the splits there are.
        """
        rows = [i for i, track in enumerate(self.tracks) if track.split == name]
        if not rows:
            raise ValueError(
                f"A split must be one of {list(self.split_counts)} in "
                f"{self.folder}. Received: {name!r}"
            )
        return self.subset(rows)

    def subset(self, rows: Iterable[int]) -> "Manifest":
        """The manifest of the tracks at these positions, in this order."""
        kept = tuple(self.tracks[row] for row in rows)
        return dataclasses.replace(self, tracks=kept)

    @property
    def split_counts(self) -> dict[str, int]:
        """Number of tracks in each split that has any; "" for no split."""
        counts = collections.Counter(track.split for track in self.tracks)
        return {s: counts[s] for s in (*SPLITS, "") if s in counts}

    @functools.cached_property
    def fingerprint(self) -> str:
        """16 hex digits of all that decides what a model learns from it."""
        known = hashlib.sha256()
        facts = [self.sample_rate_hz, self.vocabulary.names]
        known.update(json.dumps(facts).encode())
        for t in self.tracks:
            samples = int(t.samples)
            facts = [t.track_id, t.split, t.tags, samples, t.audio_hash]
            known.update(json.dumps(facts).encode())
        return known.hexdigest()[:16]

    @property
    def local_folder(self) -> pathlib.Path:
        """The folder of a data set that is here.

        Raises:
            ValueError: It is in a bucket.
        """
        if isinstance(self.folder, addresses.Address):
            raise ValueError(
                "The data set must be in a folder of this machine. "
                f"Received: {self.folder}"
            )
        return self.folder

    def wav_path(self, track: Track) -> pathlib.Path | addresses.Address:
        """Where the samples of a track are."""
        return self.folder / track.path


def write_manifest(manifest: Manifest) -> pathlib.Path:
    """Writes `manifest.csv` and `manifest.json` into the manifest's folder.

    Each file is replaced whole, so that a reader or a crash never meets half
    of one; the second names the fingerprint of the first.

    Args:
        manifest: What to write.

    Returns:
        Path of `manifest.csv`.

    Raises:
        ValueError: A track cannot be written as it is.
    """
    folder = manifest.local_folder
    checks.check_tracks(manifest.tracks, folder / TABLE_NAME)
    facts = {
        "format": FORMAT,
        "fingerprint": manifest.fingerprint,
        "sample_rate_hz": manifest.sample_rate_hz,
        "tags": manifest.vocabulary.names,
        "audit": manifest.audit,
        "source": manifest.source,
    }
    rows = (_values(track) for track in manifest.tracks)
    csv_rows.write_rows(folder / TABLE_NAME, rows)
    facts_path = folder / FACTS_NAME
    atomic_write.write(facts_path, plain_json.text(facts) + "\n")
    return folder / TABLE_NAME


def read_manifest(
    path: str | os.PathLike[str] | addresses.Address, check_files: bool = True
) -> Manifest:
    """Reads a manifest and checks that every file is there and whole.

    Args:
        path: Its folder, or the `manifest.csv` in it; or the address of one.
        check_files: Whether files that are missing or cut are an error.

    Returns:
        The manifest.

    Raises:
        FileNotFoundError: There is no manifest, or files of it are missing.
        ValueError: The manifest is damaged, files of it are cut, or audio of
            a data set at an address lies elsewhere.
        OSError: A server does not answer.
    """
    folder = addresses.place(path)
    if folder.name == TABLE_NAME and not os.path.isdir(str(folder)):
        folder = folder.parent
    with local_copy.folder_copy(folder, (TABLE_NAME, FACTS_NAME)) as here:
        manifest = dataclasses.replace(_read(here), folder=folder)
    checks.check_place(folder, manifest.tracks)
    if check_files:
        checks.check_files(folder, manifest.tracks)
    return manifest


def _read(folder: pathlib.Path) -> Manifest:
    for name in (TABLE_NAME, FACTS_NAME):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"A prepared data set has a {name}; {folder} has none. "
                "Prepare the data first."
            )
    facts = _read_facts(folder / FACTS_NAME)
    rows = csv_rows.read_rows(folder / TABLE_NAME)
    tracks = tuple(Track(*row) for row in rows)
    checks.check_tracks(tracks, folder / TABLE_NAME)
    manifest = Manifest(
        folder=folder,
        sample_rate_hz=facts["sample_rate_hz"],
        tracks=tracks,
        vocabulary=tags.TagVocabulary(tuple(facts["tags"])),
        audit=facts["audit"],
        source=facts["source"],
    )
    if manifest.fingerprint != facts["fingerprint"]:
        raise ValueError(
            f"{TABLE_NAME} and {FACTS_NAME} in {folder} do not belong "
            "together: one was changed or its writing was cut short. Prepare "
            f"the data again. Received: {manifest.fingerprint} and "
            f"{facts['fingerprint']}"
        )
    return manifest


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
