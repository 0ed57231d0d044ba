"""Each recording measured once: its levels and fingerprint, kept on disk."""

import dataclasses
import json
import logging
import math
import os
import pathlib

import numpy as np

from pipelines import manifest
from pipelines.inspect import levels
from pipelines.inspect.fingerprints import fingerprint, near_duplicates
from pipelines.reading import slice_reader
from pipelines.reading.slices import local_file
from tftag.console import counts_in_words, interrupts
from tftag.storage import no_links, plain_json
from tftag.storage.remote import address as addresses

WORDS_NAME = "fingerprints.u32"
TABLE_NAME = "fingerprints.jsonl"
# Another number makes what older code measured be measured again.
FORMAT = 1
_CHUNK_SECONDS = 60
_LOG_EVERY = 2_000

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Measurements:
    """What was measured of the recordings of a manifest.

    Attributes:
        levels: Per recording, `None` where it could not be read.
        words: uint32, the fingerprints one behind the other; mapped from a
            file.
        places: Where each recording's begin and end in `words`
            `[recordings, 2]`; equal where it could not be read.
        unreadable: Path in the manifest -> why it cannot be read.
    """

    levels: tuple[levels.Levels | None, ...]
    words: np.ndarray
    places: np.ndarray
    unreadable: dict[str, str]

    def near_duplicates(
        self, max_error_rate: float = near_duplicates.MAX_ERROR_RATE
    ) -> list[near_duplicates.Pair]:
        """Recordings that share audio; of equal ones the first alone.

        Args:
            max_error_rate: See `near_duplicates.find_in_table`.

        Returns:
            Pairs of rows, those that share most first.
        """
        row_at: dict[int, int] = {}
        for row, (start, end) in enumerate(self.places.tolist()):
            if end > start:
                row_at.setdefault(start, row)
        # Between them may lie what belongs to no recording of today.
        starts = np.unique(np.append(self.places, [0, len(self.words)]))
        rows = [row_at.get(start) for start in starts.tolist()]
        found = []
        for pair in near_duplicates.find_in_table(
            self.words, starts, max_error_rate
        ):
            first, second = rows[pair.first], rows[pair.second]
            if first is not None and second is not None:
                found.append(pair.between(first, second))
        return found


def measure(prepared: manifest.Manifest, folder: pathlib.Path) -> Measurements:
    """Measures all recordings, or takes what an earlier call kept.

    Each finished recording is kept at once: a call that was killed goes on
    where it was. A recording is measured again where its audio, length or size
    in the manifest is another.

    Args:
        prepared: The recordings.
        folder: Where `fingerprints.u32` and `.jsonl` are kept.

    Returns:
        The measurements; a file that cannot be read is named in them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words_path, table_path = folder / WORDS_NAME, folder / TABLE_NAME
    for path in (words_path, table_path):  # before they are read as well
        no_links.refuse(path)
    known = _read_table(table_path, words_path)
    found: list[_Entry | None] = []
    unreadable: dict[str, str] = {}
    chunk_samples = _CHUNK_SECONDS * prepared.sample_rate_hz
    reader = slice_reader.SliceReader(prepared, chunk_samples)
    with (
        no_links.append(words_path, is_text=False) as words,
        no_links.append(table_path) as table,
        interrupts.keeping(
            lambda: (
                f"{len(found)} of "
                f"{counts_in_words.are(len(prepared.tracks), 'recording')} "
                f"measured and kept in {folder}; to go on: "
                f"{interrupts.command()}"
            )
        ),
    ):
        no_links.take(
            table,
            f"Another process is writing {table_path}. Wait for its end, or "
            "name another folder.",
        )
        # What was written when a call was killed, but not noted.
        words.truncate(words_path.stat().st_size // 4 * 4)
        words.seek(0, os.SEEK_END)
        for row, track in enumerate(prepared.tracks):
            key = _key(track, prepared.sample_rate_hz)
            entry = known.get(json.dumps(key))
            try:
                if entry is None:
                    level, made = _measure(reader, row)
                else:
                    _check_is_there(prepared.wav_path(track), track)
            # A RuntimeError is what libsndfile raises.
            except (ValueError, OSError, RuntimeError) as error:
                unreadable[track.path] = _reason(error)
                found.append(None)
                continue
            if entry is None:
                entry = _Entry(key, words.tell() // 4, len(made), level)
                words.write(made.astype("<u4").tobytes())
                words.flush()
                table.write(entry.line())
                table.flush()
                known[json.dumps(key)] = entry
            found.append(entry)
            if (row + 1) % _LOG_EVERY == 0:
                logger.info("measured %d of %d", row + 1, len(prepared.tracks))
    places = np.array(
        [(e.start, e.start + e.words) if e else (0, 0) for e in found],
        np.int64,
    ).reshape(-1, 2)
    return Measurements(
        levels=tuple(e.levels if e else None for e in found),
        words=_map_words(words_path),
        places=places,
        unreadable=unreadable,
    )


@dataclasses.dataclass(frozen=True)
class _Entry:
    """One line of the table."""

    key: list
    start: int
    words: int
    levels: levels.Levels

    def line(self) -> str:
        return plain_json.line(dataclasses.asdict(self), "ascii")


def _key(track, sample_rate_hz):
    # The name is not in it: equal audio is measured once.
    facts = [track.audio_hash or track.path, track.samples, track.file_bytes]
    return [FORMAT, sample_rate_hz, *facts]


def _measure(reader, row):
    rate_hz = reader.manifest.sample_rate_hz
    track = reader.manifest.tracks[row]
    meter = levels.LevelMeter(rate_hz)
    words = fingerprint.Fingerprinter(rate_hz)
    for start in range(0, track.samples, reader.clip_samples):
        clips, _ = reader.read([row], [start], replace_lost=False)
        samples = clips[0, : track.samples - start]
        meter.add(samples)
        words.add(samples)
    return meter.finish(), words.finish()


def _check_is_there(path, track):
    """Refuses what was measured once and lacks now; a bucket is not asked."""
    if not isinstance(path, addresses.Address):
        local_file.open_whole(path, track.file_bytes).close()


def _reason(error):
    """The reader's message without what all of its messages share."""
    text = str(getattr(error, "strerror", "") or error).removeprefix(
        "A recording that is to be scored cannot be read: "
    )
    return text.removesuffix(" Restore it, or prepare the audio again.")


def _read_table(table_path, words_path):
    """What an earlier call kept: key -> entry; nothing that was cut short."""
    known: dict[str, _Entry] = {}
    if not table_path.exists() or not words_path.exists():
        return known
    held = words_path.stat().st_size // 4
    with open(table_path, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                fields = json.loads(line)
                # JSON has no -inf, the level of silence.
                facts = {
                    name: -math.inf if value is None else value
                    for name, value in fields["levels"].items()
                }
                fields["levels"] = levels.Levels(**facts)
                entry = _Entry(**fields)
                if entry.start + entry.words <= held:
                    known[json.dumps(entry.key)] = entry
            except (
                *plain_json.DAMAGE,
                *(AttributeError, KeyError, TypeError),
            ):
                continue  # cut short: that recording is measured again
    return known


def _map_words(path):
    if not path.stat().st_size:
        return np.zeros(0, np.uint32)
    held = path.stat().st_size // 4
    return np.memmap(path, "<u4", "r", shape=(held,))
