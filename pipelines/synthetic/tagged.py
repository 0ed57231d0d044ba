"""A small synthesised music data set whose tags can be heard.

    python -m pipelines.synthetic --out data/synthetic

Tags, lengths and levels are dealt independently of each other, so that no
tag can be told by anything but its sound. Every artist has habits (tuning,
room, tone, hiss, the colour of each instrument) and belongs to one split.
"""

import dataclasses
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from pipelines import manifest
from pipelines.synthetic import folder as synthetic_folder
from pipelines.synthetic import music
from tftag import tags as tag_lists

VERSION = 1
TRACKS_PER_ARTIST = 6
# One artist in six validates, one in six tests.
SPLIT_OF_ARTIST = ("train", "train", "train", "train", "validation", "test")
SHORTEST_SECONDS, LONGEST_SECONDS = 12.0, 60.0
# Of each row at most one tag is dealt to a track, to this share of tracks.
CHOICES = (
    {"bass": 0.35},
    {"drums": 0.35},
    {"noise": 0.25},
    {"fast": 0.33, "slow": 0.33},
    {"major": 0.4, "minor": 0.4},
    {"high": 0.33, "low": 0.33},
    {"dense": 0.33, "sparse": 0.33},
    {"swelling": 0.3, "fading": 0.3},
)
TAGS = tuple(sorted(music.MELODIC + tuple(t for c in CHOICES for t in c)))


@dataclasses.dataclass(frozen=True)
class Hand:
    """What is dealt to a track."""

    tags: tuple[str, ...]
    seconds: float
    peak: float


def plan(tracks: int = 360, seed: int = 0) -> list[music.TrackPlan]:
    """Deals artists, splits, tags, lengths and levels to the tracks.

    Args:
        tracks: how many, 12 or more.
        seed: another seed gives another set.

    Returns:
        One plan per track; within every split each tag has its share.

    Raises:
        ValueError: if there are too few tracks for three splits, or for a
            negative seed.
    """
    if seed < 0:
        raise ValueError(f"`seed` must be >= 0. Received: {seed}.")
    if tracks < 12:
        raise ValueError(
            "`tracks` must be >= 12, so that every split has artists and "
            f"tags. Received: {tracks}."
        )
    generator = np.random.default_rng((VERSION, seed))
    artist_count = max(len(SPLIT_OF_ARTIST), tracks // TRACKS_PER_ARTIST)
    artists = [draw_artist(i, generator) for i in range(artist_count)]
    artist_of = np.arange(tracks) % artist_count
    split_of = np.array(SPLIT_OF_ARTIST)[artist_of % len(SPLIT_OF_ARTIST)]
    hands: dict[int, Hand] = {}
    for split in manifest.SPLITS:
        rows = np.flatnonzero(split_of == split)
        dealt = deal(rows.size, _bands(), generator)
        hands.update(zip(rows, dealt, strict=True))
    return [
        music.TrackPlan(
            track_id=f"{i:05d}",
            artist=artists[artist_of[i]],
            split=str(split_of[i]),
            tags=hands[i].tags,
            seconds=hands[i].seconds,
            peak=hands[i].peak,
            seed=(VERSION, seed, i),
        )
        for i in range(tracks)
    ]


def draw_artist(index: int, generator: np.random.Generator) -> music.Artist:
    """An artist with a name of its own and habits by chance.

    Args:
        index: the place among the artists, from 0.
        generator: decides the habits.

    Returns:
        The artist.
    """
    names = (*music.MELODIC, "bass", "drums", "noise")
    return music.Artist(
        name=f"artist {index + 1:03d}",
        cents=generator.uniform(-15, 15),
        tilt_db_per_octave=generator.uniform(-1.5, 1.5),
        room_seconds=generator.uniform(0.2, 0.9),
        room_share=generator.uniform(0.05, 0.35),
        hiss_db=generator.uniform(-65, -45),
        colours={name: generator.random() for name in names},
    )


def deal(
    tracks: int,
    bands: Sequence[tuple[str, ...]],
    generator: np.random.Generator,
) -> list[Hand]:
    """Deals tags, lengths and levels, each independently of the others.

    Args:
        tracks: how many hands to deal.
        bands: the melodic instruments of a track; each band is dealt as
            often as every other, as far as the tracks go.
        generator: shuffles.

    Returns:
        A hand per track.
    """
    tags_of: list[list[str]] = [[] for _ in range(tracks)]
    for dealt in _deal_tags(tracks, bands, generator):
        for tags, more in zip(tags_of, dealt, strict=True):
            tags.extend(more)
    # Evenly spread, then shuffled: there are short and long tracks.
    spread = generator.permutation(tracks) + generator.random(tracks)
    longer = LONGEST_SECONDS - SHORTEST_SECONDS
    seconds = SHORTEST_SECONDS + longer * (spread / tracks) ** 2
    spread = generator.permutation(tracks) + generator.random(tracks)
    peaks = 10 ** ((-18 + 17 * spread / tracks) / 20)
    return [
        Hand(tuple(sorted(tags)), float(length), float(peak))
        for tags, length, peak in zip(tags_of, seconds, peaks, strict=True)
    ]


def make(
    folder: str | os.PathLike[str],
    *,
    seed: int = 0,
    tracks: int = 360,
    processes: int | None = None,
    sample_rate_hz: int = 16_000,
) -> pathlib.Path:
    """Synthesises the set into a folder, unless it is there already.

    Args:
        folder: where `manifest.csv` and the folder `audio` are written.
        seed: another seed gives another set.
        tracks: how many, 12 or more.
        processes: how many at work; None takes one per core. The bytes do
            not depend on it.
        sample_rate_hz: samples per second.

    Returns:
        The path of the manifest.

    Raises:
        ValueError: if the folder holds another data set, or for a number of
            tracks or processes that cannot be.
    """
    plans = plan(tracks, seed)
    return synthetic_folder.write(
        folder,
        plans,
        tags=[planned.tags for planned in plans],
        vocabulary=tag_lists.TagVocabulary(TAGS),
        source=source(seed, tracks, sample_rate_hz),
        sample_rate_hz=sample_rate_hz,
        processes=processes,
    )


def _bands() -> list[tuple[str, ...]]:
    """Every instrument alone, and every pair, as often as every other."""
    melodic = music.MELODIC
    bands: list[tuple[str, ...]] = [
        (name,) for name in melodic for _ in range(len(melodic) - 1)
    ]
    return bands + [(a, b) for a in melodic for b in melodic if a < b] * 2


def _deal_tags(
    rows: int,
    bands: Sequence[tuple[str, ...]],
    generator: np.random.Generator,
) -> list[list[tuple[str, ...]]]:
    """Per independent question, the tags that it gives to each row."""
    order = generator.permutation(len(bands))
    lead = [bands[order[i % len(bands)]] for i in range(rows)]
    deals = [[lead[i] for i in generator.permutation(rows)]]
    for shares in CHOICES:
        hand: list[tuple[str, ...]] = [
            (t,) for t, s in shares.items() for _ in range(round(s * rows))
        ]
        hand += [()] * (rows - len(hand))
        deals.append([hand[i] for i in generator.permutation(rows)])
    return deals


def source(seed: int, tracks: int, sample_rate_hz: int) -> dict:
    """What the manifest of a set says of its making."""
    return {
        "name": "synthetic",
        "licence": "CC0-1.0",
        "citation": "none: synthesised, no recording of anybody",
        "made_by": "pipelines.synthetic",
        "version": VERSION,
        "seed": seed,
        "tracks": tracks,
        "sample_rate_hz": sample_rate_hz,
    }


def main(argv: list[str] | None = None) -> int:
    """Makes the set and prints what it made."""
    return synthetic_folder.command(
        make, "pipelines.synthetic", __doc__, "data/synthetic", argv
    )
