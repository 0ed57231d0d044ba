"""All figures that describe a prepared data set, before any are shown."""

import collections
import csv
import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from pipelines import manifest, splits
from pipelines.inspect import levels, measurements, tag_figures
from pipelines.inspect.fingerprints import near_duplicates
from pipelines.prepare import rejected
from pipelines.prepare.wav_conversion import journal
from tftag.words import artist_names

_TAG_PAIRS = 12


@dataclasses.dataclass(frozen=True)
class Split:
    """One split of a data set.

    Attributes:
        name: `train`, `validation`, `test`, or "" where there is none.
        recordings: How many.
        seconds: How long all are together.
        artists: How many known ones.
        tags_per_recording: Mean number of tags of the vocabulary.
        untagged: Recordings without any of them.
    """

    name: str
    recordings: int
    seconds: float
    artists: int
    tags_per_recording: float
    untagged: int


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What was found in a data set.

    Attributes:
        prepared: The data set.
        splits: In the order train, validation, test, none.
        tags: The vocabulary, the most frequent first.
        together: Recordings with both tags, int64 `[tags, tags]`, in the
            vocabulary's order.
        tag_pairs: Tags that go together, the strongest first.
        other_tags: How many tags are outside the vocabulary.
        seconds: Length of each recording, float64 `[recordings]`.
        audit: What `splits.audit` says.
        equal: Groups of rows whose audio is equal.
        near: Pairs of recordings that share audio, and are not equal; `None`
            where they were not looked for.
        levels: Per recording, `None` where it was not measured.
        unreadable: Path -> why it cannot be read.
        rejected: Reason -> how many recordings the preparation lost to it.
        warnings: Track id -> what the preparation said of a recording that is
            used all the same, as that a part of it is missing.
    """

    prepared: manifest.Manifest
    splits: tuple[Split, ...]
    tags: tuple[tag_figures.TagFigures, ...]
    together: np.ndarray
    tag_pairs: tuple[tag_figures.TagPair, ...]
    other_tags: int
    seconds: np.ndarray
    audit: dict
    equal: tuple[tuple[int, ...], ...]
    near: tuple[near_duplicates.Pair, ...] | None
    levels: tuple[levels.Levels | None, ...]
    unreadable: dict[str, str]
    rejected: dict[str, int]
    warnings: dict[str, str]

    @property
    def tracks(self) -> manifest.Tracks:
        """The recordings."""
        return self.prepared.tracks

    @property
    def tags_at_risk(self) -> list[tag_figures.TagFigures]:
        """Tags with a risk, the rarest first."""
        return [tag for tag in reversed(self.tags) if tag.risks]

    def crosses(self, pair: near_duplicates.Pair) -> bool:
        """Whether the two recordings of a pair are in different splits."""
        first, second = self.tracks[pair.first], self.tracks[pair.second]
        return first.split != second.split

    @property
    def near_leaks(self) -> list[near_duplicates.Pair]:
        """Near-duplicates in different splits."""
        return [pair for pair in self.near or () if self.crosses(pair)]

    def measured(self, name: str) -> np.ndarray:
        """One figure of `levels.Levels` over the recordings that have it."""
        return np.array(
            [getattr(h, name) for h in self.levels if h is not None]
        )


def inspect(
    prepared: manifest.Manifest,
    measured: measurements.Measurements | None,
    max_error_rate: float = near_duplicates.MAX_ERROR_RATE,
) -> Inspection:
    """Finds all there is to say of a data set.

    Args:
        prepared: The data set.
        measured: Its levels and fingerprints; `None` where none were made.
        max_error_rate: Share of bits that may differ in shared audio.

    Returns:
        The figures.
    """
    count = len(prepared.tracks)
    together = tag_figures.count_together(prepared)
    vocabulary = prepared.vocabulary.names
    every = {name for track in prepared.tracks for name in track.tags}
    return Inspection(
        prepared=prepared,
        splits=tuple(
            _describe(prepared, name) for name in prepared.split_counts
        ),
        tags=tuple(tag_figures.describe_tags(prepared)),
        together=together,
        tag_pairs=tuple(
            tag_figures.strongest_pairs(vocabulary, together, count, _TAG_PAIRS)
        ),
        other_tags=len(every - set(vocabulary)),
        seconds=prepared.tracks.numbers("samples") / prepared.sample_rate_hz,
        audit=splits.audit(prepared.tracks),
        equal=_equal(prepared.tracks),
        near=None
        if measured is None
        else tuple(measured.near_duplicates(max_error_rate)),
        levels=(None,) * count if measured is None else measured.levels,
        unreadable={} if measured is None else measured.unreadable,
        rejected=_rejected(prepared.local_folder),
        warnings=_warnings(prepared),
    )


def _describe(prepared, name):
    part = prepared.split(name)
    tags_of_each = part.labels().sum(axis=1)
    artists = set(artist_names.artist_keys(part.tracks.texts("artist"))) - {""}
    samples = int(part.tracks.numbers("samples").sum())
    return Split(
        name=name,
        recordings=len(part.tracks),
        seconds=samples / prepared.sample_rate_hz,
        artists=len(artists),
        tags_per_recording=float(tags_of_each.mean()),
        untagged=int((tags_of_each == 0).sum()),
    )


def _equal(tracks: Sequence[manifest.Track]) -> tuple[tuple[int, ...], ...]:
    by_audio = collections.defaultdict(list)
    for row, track in enumerate(tracks):
        by_audio[track.audio_hash].append(row)
    return tuple(tuple(rows) for rows in by_audio.values() if len(rows) > 1)


def _warnings(prepared: manifest.Manifest) -> dict[str, str]:
    said = journal.warnings(prepared.local_folder)
    return {
        track.track_id: "; ".join(said[track.track_id])
        for track in prepared.tracks
        if track.track_id in said
    }


def _rejected(folder: pathlib.Path) -> dict[str, int]:
    path = folder / rejected.TABLE_NAME
    if not path.is_file():
        return {}
    with open(path, encoding="utf-8", newline="") as file:
        reasons = [
            row.get("reason") or "unknown" for row in csv.DictReader(file)
        ]
    return dict(collections.Counter(reasons).most_common())
