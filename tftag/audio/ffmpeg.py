"""Audio that ffmpeg decodes, through a pipe and within limits."""

import functools
import os
import re
import selectors
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from typing import IO, Self, cast

import numpy as np
import numpy.typing as npt

from tftag.console import counts_in_words

# Containers that are known by their contents and name no other file. Playlists
# (hls, concat, dash) would have ffmpeg open what they list; streams without a
# header are guessed from noise; libsndfile reads MP3.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm,avi,flv,mpeg,mpegts,rm",
    "asf,asf_o",
    "ogg,flac,wav,w64,aiff,caf,au,voc",
    "aac,loas,ac3,eac3,dts,dtshd,mlp,truehd,amr",
    "ape,wv,mpc,mpc8,tta,tak,dsf,iff,shn",
)
# A file within these limits is longer than any recording, or hangs.
_MAX_HOURS = 24
_MAX_CHANNELS = 64
_STALLED_SECONDS = 60.0
_CPU_SECONDS = 600  # ends also a process that nobody waits for any more
_ALLOCATED_BYTES = 256 << 20  # in one allocation inside ffmpeg
_BLOCK_FRAMES = 1 << 16
_AU_HEADER = struct.Struct(">4s5I")  # magic, offset, bytes, coding, rate, ...
_AU_FLOAT32 = 6
_KEPT_BYTES = 2_000
_NOT_ALLOWED = re.compile(r"(?:\S+: )?(\S*): Format not on whitelist .*")
_EXPLAINED = (
    r"it takes it for \1, which is not read: such files may be noise, or "
    "name other files"
)
# Phones put sound of a kind of their own beside the ordinary one.
_NO_DECODER = re.compile("Decoder .*not found|no decoder found")
_MOST_TRACKS = 8
_NO_TRACK = re.compile(r"Stream map .* matches no streams\.*")
# Covers and films are looked at, though not decoded; and AU, as it is written
# here, has no times that could go back, as those of joined files do.
_OF_OTHERS = re.compile(
    rb"\[(?:mjpeg|png|gif|bmp|tiff|webp|IMGUTILS"
    rb"|h264|hevc|av1|vp8|vp9|mpeg4|mpeg2video) @ "
    rb"|\[au @ \w+\] Application provided invalid"
)

_Part = tuple[str, int, int | None, bool]


class FfmpegError(Exception):
    """ffmpeg cannot read a file to its end; the text says why."""


def version() -> str | None:
    """Returns the version of the ffmpeg that is installed, or None."""
    program = shutil.which("ffmpeg")
    return None if program is None else _version_of(program)


class Stream:
    """One audio stream of a file, at its own rate.

    To be closed, or used in a `with` statement. The contents alone decide
    what the file is, not its name. No other file and no address is opened.

    Args:
        path: The file.
        container: What it is, where ffmpeg must not find that out: "mp3",
            which it takes noise for; "" otherwise.
        start: Byte at which it begins, behind tags that its kind does not
            have: MPEG-4 counts from there.
        end: Byte at which it ends, before tags that are no samples; `None` is
            the end of the file.
        ignores_edits: Whether all of an MP4 is read, whatever it says of that.

    Attributes:
        sample_rate_hz: Its rate.
        channels: Number of its channels.
        complaint: What ffmpeg said of a file that it read all the same; known
            after the last block.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        container: str = "",
        start: int = 0,
        end: int | None = None,
        ignores_edits: bool = False,
    ):
        """Starts ffmpeg and waits for the first samples.

        Raises:
            FfmpegError: It is not installed, or finds no audio.
            OSError: The file cannot be opened.
        """
        program = shutil.which("ffmpeg")
        if program is None:
            raise FfmpegError("not installed")
        self.complaint = ""
        part = container, start, end, ignores_edits
        errors: list[FfmpegError] = []
        for track in range(_MOST_TRACKS):
            self._track = track
            try:
                self._begin(program, path, part)
                return
            except FfmpegError as error:
                errors.append(error)
                if not _NO_DECODER.search(str(error)):
                    break
        raise errors[0]

    def _begin(
        self, program: str, path: str | os.PathLike[str], part: _Part
    ) -> None:
        self._said = b""
        self._unread = bytearray()
        # Before the process, which would stay where there is no room for it.
        self._selector = selectors.DefaultSelector()
        with open(path, "rb") as file:
            self._process = _start(program, file.fileno(), self._track, *part)
        # Pipes both, as `_start` asks.
        self._stdout = cast(IO[bytes], self._process.stdout)
        self._stderr = cast(IO[bytes], self._process.stderr)
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._selector.register(self._stderr, selectors.EVENT_READ)
        try:
            self._read_header()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends ffmpeg."""
        self.close()

    def close(self) -> None:
        """Ends ffmpeg, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._selector.close()
        self._stdout.close()
        self._stderr.close()

    def blocks(self) -> Iterator[npt.NDArray[np.float32]]:
        """Yields the samples, once.

        Yields:
            float32 `[frames, channels]`.

        Raises:
            FfmpegError: The file is damaged, too long, or ffmpeg hangs.
        """
        frame_bytes = 4 * self.channels
        frames_left = _MAX_HOURS * 3_600 * self.sample_rate_hz
        while data := self._read(_BLOCK_FRAMES * frame_bytes):
            data = data[: len(data) // frame_bytes * frame_bytes]
            block = np.frombuffer(data, ">f4").astype(np.float32)
            frames_left -= block.size // self.channels
            if frames_left < 0:
                raise FfmpegError(f"longer than {_MAX_HOURS} hours")
            yield block.reshape(-1, self.channels)
        self._check_end()
        self.complaint = self._reason()
        if self._track:
            told = f"only its sound track {self._track + 1} can be decoded"
            self.complaint = "; ".join(filter(None, (told, self.complaint)))

    def _read_header(self) -> None:
        header = self._read(_AU_HEADER.size)
        if len(header) < _AU_HEADER.size:
            self._check_end()
            raise FfmpegError(self._reason() or "no samples")
        _, offset, _, coding, rate_hz, channels = _AU_HEADER.unpack(header)
        if coding != _AU_FLOAT32 or not 1 <= channels <= _MAX_CHANNELS:
            raise FfmpegError(f"{channels} channels of coding {coding}")
        self._read(offset - _AU_HEADER.size)
        self.sample_rate_hz, self.channels = rate_hz, channels

    def _read(self, wanted_bytes: int) -> bytes:
        """Returns that many bytes; fewer where the stream ends."""
        deadline = time.monotonic() + _STALLED_SECONDS
        waited = counts_in_words.count(_STALLED_SECONDS, "second")
        while (
            len(self._unread) < wanted_bytes
            and self._stdout in self._selector.get_map()
        ):
            self._wait(deadline, f"no answer in {waited}")
        taken = bytes(self._unread[:wanted_bytes])
        del self._unread[:wanted_bytes]
        return taken

    def _wait(self, deadline: float, stalled: str) -> None:
        """Takes what ffmpeg writes next."""
        ready = self._selector.select(deadline - time.monotonic())
        if not ready:
            raise FfmpegError(stalled)
        for key, _ in ready:
            data = os.read(key.fd, 1 << 16)
            if not data:
                self._selector.unregister(key.fileobj)
            elif key.fileobj is self._stdout:
                self._unread += data
            else:  # the first lines say more than the last
                self._said = _about_sound(self._said + data)[:_KEPT_BYTES]

    def _check_end(self) -> None:
        """Waits for the end of ffmpeg and of what it has to say."""
        deadline = time.monotonic() + _STALLED_SECONDS
        while self._selector.get_map():
            self._wait(deadline, "it does not come to an end")
        try:
            code = self._process.wait(deadline - time.monotonic())
        except subprocess.TimeoutExpired as error:
            raise FfmpegError("it does not come to an end") from error
        if code:
            ended = f"it crashed (signal {-code})"
            if code > 0:
                ended = f"exit code {code}"
            raise FfmpegError(self._reason() or ended)

    def _reason(self) -> str:
        """The first line that ffmpeg said about the audio."""
        said = _about_sound(self._said + b"\n")
        for line in said.decode("utf-8", "replace").splitlines():
            line = re.sub(r"^\[(\S+) @ 0x[0-9a-f]+\] *", r"\1: ", line)
            line = re.sub(r"^\S*file:/dev/fd/\d+: ", "", line)
            line = re.sub(_NOT_ALLOWED, _EXPLAINED, line)
            line = re.sub(_NO_TRACK, "it has no sound track", line)
            if line.strip():
                return " ".join(line.split())
        return ""


def _about_sound(said: bytes) -> bytes:
    """Without the whole lines that are about something else."""
    *lines, rest = said.split(b"\n")
    kept = [line for line in lines if not _OF_OTHERS.match(line)]
    return b"\n".join([*kept, rest])


def _start(
    program: str,
    file_number: int,
    track: int,
    container: str,
    start: int,
    end: int | None,
    ignores_edits: bool,
) -> subprocess.Popen[bytes]:
    limits = ["-timelimit", _CPU_SECONDS, "-max_alloc", _ALLOCATED_BYTES]
    source = ["-threads", 1, "-vn", "-sn", "-dn"]
    source += ["-err_detect", "crccheck"]  # what fails it is told, and kept
    is_part = bool(start) or end is not None
    source += ["-protocol_whitelist", "file,subfile" if is_part else "file"]
    source += ["-format_whitelist", container or ",".join(_CONTAINERS)]
    source += ["-f", container] if container else []
    source += ["-ignore_editlist", 1] if ignores_edits else []
    # By number, so that no name is taken for an option, an address or a
    # pattern, and no ending for a format.
    part = f"subfile,,start,{start},end,{end or 0},,:" if is_part else ""
    source += ["-i", f"{part}file:/dev/fd/{file_number}"]
    target = [
        "-map",
        f"0:a:{track}",
        "-map_metadata",
        "-1",
        "-filter_threads",
        1,
    ]
    # The simplest header that has rate and channels: AU.
    target += ["-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    command = [program, "-nostdin", "-hide_banner", "-v", "repeat+error"]
    command += map(str, limits + source + target)
    try:
        return subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[file_number],
            # Ctrl-C would have it end early, as if the file did.
            start_new_session=True,
        )
    except OSError as error:
        raise FfmpegError(f"cannot be started: {error.strerror}") from error


@functools.cache
def _version_of(program: str) -> str:
    try:
        said = subprocess.run(
            [program, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_STALLED_SECONDS,
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    found = re.match(r"ffmpeg version (\S+)", said)
    return found[1] if found else "unknown"
