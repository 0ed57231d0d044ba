"""A file as blocks of samples: by libsndfile, or by ffmpeg."""

import os
import re
from collections.abc import Iterator

import numpy as np
import soundfile

from tftag.audio import ffmpeg, open_ended_mp3

# What a folder is searched for. libsndfile reads the first three lines, ffmpeg
# the others; without it they are named.
SUFFIXES = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .mp2 .aif .aiff .aifc .au .snd "
    ".caf .w64 .rf64 .bwf .voc .sph .nist .sf .ircam .paf .svx .8svx .iff "
    ".avr .htk .pvf .xi .wve .sd2 .mpc2k "
    ".m4a .m4b .mp4 .aac .wma .ape .wv .mpc .mka .webm .tta .ac3 .dts .dsf "
    ".amr .shn .tak".split()
)

# libsndfile's error numbers for "format not recognised", "unsupported
# encoding" and "unimplemented format" (12- and 20-bit FLAC).
_UNSUPPORTED_CODES = (1, 4, 18)
_KNOWN_SUFFIXES = ".wav .flac .ogg .oga .opus .mp3 .aif .aiff .au".split()
# Of one block over all channels: a header may claim 1,024 of them.
_BLOCK_VALUES = 1 << 17
_UNKNOWN_FRAMES = 1 << 62
# Where a program cannot go back it states nearly 2 or 4 GiB.
_UNKNOWN_BYTES = 2_100_000_000
# Of an MP3 file behind its stated end: more is no tag, as ffmpeg has it too.
_MOST_BEHIND = 1 / 16
_INSTALL = "Install ffmpeg, which reads more formats."
_NO_ARRAY = "An array does not tell its sample rate: write it as a WAV file."


class UnusableAudio(ValueError):
    """A file or waveform that nothing can be learned from.

    Attributes:
        reason: "unreadable", "unsupported", "empty" or "silent".
        by_ffmpeg: Whether another ffmpeg, or the first one, may read it.
    """

    def __init__(self, reason: str, message: str, by_ffmpeg: bool = False):
        """Keeps the reason beside the message."""
        super().__init__(message)
        self.reason = reason
        self.by_ffmpeg = by_ffmpeg

    def __reduce__(self):
        """Lets it pass from one process to another."""
        return type(self), (self.reason, str(self), self.by_ffmpeg)


def decoders() -> str:
    """Returns the versions of what decides whether a file can be read."""
    return (
        f"libsndfile {soundfile.__libsndfile_version__}, "
        f"ffmpeg {ffmpeg.version()}"
    )


def open_source(
    path: str | os.PathLike,
) -> "LibsndfileSource | FfmpegSource":
    """Opens a file: by ffmpeg where libsndfile cannot open it.

    A file that libsndfile knows, and finds damaged later, is damaged: ffmpeg
    would conceal that.

    Args:
        path: The file.

    Raises:
        UnusableAudio: Neither can open it.
    """
    try:
        source = LibsndfileSource(path)
        if source.stated_frames:
            return source
        return _of_unknown_length(source, path)
    except soundfile.LibsndfileError as error:
        reason, text = _explain(error.code, error.error_string, path)
    except TypeError:  # soundfile wants to be told what .raw holds
        reason, text = "unsupported", "Raw audio has no header."
    if os.fsdecode(path).lower().endswith(".npy"):
        raise UnusableAudio("unsupported", _NO_ARRAY)
    if ffmpeg.version() is None:
        raise UnusableAudio(reason, f"{text} {_INSTALL}", by_ffmpeg=True)
    try:
        return FfmpegSource(path)
    except ffmpeg.FfmpegError as error:
        message = f"{text} ffmpeg: {error}."
        raise UnusableAudio(reason, message, by_ffmpeg=True) from error


def _of_unknown_length(source, path):
    """By ffmpeg where it finds samples: a recorder that dies states none."""
    source.by_ffmpeg = True
    try:
        found = FfmpegSource(path)
    except ffmpeg.FfmpegError:
        return source
    source.close()
    return found


class LibsndfileSource:
    """A file that libsndfile can open; to be used in a `with` statement.

    Args:
        path: The file.

    Attributes:
        sample_rate_hz: Its rate.
        stated_frames: Its length by its header, which may be wrong.
        complaint: What is wrong with a file that was read all the same; known
            after the last block.
        by_ffmpeg: Whether ffmpeg may read it otherwise.
    """

    def __init__(self, path: str | os.PathLike):
        """Reads the header.

        Raises:
            soundfile.LibsndfileError: It cannot be opened.
            TypeError: It is raw, by the ending of its name.
        """
        self._file = _Stream(os.fsencode(path))
        self._open_ended = None
        self.sample_rate_hz = self._file.samplerate
        self.stated_frames = self._file.frames
        # Those that must be there; more may follow where none are stated.
        self._least_frames = max(1, self.stated_frames)
        self._share_unread = 0.0
        is_mp3 = self._file.format == "MP3"
        if is_mp3 and open_ended_mp3.states_length(path):
            self._share_unread = open_ended_mp3.share_behind_the_end(path)
        elif is_mp3:
            self._file.close()
            self._open_ended = open_ended_mp3.OpenEndedFile(path)
            self._file = _Stream(self._open_ended)
            self.stated_frames = 2 * _UNKNOWN_FRAMES
        self.complaint = ""
        self.by_ffmpeg = False
        self._frames_read = 0

    def __enter__(self) -> "LibsndfileSource":
        """Returns itself."""
        return self

    def __exit__(self, *_):
        """Closes the file."""
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        if self._open_ended is not None:
            self._open_ended.close()

    def blocks(self) -> Iterator[np.ndarray]:
        """Yields the samples, once.

        Yields:
            float32 `[frames, channels]`.

        Raises:
            UnusableAudio: The file is damaged.
        """
        while True:
            try:
                block = self._read()
            except soundfile.LibsndfileError as error:
                if self._frames_read >= self._least_frames:
                    break  # whole, with something behind it
                text = error.error_string
                raise UnusableAudio("unreadable", text) from error
            if not len(block):
                break
            yield block
        self.complaint = _what_is_missing(
            self._frames_read, self.stated_frames, self._file.extra_info
        )
        if not self.complaint and self._share_unread > _MOST_BEHIND:
            self.complaint = (
                f"its last {100 * self._share_unread:.1f} % lie behind the end "
                "that it states, as in files joined into one, and are not read"
            )

    def _read(self):
        # Fixed blocks: the length that FLAC and MP3 claim may be 2**63 - 1.
        # None reaches beyond it: behind a FLAC stands somebody's tag.
        frames = max(1, _BLOCK_VALUES // self._file.channels)
        stated_left = self.stated_frames - self._frames_read
        if stated_left > 0:
            frames = min(frames, stated_left)
        block = self._file.read(frames, dtype="float32", always_2d=True)
        self._frames_read += len(block)
        return block


class FfmpegSource(ffmpeg.Stream):
    """A file that only ffmpeg can open; to be used in a `with` statement.

    Attributes:
        sample_rate_hz: Its rate.
        complaint: What is wrong with a file that was read all the same; known
            after the last block.
    """

    by_ffmpeg = True

    def blocks(self) -> Iterator[np.ndarray]:
        """Yields the samples, once.

        Yields:
            float32 `[frames, channels]`.

        Raises:
            UnusableAudio: The file is damaged, or beyond a limit.
        """
        try:
            yield from super().blocks()
        except ffmpeg.FfmpegError as error:
            message = f"ffmpeg: {error}."
            raise UnusableAudio("unreadable", message) from error
        if self.complaint:
            self.complaint = f"ffmpeg: {self.complaint}"


class _Stream(soundfile.SoundFile):
    """Never seeks: soundfile would, and fail where FLAC states no length."""

    def seekable(self):
        return False


def _what_is_missing(frames_read, stated_frames, log):
    """Compares what was read with the header, and with libsndfile's log.

    libsndfile shortens the length of a WAV to that of the file, and notes in
    its log what the header says. MP3 files without a length in the header are
    estimated, within 1 %; some programs count a few bytes too many.
    """
    if frames_read < 0.99 * stated_frames < _UNKNOWN_FRAMES:
        percent = 100 * frames_read / stated_frames
        return f"only {percent:.1f} % of it can be read"
    for stated, found in re.findall(r": (\d+) \(should be (\d+)\)", log):
        if int(found) < 0.99 * int(stated) < _UNKNOWN_BYTES:
            percent = 100 * int(found) / int(stated)
            return f"only {percent:.1f} % of it is there"
    return "its end is missing" if "lacks an end-of-stream" in log else ""


def _explain(code, text, path):
    """Tells a format that is not known from a file that is broken."""
    is_known = os.fsdecode(path).lower().endswith(tuple(_KNOWN_SUFFIXES))
    if code not in _UNSUPPORTED_CODES or (code == 1 and is_known):
        return "unreadable", "No audio found." if "not exist" in text else text
    return "unsupported", text
