"""What a worker process of `convert` does, one file at a time."""

import glob
import hashlib
import logging
import os
import pathlib
import re
import signal
from multiprocessing import connection as connections

from pipelines.prepare.wav_conversion import journal
from pipelines.reading.slices import arrays, in_place_check, slice_decoders
from tftag import audio
from tftag.audio import ffmpeg, sample_file
from tftag.storage.remote import address as addresses
from tftag.storage.remote import retries, transfers

_ADDRESS = "its address has a password, a query or .. in it"


def serve(
    connection: connections.Connection,
    sample_rate_hz: int,
    seconds_per_file: float,
    in_place: bool = False,
    array_rate_hz: int | None = None,
) -> None:
    """Converts the files that the other end names, until it hangs up.

    Sends None when it is ready. Receives (source, target); answers with what
    `convert` returns, or with an OSError when the target cannot be written.

    Args:
        connection: A `multiprocessing` connection.
        sample_rate_hz: Rate of the WAV files.
        seconds_per_file: Time after which the parent kills this process.
        in_place: As in `convert`.
        array_rate_hz: As in `convert`.
    """
    # Ctrl-C reaches the whole group: the parent decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # libmpg123 writes about odd headers to the terminal.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    connection.send(None)
    while True:
        try:
            source, target = connection.recv()
        except EOFError:
            return
        # Should the parent die, nobody else would end a decoder that hangs.
        signal.alarm(int(min(seconds_per_file, 1e6)) + 10)
        answer: dict | OSError
        try:
            answer = convert(
                source, target, sample_rate_hz, in_place, array_rate_hz
            )
        except OSError as error:
            answer = error
        except Exception as error:  # nobody would see what a process dies of
            remove(pathlib.Path(target))
            answer = rejected("unreadable", f"{type(error).__name__}: {error}")
        signal.alarm(0)
        try:
            connection.send(answer)
        except BrokenPipeError:  # nobody is left to put it in its place
            remove(pathlib.Path(target))
            return


def remove(part: pathlib.Path) -> None:
    """Removes an unfinished WAV, and what was fetched to make it."""
    for path in part.parent.glob(f"{glob.escape(part.name)}*"):
        path.unlink(missing_ok=True)


def rejected(
    reason: str, detail: str, final: bool = False, **facts: object
) -> dict:
    """The answer for a file that cannot be used; see `convert`."""
    return {"reason": reason, "detail": detail, "final": final, **facts}


def convert(
    source: str | addresses.Address,
    target: str,
    sample_rate_hz: int,
    in_place: bool = False,
    array_rate_hz: int | None = None,
) -> dict:
    """Writes the WAV of one file, or finds that it can do without.

    What has an address is fetched first, to a file beside the target.

    Args:
        source: Any audio file, or `.npy`.
        target: Where the WAV goes.
        sample_rate_hz: Its rate.
        in_place: Whether to write none where slices of the source can be
            read instead. One that cannot be read so is converted, and
            `warnings` says why.
        array_rate_hz: Rate of `.npy` files.

    Returns:
        `samples`, `peak`, `data_offset`, `file_bytes`, `audio_hash` and
        `warnings`, and of a file that stays where it is also `codec`,
        `source_rate_hz` and `source_frames`; or `reason` and `detail` of one
        that cannot be used.
        `final` is False where another try may end otherwise. `ffmpeg` is
        there where libsndfile gave up: the version that was used or refused
        it too, None where none is installed.

    Raises:
        OSError: The WAV cannot be written.
    """
    if not isinstance(source, addresses.Address):
        return _convert(source, target, sample_rate_hz, in_place, array_rate_hz)
    # Its ending may tell its format, and is the only part taken from outside.
    ending = re.search(r"\.[A-Za-z0-9]{1,5}$", source.name)
    fetched = f"{target}.fetched{ending[0] if ending else ''}"
    # The manifest, which others read, would tell the secret.
    stays = in_place and not source.has_secrets and ".." not in source.text
    try:
        transfers.fetch_to_file(source, fetched)
        answer = _convert(fetched, target, sample_rate_hz, stays, array_rate_hz)
        if in_place and not stays and "warnings" in answer:
            answer["warnings"].append(f"{journal.NOT_IN_PLACE}: {_ADDRESS}")
        return answer
    except retries.RemoteError as error:
        return rejected("unreadable", error.reason)
    finally:
        if os.path.exists(fetched):
            os.unlink(fetched)


def _convert(source, target, sample_rate_hz, in_place, array_rate_hz):
    warnings = _Collected()
    audio.logger.addHandler(warnings)
    try:
        if arrays.is_array(source):
            recording = arrays.decode_array(
                source, array_rate_hz, sample_rate_hz
            )
        else:
            recording = audio.decode_file(source, sample_rate_hz)
    except audio.UnusableAudio as error:
        detail = str(error).removeprefix(f"{source}: ")
        decided_by = _decided_by(error)
        return rejected(error.reason, detail, final=True, **decided_by)
    except OSError as error:
        return rejected("unreadable", error.strerror or str(error))
    finally:
        audio.logger.removeHandler(warnings)
    facts = None
    if in_place:
        try:
            facts = in_place_check.facts(
                source, recording, sample_rate_hz, array_rate_hz
            )
        except (slice_decoders.Undecodable, OSError) as error:
            warnings.texts.append(f"{journal.NOT_IN_PLACE}: {error}")
    if facts is None:
        facts = _write(target, recording, sample_rate_hz)
    known = hashlib.blake2b(digest_size=16)
    for block in sample_file.blocks(recording.samples):
        known.update(block.astype("<i2", copy=False).data)
    return {
        "samples": recording.samples.size,
        "peak": recording.peak,
        **facts,
        "audio_hash": known.hexdigest(),
        "warnings": [
            text.removeprefix(f"{source}: ") for text in warnings.texts
        ],
        "final": True,
        **_decided_by(recording),
    }


def _write(target, recording, sample_rate_hz):
    try:
        data_offset = audio.write_wav(target, recording.samples, sample_rate_hz)
        with open(target, "rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        if os.path.exists(target):
            os.unlink(target)
        # A full disk has no file name of its own.
        folder = os.path.dirname(target)
        raise OSError(error.errno, error.strerror, folder) from error
    return {
        "data_offset": data_offset,
        "file_bytes": os.path.getsize(target),
    }


def _decided_by(outcome):
    return {"ffmpeg": ffmpeg.version()} if outcome.by_ffmpeg else {}


class _Collected(logging.Handler):
    """Keeps what the decoder warns of, for the parent to tell."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())
