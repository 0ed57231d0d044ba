"""Reads the slices of recordings that a batch uses."""

import contextlib
import logging
import threading
import traceback
from collections.abc import Iterator, Sequence

import numpy as np

from pipelines import manifest as manifests
from pipelines.reading.slices import in_place, local_file, slice_decoders
from tftag.storage.remote import address as addresses
from tftag.storage.remote import fetched_files, retries, transfers

logger = logging.getLogger(__name__)

_BYTES_PER_SAMPLE = 2
# TensorFlow takes over an array without a copy if it is aligned like this.
_ALIGNMENT_BYTES = 64


class SliceReader:
    """Reads clips of the recordings of one manifest, safe in many threads.

    A file that is missing, truncated or unreadable is lost: it is named once in
    the log and kept in `lost`, and the next readable row takes its place, until
    too many are lost. The same loss always gets the same replacement. Prepared
    WAV files are read as they are; files that were not converted are decoded to
    the same samples by `in_place`, remote ones from a cache.

    Attributes:
        manifest: The recordings; rows count from 0 in its order.
        clip_samples: Length of every clip.
        max_lost_share: Largest share of recordings that may be lost.
        decoder: Reads the files that were not converted.
        lost: Path in the manifest -> why it cannot be read.
        failure: The latest error of reading, or `None`. TensorFlow reports an
            error inside a data set as a type of its own that contains this
            text; see `plain_errors`.
    """

    def __init__(
        self,
        manifest: manifests.Manifest,
        clip_samples: int,
        max_lost_share: float = 0.01,
        decoder: slice_decoders.Decoder = slice_decoders.libsndfile,
    ):
        """Opens nothing yet."""
        if not manifest.tracks:
            raise ValueError(
                "The manifest must hold at least one recording. Received: 0 "
                f"in {manifest.folder}."
            )
        if clip_samples < 1:
            raise ValueError(
                f"`clip_samples` must be at least 1. Received: {clip_samples}."
            )
        if not 0 <= max_lost_share < 1:
            raise ValueError(
                "`max_lost_share` must lie in 0 <= share < 1. Received: "
                f"{max_lost_share}."
            )
        self.manifest = manifest
        self.clip_samples = clip_samples
        self.max_lost_share = max_lost_share
        self.decoder = decoder
        self.lost: dict[str, str] = {}
        self.failure: ValueError | None = None
        self._lock = threading.Lock()
        self._fetched = fetched_files.FetchedFiles()
        self._waits = manifest.has_addresses

    def __call__(self, row: int, start: int) -> tuple[np.ndarray, int]:
        """Reads one clip.

        Args:
            row: Position of the recording in the manifest.
            start: First sample of the clip.

        Returns:
            int16 `[samples]`, with zeros after the end of the recording, and
            the row that was read: another one if this one is lost.

        Raises:
            ValueError: Too many files are lost.
        """
        clips, rows_used = self.read([row], [start])
        return clips[0], int(rows_used[0])

    def read(
        self,
        rows: Sequence[int],
        starts: Sequence[int],
        replace_lost: bool = True,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Reads a batch of clips.

        Args:
            rows: Positions in the manifest `[batch]`.
            starts: First samples of the clips `[batch]`.
            replace_lost: Whether another recording may replace a lost one;
                not for scores.

        Returns:
            int16 `[batch, samples]` and the rows that were read, int64
            `[batch]`.

        Raises:
            ValueError: Too many files are lost, or one that must not be
                replaced; or the numbers of rows and starts differ.
        """
        if len(rows) != len(starts):
            raise ValueError(
                "Every row needs one start. Received: "
                f"{len(rows)} rows, {len(starts)} starts."
            )
        clips = _aligned_clips(len(rows), self.clip_samples)
        rows_used = np.empty(len(rows), np.int64)

        def read_one(i: int):
            row, start = rows[i], starts[i]
            if replace_lost:
                rows_used[i] = self._fill_or_replace(clips[i], row, start)
            else:
                self._fill_exactly(clips[i], row, start)
                rows_used[i] = row

        if self._waits:
            transfers.at_once(read_one, len(rows))
        else:
            for i in range(len(rows)):
                read_one(i)
        return clips, rows_used

    @contextlib.contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Raises the reader's own `ValueError` from `fit` or a loop inside.

        A `ValueError` in a `tf.data` pipeline arrives at its consumer as
        `tf.errors.InvalidArgumentError` with a traceback for a message.
        """
        self.failure = None
        try:
            yield
        except Exception as error:
            if self.failure is None:
                raise
            # The traceback holds the data set's iterator, whose end waits for
            # the reading threads. So it ends here, and the reader's own error
            # gets no traceback: in a reading thread nothing may be freed that
            # waits for that thread.
            traceback.clear_frames(error.__traceback__)
            raise ValueError(str(self.failure)) from error

    def _fill_or_replace(self, clip: np.ndarray, row: int, start: int) -> int:
        tracks = self.manifest.tracks
        candidate = row
        # Ends at the latest when all are lost, which is past every share.
        while True:
            track = tracks[candidate]
            if track.path not in self.lost:
                reason = self._fill(clip, track, start)
                if reason is None:
                    return candidate
                self._lose(track, reason)
            self._check_share()
            candidate = (candidate + 1) % len(tracks)
            # It may be shorter than the lost one.
            start %= max(1, tracks[candidate].samples - self.clip_samples + 1)

    def _fill_exactly(self, clip: np.ndarray, row: int, start: int):
        track = self.manifest.tracks[row]
        reason = self._fill(clip, track, start)
        if reason is not None:
            raise self._failed(
                "A recording that is to be scored cannot be read: "
                f"{self.manifest.wav_path(track)}: {reason}. Restore it, or "
                "prepare the audio again."
            )

    def _fill(
        self, clip: np.ndarray, track: manifests.Track, start: int
    ) -> str | None:
        """Reads into `clip`; returns why it could not, or `None`."""
        try:
            self._read_into(clip, track, start)
        except retries.RemoteError as error:
            return error.reason
        except OSError as error:
            return error.strerror or str(error)
        except slice_decoders.Undecodable as error:
            return str(error)
        return None

    def _read_into(self, clip: np.ndarray, track: manifests.Track, start: int):
        if not 0 <= start < track.samples:
            raise ValueError(
                f"`start` must lie in the {track.samples} samples of "
                f"{track.path}. Received: {start}."
            )
        count = min(self.clip_samples, track.samples - start)
        clip[count:] = 0
        path = self.manifest.wav_path(track)
        unread = memoryview(clip[:count].data).cast("B")
        first_byte = track.data_offset + _BYTES_PER_SAMPLE * int(start)
        if track.codec != manifests.PREPARED:
            with self._fetched.here(
                path, track.file_bytes, track.audio_hash
            ) as here:
                in_place.fill(
                    clip[:count],
                    here,
                    track,
                    self.manifest.sample_rate_hz,
                    start,
                    self.decoder,
                )
        elif isinstance(path, addresses.Address):
            unread[:] = transfers.read_range(path, first_byte, len(unread))
        else:
            with local_file.open_whole(path, track.file_bytes) as file:
                file.seek(first_byte)
                local_file.fill(file, unread)

    def _lose(self, track: manifests.Track, reason: str):
        with self._lock:
            if track.path not in self.lost:
                self.lost[track.path] = reason
                logger.warning(
                    "Lost %s: %s. The next recording takes its place (%d of "
                    "%d lost).",
                    self.manifest.wav_path(track),
                    reason,
                    len(self.lost),
                    len(self.manifest.tracks),
                )

    def _check_share(self):
        recordings = len(self.manifest.tracks)
        if len(self.lost) > self.max_lost_share * recordings:
            with self._lock:
                lost = dict(self.lost)
            named = "; ".join(f"{k}: {v}" for k, v in list(lost.items())[:3])
            raise self._failed(
                f"Lost recordings must be at most {self.max_lost_share:.3g} "
                f"(max_lost_share) of all. Received: {len(lost)} of "
                f"{recordings} in {self.manifest.folder}, the first: {named}. "
                "Restore the files or prepare the audio again, or allow a "
                "larger share."
            )

    def _failed(self, message: str) -> ValueError:
        self.failure = ValueError(message)
        return self.failure


def _aligned_clips(clips: int, samples: int) -> np.ndarray:
    """Returns an uninitialised int16 `[clips, samples]`."""
    used_bytes = clips * samples * _BYTES_PER_SAMPLE
    memory = np.empty(used_bytes + _ALIGNMENT_BYTES, np.uint8)
    first = -memory.ctypes.data % _ALIGNMENT_BYTES
    used = memory[first : first + used_bytes]
    return used.view(np.int16).reshape(clips, samples)
