"""The synthesised set with words and sounds that no training tag names.

    python -m pipelines.synthetic_unseen --out data/synthetic_zero_shot

Its first tracks are those of `pipelines.synthetic`, sample for sample. What
is added asks two questions of a model that knows tags by their words:

- synonyms: a track carries them exactly where it carries their tag. Train on
  "fast", ask for "quick", or, of the terms of music, for "presto".
- other sounds: more test tracks, by artists of their own, in which
  instruments play that no other track has. They carry their family's tag
  too: a cello is bowed.

To train on the tags in `SEEN` only is up to the experiment; the manifest has
all tags of every track, in every split.
"""

import dataclasses
import os
import pathlib
from collections.abc import Collection

import numpy as np

from pipelines.synthetic import folder as synthetic_folder
from pipelines.synthetic import music, other_sounds, tagged
from tftag import tags as tag_lists

VERSION = 1
SEEN = tagged.TAGS
# Words of the sound alone, and of all of it. Not so: percussion (a struck bar
# is percussion too), woodwind (a trumpet is blown), happy (a mood, not a mode).
SYNONYMS: dict[str, tuple[str, ...]] = {
    "bass": ("bassline",),
    "blown": ("wind instrument",),
    "bowed": ("arco", "with a bow"),
    "dense": ("thick", "busy"),
    "drums": ("drumming", "drumbeat"),
    "fading": ("diminuendo", "dying away"),
    "fast": ("quick", "rapid", "presto"),
    "high": ("treble", "upper register"),
    "low": ("deep", "lower register"),
    "major": ("ionian",),
    "minor": ("aeolian",),
    "noise": ("static", "hiss"),
    "organ": ("hammond",),
    "plucked": ("pizzicato", "picked"),
    "slow": ("sluggish", "unhurried", "largo"),
    "sparse": ("thin", "sporadic"),
    "struck": ("hammered", "mallet"),
    "swelling": ("crescendo", "growing louder"),
    "synth": ("synthesizer",),
}
# Those of them that only somebody knows who has learned music: Italian, the
# names of modes and registers, parts and makes of instruments. All others are
# plain English, which is asked for apart.
MUSICAL_TERMS: frozenset[str] = frozenset(
    "aeolian arco crescendo diminuendo hammond ionian largo mallet pizzicato "
    "presto treble".split()
)
OTHER_SOUNDS: tuple[str, ...] = tuple(other_sounds.VOICES)
TRACKS_PER_OTHER_SOUND = 12
# Those that are trained come first, so that their columns stay the same.
TAGS = (*SEEN, *(w for t in SEEN for w in SYNONYMS[t]), *OTHER_SOUNDS)


def plan(tracks: int = 360, seed: int = 0) -> list[music.TrackPlan]:
    """Plans the tracks of `synthetic.plan` and those with other sounds.

    Args:
        tracks: how many of the former, 12 or more.
        seed: another seed gives another set.

    Returns:
        One plan per track; its tags are what plays, `in_full` says the rest.

    Raises:
        ValueError: if there are too few tracks for three splits.
    """
    known = tagged.plan(tracks, seed)
    # Four numbers, the third no number of an added track: a stream of its own.
    generator = np.random.default_rng((tagged.VERSION, seed, 0, VERSION))
    others = TRACKS_PER_OTHER_SOUND * len(OTHER_SOUNDS)
    first_artist = len({planned.artist.name for planned in known})
    artists = [
        _draw_artist(first_artist + i, generator)
        for i in range(others // tagged.TRACKS_PER_ARTIST)
    ]
    hands = tagged.deal(others, _bands(), generator)
    return known + [
        music.TrackPlan(
            track_id=f"{tracks + i:05d}",
            artist=artists[i % len(artists)],
            split="test",
            tags=hand.tags,
            seconds=hand.seconds,
            peak=hand.peak,
            seed=(tagged.VERSION, seed, tracks + i, VERSION),
        )
        for i, hand in enumerate(hands)
    ]


def in_full(tags: Collection[str]) -> tuple[str, ...]:
    """All tags of a track in which this is to be heard.

    Args:
        tags: tags in `SEEN` and `OTHER_SOUNDS`.

    Returns:
        Those, the families of the other sounds, and all their synonyms.
    """
    families = other_sounds.FAMILIES
    named = {*tags} | {families[tag] for tag in tags if tag in families}
    words = {word for tag in named for word in SYNONYMS.get(tag, ())}
    return tuple(sorted(named | words))


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
        folder: where `manifest.csv` and the folder `audio` are written; not
            that of `synthetic.make`.
        seed: another seed gives another set.
        tracks: how many of `synthetic.plan`, 12 or more; those with other
            sounds come on top.
        processes: how many at work; None takes one per core. The bytes do
            not depend on it.
        sample_rate_hz: samples per second.

    Returns:
        The path of the manifest, whose vocabulary is `TAGS`.

    Raises:
        ValueError: if the folder holds another data set, or for a number of
            tracks or processes that cannot be.
    """
    plans = plan(tracks, seed)
    known = tagged.source(seed, tracks, sample_rate_hz)
    return synthetic_folder.write(
        folder,
        plans,
        tags=[in_full(planned.tags) for planned in plans],
        vocabulary=tag_lists.TagVocabulary(TAGS),
        source=known
        | {
            "name": "synthetic zero-shot",
            "made_by": "pipelines.synthetic_unseen",
            "version": [tagged.VERSION, VERSION],
            # Another table of words makes another set.
            "synonyms": {tag: list(words) for tag, words in SYNONYMS.items()},
            "other_sounds": other_sounds.FAMILIES,
        },
        sample_rate_hz=sample_rate_hz,
        processes=processes,
    )


def _draw_artist(index: int, generator: np.random.Generator) -> music.Artist:
    artist = tagged.draw_artist(index, generator)
    more = {name: generator.random() for name in OTHER_SOUNDS}
    return dataclasses.replace(artist, colours=artist.colours | more)


def _bands() -> list[tuple[str, ...]]:
    """Every other sound alone, and with each voice of another family."""
    bands: list[tuple[str, ...]] = []
    for name, family in other_sounds.FAMILIES.items():
        pairs = [(name, v) for v in music.MELODIC if v != family]
        bands += pairs + [(name,)] * (TRACKS_PER_OTHER_SOUND - len(pairs))
    return bands


def main(argv: list[str] | None = None) -> int:
    """Makes the set and prints what it made."""
    program, out = "pipelines.synthetic_unseen", "data/synthetic_zero_shot"
    return synthetic_folder.command(make, program, __doc__, out, argv)
