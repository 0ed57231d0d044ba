"""Turns audio files into WAV files: in parallel, resumable, with a limit.

The pool is ours by measurement. Each worker has a pipe of its own, so that one
that is killed from outside, as for want of memory, costs its own file. The
standard library's pool breaks as a whole; the workers of pebble 5.2 share a
pipe and its lock. Of 3,000 short jobs on two workers, of which one was killed
about twice a second, ours lost 18 to 24 in three tries, all of killed workers;
pebble's lost 32, 341 and 353, and in two of the tries some 2,000 never ended.
"""

import collections
import contextlib
import logging
import multiprocessing
import os
import pathlib
import time
from collections.abc import Generator, Mapping
from multiprocessing import connection

import soundfile
import soxr

from pipelines.prepare.wav_conversion import convert_worker, journal, progress
from pipelines.reading.slices import arrays
from tftag.audio import decoding_pool, ffmpeg
from tftag.console import counts_in_words, interrupts
from tftag.storage import atomic_write, no_links
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing

logger = logging.getLogger(__name__)

WAV_FOLDER = "wav"
# Workers in a row that are killed before they begin.
MAX_FALSE_STARTS = 5
TIMED_OUT = "timed out"


def made_by(sample_rate_hz: int) -> str:
    """Returns what decides the samples of a WAV besides its source.

    The version of ffmpeg is in the answers of the few files that it decides.
    """
    return (
        f"{sample_rate_hz} Hz mono at full scale, libsndfile "
        f"{soundfile.__libsndfile_version__}, soxr {soxr.__version__}"
    )


def convert_files(
    sources: Mapping[str, pathlib.Path | addresses.Address],
    folder: pathlib.Path,
    sample_rate_hz: int,
    *,
    processes: int | None = None,
    seconds_per_file: float = 120.0,
    in_place: bool = False,
    array_rate_hz: int | None = None,
) -> dict[str, dict]:
    """Converts files to `folder/wav/<track_id>.wav`.

    Files that an earlier call has finished are not touched. A file whose
    decoder crashes or does not come to an end costs that file alone.

    Args:
        sources: Path or address of the audio of each track id.
        folder: Where `wav` and the journal go.
        sample_rate_hz: Rate of the WAV files.
        processes: Worker processes; None is one per usable core.
        seconds_per_file: Time after which a file is given up.
        in_place: Whether to leave files where they are if slices of them can
            be read: decoded once all the same, without a WAV.
        array_rate_hz: Rate of `.npy` files.

    Returns:
        For each track id, in the order of `sources`, what
        `convert_worker.convert` returns.

    Raises:
        OSError: The folder cannot be written, as with a full disk.
        ValueError: Another process is writing to the folder.
    """
    if processes is None:
        processes = decoding_pool.usable_cores()
    if processes < 1 or not seconds_per_file > 0:
        raise ValueError(
            "`processes` and `seconds_per_file` must be > 0. "
            f"Received: {processes}, {seconds_per_file}."
        )
    wav_folder = folder / WAV_FOLDER
    no_links.refuse(wav_folder)
    wav_folder.mkdir(parents=True, exist_ok=True)
    how = made_by(sample_rate_hz)
    if in_place:
        how += ", in place"
    notes = journal.Journal(folder, how)
    try:
        for part in wav_folder.glob(".*.part*"):  # of a run that was killed
            part.unlink(missing_ok=True)
        facts = remote_listing.look_up(
            each
            for each in sources.values()
            if isinstance(each, addresses.Address)
        )
        installed = ffmpeg.version()
        answers, todo, waiting = {}, {}, []
        for track_id, place in sources.items():
            source: str | addresses.Address
            if isinstance(place, addresses.Address):
                source, fact = place, facts.get(place)
            else:
                source, fact = os.fspath(place), None
            try:
                key = notes.key(source, fact)
            except OSError as error:
                why = error.strerror or getattr(error, "reason", str(error))
                answers[track_id] = convert_worker.rejected(
                    "unreadable", str(why)
                )
                continue
            if arrays.is_array(source):
                key.append(array_rate_hz)
            known = notes.find(track_id, key)
            wav = _wav(folder, track_id)
            if known and _holds(known, wav, seconds_per_file, installed):
                answers[track_id] = known
                _warn(key, known)
            else:
                todo[track_id] = key
                waiting.append((track_id, source))
        if answers:
            logger.info("%d of %d files are done", len(answers), len(sources))
        pool = _Pool(
            processes,
            (sample_rate_hz, seconds_per_file, in_place, array_rate_hz),
            wav_folder,
            waiting,
        )
        results = pool.results()
        try:
            with interrupts.keeping(lambda: _kept(folder, answers, sources)):
                for track_id, part, answer in progress.shown(
                    results, len(todo)
                ):
                    _keep(folder, notes, track_id, todo[track_id], part, answer)
                    answers[track_id] = answer
        finally:
            results.close()
    finally:
        notes.close()
    return {track_id: answers[track_id] for track_id in sources}


def _kept(folder, answers, sources):
    """What is said when Ctrl-C ends the work."""
    return (
        f"{len(answers)} of {counts_in_words.are(len(sources), 'file')} done "
        f"and kept in {folder}; to go on: {interrupts.command()}"
    )


def _keep(folder, notes, track_id, key, part, answer):
    """Notes an answer, then puts the WAV in its place.

    In this order no file in its place is ever unknown, and what is known
    without being in its place is made again.
    """
    wav = _wav(folder, track_id)
    wav.unlink(missing_ok=True)
    if answer["final"]:
        notes.add(track_id, key, answer)
    if "reason" not in answer:
        if "codec" not in answer:
            os.replace(part, wav)
        _warn(key, answer)
    part.unlink(missing_ok=True)


def _warn(key, answer):
    for text in answer.get("warnings", ()):
        logger.warning("%s: %s", key[0], text)


def _holds(answer, wav, seconds_per_file, installed):
    """Whether a noted answer need not be found again."""
    if answer.get("reason") == TIMED_OUT:
        return answer["seconds"] >= seconds_per_file
    # Another ffmpeg, or the first one, may read it; without any, what an
    # earlier one gave stays.
    if answer.get("ffmpeg", installed) != installed and installed:
        return False
    if "reason" in answer or "codec" in answer:
        return True
    return wav.exists() and wav.stat().st_size == answer["file_bytes"]


def _wav(folder, track_id):
    return folder / WAV_FOLDER / f"{track_id}.wav"


class _Worker:
    """A process and the file that it is busy with."""

    def __init__(self, context, settings):
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=convert_worker.serve,
            args=(theirs, *settings),
            daemon=True,
        )
        self.process.start()
        theirs.close()
        self.track_id = None
        self.part = None
        self.deadline = float("inf")
        self.ready = False

    def end(self) -> int:
        """Kills the process, whatever it does; returns its exit code."""
        self.process.kill()
        self.process.join()
        self.connection.close()
        code = self.process.exitcode
        self.process.close()
        if self.part is not None:
            convert_worker.remove(self.part)
        return code


class _Pool:
    """Worker processes that can be killed one by one."""

    def __init__(self, processes, settings, wav_folder, waiting):
        self._processes = processes
        self._settings = settings  # what `convert_worker.serve` takes
        self._seconds = settings[1]
        self._wav_folder = wav_folder
        self._waiting = collections.deque(waiting)
        self._workers = []
        self._false_starts = 0
        # Not fork: it would copy the threads' locks of whoever calls.
        self._context = multiprocessing.get_context("spawn")

    def results(self) -> Generator[tuple[str, pathlib.Path, dict], None, None]:
        """Yields (track id, where its WAV is for now, answer)."""
        try:
            while self._waiting or self._busy():
                wanted = min(self._processes, self._busy() + len(self._waiting))
                while len(self._workers) < wanted:
                    self._workers.append(_Worker(self._context, self._settings))
                yield from self._step()
        finally:
            for worker in self._workers:
                worker.end()

    def _busy(self):
        return sum(worker.track_id is not None for worker in self._workers)

    def _step(self):
        now = time.monotonic()
        deadline = min(worker.deadline for worker in self._workers)
        answered = connection.wait(
            [worker.connection for worker in self._workers],
            timeout=max(0.0, min(deadline - now, 3_600.0)),
        )
        for worker in list(self._workers):
            if worker.connection in answered:
                yield from self._receive(worker)
            elif worker.deadline <= time.monotonic():
                yield self._lose(
                    worker,
                    TIMED_OUT,
                    f"after {counts_in_words.count(self._seconds, 'second')}",
                    final=True,
                    seconds=self._seconds,
                )

    def _receive(self, worker):
        try:
            answer = worker.connection.recv()
        except (EOFError, ConnectionResetError):
            worker.process.join(timeout=1.0)
            lost = self._lose(worker, "unreadable", "the decoder crashed")
            if lost[0] is not None:
                yield lost
            return
        if isinstance(answer, OSError):
            raise answer
        if worker.ready:
            yield worker.track_id, worker.part, answer
        worker.ready = True
        self._false_starts = 0
        worker.track_id = worker.part = None
        worker.deadline = float("inf")
        if self._waiting:
            track_id, source = self._waiting.popleft()
            worker.track_id = track_id
            worker.part = atomic_write.temporary(self._wav_folder)
            worker.deadline = time.monotonic() + self._seconds
            # Of a worker that has died meanwhile the next step will know.
            with contextlib.suppress(BrokenPipeError):
                worker.connection.send((source, os.fspath(worker.part)))

    def _lose(self, worker, reason, detail, **facts):
        """Ends a worker that hangs or has died; another will take over."""
        self._workers.remove(worker)
        code = worker.end()
        if not worker.ready:
            # What ends by itself would do so again; a signal may be chance.
            self._false_starts += 1
            if code >= 0 or self._false_starts > MAX_FALSE_STARTS:
                raise ChildProcessError(
                    "A worker process ended before it began, with exit code "
                    f"{code}"
                )
        answer = convert_worker.rejected(reason, detail, **facts)
        return worker.track_id, worker.part, answer
