"""From planned tracks to a folder with a manifest, whole or not at all."""

import concurrent.futures
import functools
import hashlib
import logging
import multiprocessing
import os
import pathlib
import re
from collections.abc import Callable, Sequence

from pipelines import manifest, splits
from pipelines.synthetic import music
from tftag import audio
from tftag import tags as tag_lists
from tftag.cli import arguments as arguments_lib
from tftag.cli import command_line
from tftag.console import counts_in_words, worker_process
from tftag.storage import no_links

_log = logging.getLogger(__name__)

# The pages of pipelines.inspect go with the set that they describe.
OWN_FILE = re.compile(
    r"manifest\.(csv|json)|audio/[0-9]{5}\.wav|inspection/[^/]+"
)


def write(
    folder: str | os.PathLike[str],
    plans: Sequence[music.TrackPlan],
    *,
    tags: Sequence[tuple[str, ...]],
    vocabulary: tag_lists.TagVocabulary,
    source: dict,
    sample_rate_hz: int,
    processes: int | None,
) -> pathlib.Path:
    """Renders the tracks into a folder, unless it holds this set already.

    Args:
        folder: where `manifest.csv` and the folder `audio` are written.
        plans: the tracks.
        tags: per track the tags that the manifest says it has.
        vocabulary: the tags in the order of the labels.
        source: what tells this set from every other; `made_by` names the
            module whose sets may take each other's place.
        sample_rate_hz: samples per second.
        processes: how many at work; None takes one per core. The bytes do
            not depend on it.

    Returns:
        The path of the manifest.

    Raises:
        ValueError: if the folder holds another data set, or for a number of
            processes that cannot be.
    """
    folder = pathlib.Path(folder)
    if processes is not None and processes < 1:
        raise ValueError(
            f"`processes` must be >= 1 or None. Received: {processes}."
        )
    if _holds(folder, source):
        return folder / manifest.TABLE_NAME
    # A set that is cut short while it is made must not pass for a whole one.
    for path in _own_files(folder, source["made_by"]):
        path.unlink()
    no_links.refuse(folder / "audio")
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    _log.info("synthesising %d tracks into %s", len(plans), folder)
    made = _make_tracks(plans, tags, folder, sample_rate_hz, processes)
    return manifest.write_manifest(
        manifest.Manifest(
            folder=folder,
            sample_rate_hz=sample_rate_hz,
            tracks=manifest.Tracks.of(made),
            vocabulary=vocabulary,
            audit=splits.audit(made),
            source=source,
        )
    )


def make_track(
    planned: music.TrackPlan,
    tags: tuple[str, ...],
    folder: pathlib.Path,
    sample_rate_hz: int,
) -> manifest.Track:
    """Renders and writes one track.

    Args:
        planned: the track.
        tags: what the manifest says of it.
        folder: the folder of the manifest; it holds a folder `audio`.
        sample_rate_hz: samples per second.

    Returns:
        Its row of the manifest.
    """
    recording = audio.to_full_scale(music.render(planned, sample_rate_hz))
    path = folder / "audio" / f"{planned.track_id}.wav"
    data_offset = audio.write_wav(path, recording.samples, sample_rate_hz)
    return manifest.Track(
        track_id=planned.track_id,
        path=f"audio/{path.name}",
        split=planned.split,
        artist=planned.artist.name,
        tags=tags,
        samples=recording.samples.size,
        peak=recording.peak,
        data_offset=data_offset,
        file_bytes=path.stat().st_size,
        audio_hash=hashlib.sha256(recording.samples.tobytes()).hexdigest(),
    )


def command(
    make: Callable[..., pathlib.Path],
    program: str,
    docstring: str | None,
    out: str,
    argv: Sequence[str] | None,
) -> int:
    """Makes a set as a command line asks for it, and prints what it made.

    Args:
        make: takes a folder, `seed` and `tracks`.
        program: what follows `python -m`.
        docstring: its first line says in the help what the set is; None is
            what Python leaves of it under -OO.
        out: the folder where none is named.
        argv: the words; None takes those of this process.

    Returns:
        The exit status.
    """
    parser = command_line.Parser(
        prog=f"python -m {program}",
        description=(docstring or "").partition("\n")[0],
    )
    add = parser.add_argument
    add(
        "--out",
        type=arguments_lib.local_path,
        default=out,
        help="folder (%(default)s)",
    )
    add("--tracks", type=int, default=360, help="how many (%(default)s)")
    add(
        "--seed",
        type=arguments_lib.seed,
        default=0,
        help="another gives another set (0)",
    )
    asked = parser.parse_args(argv)
    print(describe(make(asked.out, seed=asked.seed, tracks=asked.tracks)))
    return 0


def describe(path: pathlib.Path) -> str:
    """What a set holds: tracks, seconds, and the tracks of every tag."""
    made = manifest.read_manifest(path)
    seconds = made.tracks.numbers("samples").sum() / made.sample_rate_hz
    counts = ", ".join(f"{n} {name}" for name, n in made.split_counts.items())
    tracks = counts_in_words.count(len(made.tracks), "track")
    lines = [f"{path}: {tracks} ({counts}), {seconds:.0f} s"]
    width = max(len(name) for name in made.vocabulary.names)
    lines += [
        f"  {name:<{width}} {positives:4.0f}"
        for name, positives in zip(
            made.vocabulary.names, made.labels().sum(axis=0), strict=True
        )
    ]
    return "\n".join(lines)


def _holds(folder: pathlib.Path, source: dict) -> bool:
    """Whether the folder holds this very set, all files in place."""
    try:
        return manifest.read_manifest(folder).source == source
    except (FileNotFoundError, ValueError):
        return False


def _own_files(folder: pathlib.Path, made_by: str) -> list[pathlib.Path]:
    """The files there that an earlier call wrote; ValueError if of others."""
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    names = [path.relative_to(folder).as_posix() for path in files]
    foreign = [n for n in names if not OWN_FILE.fullmatch(n)]
    description = folder / manifest.FACTS_NAME
    if description.exists() and f'"{made_by}"' not in (
        description.read_text(encoding="utf-8")
    ):
        foreign.append(description.name)
    if foreign:
        raise ValueError(
            f"The folder must be empty or hold a set made by {made_by}, which "
            "is replaced. Choose another. "
            f"Received: {folder}, with {foreign[0]}."
        )
    return files


def _make_tracks(
    plans: Sequence[music.TrackPlan],
    tags: Sequence[tuple[str, ...]],
    folder: pathlib.Path,
    sample_rate_hz: int,
    processes: int | None,
) -> list[manifest.Track]:
    if processes is None:
        # A process takes about a second to start: worth it for 32 tracks.
        processes = min(os.cpu_count() or 1, max(1, len(plans) // 32))
    make = functools.partial(
        make_track, folder=folder, sample_rate_hz=sample_rate_hz
    )
    if processes == 1:
        return list(map(make, plans, tags))
    # Spawned, not forked: the caller may have threads at work.
    with concurrent.futures.ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=worker_process.begin,
    ) as pool:
        return list(pool.map(make, plans, tags, chunksize=4))
