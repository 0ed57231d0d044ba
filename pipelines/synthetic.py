"""A small synthesised music data set whose tags can be heard.

    python -m pipelines.synthetic --out data/synthetic

Tags, lengths and levels are dealt independently of each other, so that no
tag can be told by anything but its sound. Every artist has habits (tuning,
room, tone, hiss, the colour of each instrument) and belongs to one split.
"""

import concurrent.futures
import hashlib
import logging
import multiprocessing
import os
import pathlib
import re

import numpy as np

from pipelines import manifest, splits, synthetic_music
from tftag import audio, command_line
from tftag import tags as tag_lists

_log = logging.getLogger(__name__)

VERSION = 1
OWN_FILE = re.compile(r"manifest\.(csv|json)|audio/[0-9]{5}\.wav")
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
TAGS = tuple(
    sorted(synthetic_music.MELODIC + tuple(t for c in CHOICES for t in c))
)


def plan(tracks: int = 360, seed: int = 0) -> list[synthetic_music.TrackPlan]:
    """Deals artists, splits, tags, lengths and levels to the tracks.

    Args:
        tracks: how many, 12 or more.
        seed: another seed gives another set.

    Returns:
        One plan per track; within every split each tag has its share.

    Raises:
        ValueError: if there are too few tracks for three splits.
    """
    if tracks < 12:
        raise ValueError(
            "`tracks` must be >= 12, so that every split has artists and "
            f"tags. Received: {tracks}."
        )
    generator = np.random.default_rng((VERSION, seed))
    artist_count = max(len(SPLIT_OF_ARTIST), tracks // TRACKS_PER_ARTIST)
    artists = [_artist(i, generator) for i in range(artist_count)]
    artist_of = np.arange(tracks) % artist_count
    split_of = np.array(SPLIT_OF_ARTIST)[artist_of % len(SPLIT_OF_ARTIST)]
    tags_of: list[list[str]] = [[] for _ in range(tracks)]
    seconds, peaks = np.zeros(tracks), np.zeros(tracks)
    for split in manifest.SPLITS:
        rows = np.flatnonzero(split_of == split)
        for deal in _deal_tags(rows.size, generator):
            for row, dealt in zip(rows, deal, strict=True):
                tags_of[row].extend(dealt)
        # Evenly spread, then shuffled: each split has short and long tracks.
        spread = generator.permutation(rows.size) + generator.random(rows.size)
        longer = LONGEST_SECONDS - SHORTEST_SECONDS
        seconds[rows] = SHORTEST_SECONDS + longer * (spread / rows.size) ** 2
        spread = generator.permutation(rows.size) + generator.random(rows.size)
        peaks[rows] = 10 ** ((-18 + 17 * spread / rows.size) / 20)
    return [
        synthetic_music.TrackPlan(
            track_id=f"{i:05d}",
            artist=artists[artist_of[i]],
            split=str(split_of[i]),
            tags=tuple(sorted(tags_of[i])),
            seconds=float(seconds[i]),
            peak=float(peaks[i]),
            seed=(VERSION, seed, i),
        )
        for i in range(tracks)
    ]


def make(
    folder: str | os.PathLike,
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
    folder = pathlib.Path(folder)
    if seed < 0:
        raise ValueError(f"`seed` must be >= 0. Received: {seed}.")
    plans = plan(tracks, seed)
    if processes is not None and processes < 1:
        raise ValueError(
            f"`processes` must be >= 1 or None. Received: {processes}."
        )
    source = _source(seed, tracks, sample_rate_hz)
    if _holds(folder, source):
        return folder / manifest.TABLE_NAME
    # A set that is cut short while it is made must not pass for a whole one.
    for path in _own_files(folder):
        path.unlink()
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    _log.info("synthesising %d tracks into %s", tracks, folder)
    made = _make_tracks(plans, folder, sample_rate_hz, processes)
    return manifest.write_manifest(
        manifest.Manifest(
            folder=folder,
            sample_rate_hz=sample_rate_hz,
            tracks=tuple(made),
            vocabulary=tag_lists.TagVocabulary(TAGS),
            audit=splits.audit(made),
            source=source,
        )
    )


def make_track(
    planned: synthetic_music.TrackPlan,
    folder: pathlib.Path,
    sample_rate_hz: int,
) -> manifest.Track:
    """Renders and writes one track.

    Args:
        planned: the track.
        folder: the folder of the manifest; it holds a folder `audio`.
        sample_rate_hz: samples per second.

    Returns:
        Its row of the manifest.
    """
    recording = audio.to_full_scale(
        synthetic_music.render(planned, sample_rate_hz)
    )
    path = folder / "audio" / f"{planned.track_id}.wav"
    data_offset = audio.write_wav(path, recording.samples, sample_rate_hz)
    return manifest.Track(
        track_id=planned.track_id,
        path=f"audio/{path.name}",
        split=planned.split,
        artist=planned.artist.name,
        tags=planned.tags,
        samples=recording.samples.size,
        peak=recording.peak,
        data_offset=data_offset,
        file_bytes=path.stat().st_size,
        audio_hash=hashlib.sha256(recording.samples.tobytes()).hexdigest(),
    )


def _artist(
    index: int, generator: np.random.Generator
) -> synthetic_music.Artist:
    names = (*synthetic_music.MELODIC, "bass", "drums", "noise")
    return synthetic_music.Artist(
        name=f"artist {index + 1:03d}",
        cents=generator.uniform(-15, 15),
        tilt_db_per_octave=generator.uniform(-1.5, 1.5),
        room_seconds=generator.uniform(0.2, 0.9),
        room_share=generator.uniform(0.05, 0.35),
        hiss_db=generator.uniform(-65, -45),
        colours={name: generator.random() for name in names},
    )


def _deal_tags(rows: int, generator: np.random.Generator) -> list[list[tuple]]:
    """Per independent question, the tags that it gives to each row."""
    melodic = synthetic_music.MELODIC
    # Every instrument alone, and every pair, as often as every other.
    bands = [(name,) for name in melodic for _ in range(len(melodic) - 1)]
    bands += [(a, b) for a in melodic for b in melodic if a < b] * 2
    order = generator.permutation(len(bands))
    lead = [bands[order[i % len(bands)]] for i in range(rows)]
    deals = [[lead[i] for i in generator.permutation(rows)]]
    for shares in CHOICES:
        hand = [(t,) for t, s in shares.items() for _ in range(round(s * rows))]
        hand += [()] * (rows - len(hand))
        deals.append([hand[i] for i in generator.permutation(rows)])
    return deals


def _source(seed: int, tracks: int, sample_rate_hz: int) -> dict:
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


def _holds(folder: pathlib.Path, source: dict) -> bool:
    """Whether the folder holds this very set, all files in place."""
    try:
        return manifest.read_manifest(folder).source == source
    except (FileNotFoundError, ValueError):
        return False


def _own_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files there that an earlier call wrote; ValueError if of others."""
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    names = [path.relative_to(folder).as_posix() for path in files]
    foreign = [n for n in names if not OWN_FILE.fullmatch(n)]
    description = folder / manifest.FACTS_NAME
    if description.exists() and '"pipelines.synthetic"' not in (
        description.read_text(encoding="utf-8")
    ):
        foreign.append(description.name)
    if foreign:
        raise ValueError(
            "The folder must be empty or hold a synthesised set, which is "
            f"replaced. Choose another. Received: {folder}, with {foreign[0]}."
        )
    return files


def _make_tracks(
    plans: list[synthetic_music.TrackPlan],
    folder: pathlib.Path,
    sample_rate_hz: int,
    processes: int | None,
) -> list[manifest.Track]:
    if processes is None:
        # A process takes about a second to start: worth it for 32 tracks.
        processes = min(os.cpu_count() or 1, max(1, len(plans) // 32))
    folders, rates = [folder] * len(plans), [sample_rate_hz] * len(plans)
    if processes == 1:
        return list(map(make_track, plans, folders, rates))
    # Spawned, not forked: the caller may have threads at work.
    with concurrent.futures.ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        return list(pool.map(make_track, plans, folders, rates, chunksize=4))


def main(argv: list[str] | None = None) -> int:
    """Makes the set and prints what it made."""
    parser = command_line.Parser(
        prog="python -m pipelines.synthetic",
        description=__doc__.splitlines()[0],
    )
    add = parser.add_argument
    add("--out", default="data/synthetic", help="folder (%(default)s)")
    add("--tracks", type=int, default=360, help="how many (%(default)s)")
    add("--seed", type=int, default=0, help="another gives another set (0)")
    asked = parser.parse_args(argv)
    path = make(asked.out, seed=asked.seed, tracks=asked.tracks)
    made = manifest.read_manifest(path)
    seconds = sum(track.samples for track in made.tracks) / made.sample_rate_hz
    counts = ", ".join(f"{n} {name}" for name, n in made.split_counts.items())
    print(f"{path}: {len(made.tracks)} tracks ({counts}), {seconds:.0f} s")
    for name, positives in zip(
        made.vocabulary.names, made.labels().sum(axis=0), strict=True
    ):
        print(f"  {name:<9} {positives:4.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
