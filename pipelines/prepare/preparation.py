"""From what a source lists to a prepared data set."""

import dataclasses
import logging
import os
from collections.abc import Sequence

from pipelines import manifest, splits
from pipelines.prepare import overwriting, rejected
from pipelines.prepare.wav_conversion import convert
from pipelines.reading.slices import arrays
from pipelines.sources import listings
from tftag import tags
from tftag.console import counts_in_words
from tftag.storage.remote import address as addresses

logger = logging.getLogger(__name__)

COPY_UP = (
    "copy it up when it is finished, "
    "`python -m pipelines.copy_up FOLDER ADDRESS`"
)
DEFAULT_WEIGHTS = (8, 1, 1)
_LEAK = (
    "would be in more than one split: figures would come out too good. Leave "
    "the splits out of the table to have them made by artist, or take them as "
    "they are with --accept-leak, which notes the leak in the manifest and "
    "with all results."
)


@dataclasses.dataclass(frozen=True)
class Options:
    """What a person may decide about a preparation.

    Attributes:
        sample_rate_hz: Rate of the WAV files.
        min_count: Recordings that a tag needs to be learned.
        top: Number of tags to learn, the most frequent; None is all.
        vocabulary: The tags to learn, in order, instead of the two above.
        split_weights: Shares or counts of train, validation and, if given,
            test; None is 8/1/1. Only for data without splits of its own.
        seed: Seed of the splits.
        accept_leak: Whether splits may share artists or audio; what they
            share is written into the manifest.
        drop_duplicates: Keep only the first of recordings with equal audio.
        max_rejected_share: Share of the listed recordings that may fail.
        seconds_per_file: Time after which a file is given up.
        processes: Worker processes; None is one per usable core.
        in_place: Whether the manifest names the files where they are, and
            training reads slices of them, instead of converting them.
        array_rate_hz: Rate of `.npy` files, which they do not tell.
    """

    sample_rate_hz: int = 16_000
    min_count: int = 1
    top: int | None = None
    vocabulary: Sequence[str] | None = None
    split_weights: Sequence[float] | None = None
    seed: int = 0
    accept_leak: bool = False
    drop_duplicates: bool = False
    max_rejected_share: float = 0.1
    seconds_per_file: float = 120.0
    processes: int | None = None
    in_place: bool = False
    array_rate_hz: int | None = None

    def __post_init__(self):
        """Refuses early what would fail after hours."""
        for rate_hz in (self.sample_rate_hz, self.array_rate_hz):
            if rate_hz is not None and not 1_000 <= rate_hz <= 1_000_000:
                raise ValueError(
                    "A sample rate must be between 1,000 and 1,000,000 Hz. "
                    f"Received: {rate_hz}."
                )
        if not 0 <= self.max_rejected_share <= 1:
            raise ValueError(
                "The share that may be rejected must be between 0 and 1. "
                f"Received: {self.max_rejected_share}."
            )
        if self.seed < 0:
            raise ValueError(f"The seed must be >= 0. Received: {self.seed}.")
        splits.check_weights(self.split_weights or DEFAULT_WEIGHTS)


def prepare(
    listing: listings.Listing,
    audio_folder: str | os.PathLike[str] | addresses.Address,
    out: str | os.PathLike[str],
    options: Options,
) -> tuple[manifest.Manifest, list[rejected.Rejected]]:
    """Converts the recordings of a listing and writes their manifest.

    Args:
        listing: What a source read.
        audio_folder: What names in `rejected.csv` are relative to.
        out: Folder of the prepared data set.
        options: Decides the rest.

    Returns:
        The manifest as written, and what `rejected.csv` names.

    Raises:
        ValueError: Too many files failed, the splits leak, no tag is left.
        OSError: The folder cannot be written, as with a full disk.
    """
    out = addresses.local(out, "--out", COPY_UP)
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out must be a folder. Received: {out}")
    given = any(recording.split for recording in listing.recordings)
    if given and options.split_weights is not None:
        raise ValueError(
            "The data set has splits of its own, which are kept: leave out "
            "--split, or the splits of the data."
        )
    # Fails now rather than after hours; what is left decides below.
    overwriting.refuse_own_files(out, (i.path for i in listing.recordings))
    _check_arrays(listing, options)
    _vocabulary(listing, listing.recordings, options)
    artists, of_artists = splits.shared_artists(listing.recordings)
    if artists and not options.accept_leak:
        raise ValueError(
            f"{counts_in_words.count(len(artists), 'artist')} "
            f"({counts_in_words.some(artists)}) with {of_artists} recordings "
            f"{_LEAK}"
        )
    _check_losses(
        out, rejected.of_listing(listing), len(listing.recordings), options
    )
    answers = convert.convert_files(
        {item.track_id: item.path for item in listing.recordings},
        out,
        options.sample_rate_hz,
        processes=options.processes,
        seconds_per_file=options.seconds_per_file,
        in_place=options.in_place,
        array_rate_hz=options.array_rate_hz,
    )
    lost = rejected.collect(
        listing, answers, audio_folder, options.drop_duplicates
    )
    lost_ids = {entry.track_id for entry in lost}
    kept = [i for i in listing.recordings if i.track_id not in lost_ids]
    _check_losses(out, lost, len(kept), options)
    vocabulary = _vocabulary(listing, kept, options)
    _warn_of_missing(vocabulary, kept)
    prepared = manifest.Manifest(
        folder=out,
        sample_rate_hz=options.sample_rate_hz,
        tracks=manifest.Tracks.of(
            _track(item, answers[item.track_id], out) for item in kept
        ),
        vocabulary=vocabulary,
        audit={},
        source={
            **listing.source,
            "made_by": convert.made_by(options.sample_rate_hz)
            + _also_by(answers[item.track_id] for item in kept),
        },
    )
    if not given:
        prepared = _with_splits(prepared, options)
    audit = splits.audit(prepared.tracks)
    how = "at random" if audit["artists"] == "unknown" else "by artist"
    audit["splits"] = "as given" if given else f"{how}, seed {options.seed}"
    if audit["leaks"] and not options.accept_leak:
        equal = audit["shared_audio"]
        raise ValueError(
            f"{counts_in_words.count(len(equal), 'piece')} of audio (as "
            f"{' = '.join(equal[0])}) {_LEAK}"
        )
    prepared = dataclasses.replace(prepared, audit=audit)
    manifest.write_manifest(prepared)
    _tell_of_others(prepared)
    return prepared, lost


def _tell_of_others(prepared):
    """Names the WAVs of rows that have left the table, or were rejected."""
    folder = prepared.folder / convert.WAV_FOLDER
    if not folder.is_dir():
        return
    known = {path.rpartition("/")[2] for path in prepared.tracks.texts("path")}
    others = sorted(set(os.listdir(folder)) - known)
    if others:
        size = sum((folder / name).lstat().st_size for name in others)
        logger.warning(
            "%s in %s (%.1f MB) %s no recording of the data set any more and "
            "can be deleted: %s",
            counts_in_words.count(len(others), "file"),
            folder,
            size / 1e6,
            "is of" if len(others) == 1 else "are of",
            counts_in_words.some(others),
        )


def _check_losses(out, lost, kept, options):
    """Writes what is lost, and refuses when it is too much."""
    out.mkdir(parents=True, exist_ok=True)
    rejected.write(out, lost)
    rejected.check_share(lost, kept, options.max_rejected_share, out)


def _vocabulary(listing, recordings, options):
    """The tags to learn; at least one of them must occur."""
    names = options.vocabulary
    if names is None and options.min_count == 1 and options.top is None:
        names = listing.vocabulary
    lists = [recording.tags for recording in recordings]
    there = sorted({name for held in lists for name in held})
    if not there:
        raise ValueError(
            f"None of {counts_in_words.count(len(lists), 'recording')} has a "
            "tag: there is nothing to learn. Give tags to some of them."
        )
    vocabulary = tags.build_vocabulary(
        lists, min_count=options.min_count, top=options.top, names=names
    )
    if not any(name in vocabulary for name in there):
        raise ValueError(
            f"None of {counts_in_words.count(len(vocabulary), 'tag')} to learn "
            "is carried by any of "
            f"{counts_in_words.count(len(lists), 'recording')}. Spell them as "
            "the data does, or see --tag-separator. Received: "
            f"{vocabulary.names[0]!r} first; the recordings have "
            f"{counts_in_words.some(there)}."
        )
    return vocabulary


def _warn_of_missing(vocabulary, recordings):
    carried = {name for recording in recordings for name in recording.tags}
    missing = [name for name in vocabulary.names if name not in carried]
    if missing:
        logger.warning(
            "%d of the %d tags have no recording and cannot be learned: %s",
            len(missing),
            len(vocabulary),
            counts_in_words.some(missing),
        )


def _check_arrays(listing, options):
    held = [i.path for i in listing.recordings if arrays.is_array(i.path)]
    if held and options.array_rate_hz is None:
        raise ValueError(
            "NumPy arrays do not tell their rate, and "
            f"{counts_in_words.are(len(held), 'recording')} in one: name it "
            "with --array-rate-hz. Received: none; the first is "
            f"{held[0]}"
        )


def _track(recording, answer, out):
    facts = ["samples", "peak", "data_offset", "file_bytes", "audio_hash"]
    path = f"{convert.WAV_FOLDER}/{recording.track_id}.wav"
    if "codec" in answer:
        facts += ["codec", "source_rate_hz", "source_frames"]
        path = _place(recording.path, out)
    return manifest.Track(
        track_id=recording.track_id,
        path=path,
        split=recording.split,
        artist=recording.artist,
        tags=recording.tags,
        **{name: answer[name] for name in facts},
    )


def _also_by(answers):
    versions = {answer.get("ffmpeg") for answer in answers} - {None}
    return "".join(f", ffmpeg {version}" for version in sorted(versions))


def _place(path, out):
    """Relative to the data set where it lies in it, otherwise whole."""
    if isinstance(path, addresses.Address):
        return f"{path.scheme}://{path.text.partition('://')[2]}"
    return listings.relative_name(os.path.abspath(path), os.path.abspath(out))


def _with_splits(prepared, options):
    sides = splits.assign_splits(
        prepared.tracks.texts("artist"),
        prepared.labels(),
        options.split_weights or DEFAULT_WEIGHTS,
        options.seed,
        prepared.tracks.texts("audio_hash"),
    )
    tracks = prepared.tracks.with_texts("split", sides)
    return dataclasses.replace(prepared, tracks=tracks)
