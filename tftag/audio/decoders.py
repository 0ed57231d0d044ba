"""A file as blocks of samples: by libsndfile, or by ffmpeg.

What a decoder gives is compared with what the file holds: the frames of an MP3
or a FLAC, the pages of an Ogg file. Where a decoder stops before, the other
one is asked; what neither reads is told.
"""

import contextlib
import io
import math
import os
import re
from collections.abc import Callable, Iterator
from typing import Self

import numpy as np
import numpy.typing as npt
import soundfile

from tftag.audio import contents, ffmpeg, spliced_file, waveform
from tftag.audio import layout as layouts
from tftag.audio.formats import encryption, stated_end
from tftag.audio.waveform import UnusableAudio

# Of libsndfile: not recognised, unsupported, not implemented (12-bit FLAC).
_UNSUPPORTED_CODES = (1, 4, 18)
# Of what has no header libsndfile goes by the name; no AU is without one.
_HEADERLESS = ".gsm", ".vox"
_KNOWN_SUFFIXES = ".wav .flac .ogg .oga .opus .mp3 .aif .aiff .au".split()
_UNKNOWN_FRAMES = 1 << 62
# ffmpeg's decoder of Speex gives twice what is there, and noise.
_TOO_MANY_TIMES = 1.5
# In libsndfile's log; it corrects other fields, too, and what is no audio.
_LENGTHS = re.compile(
    r"^(?!.*(?:/sec|Align|/Block|Width|LIST)).*: (\d+) \(should be (\d+)\)",
    re.M,
)
# The bit rate of an MP3 frame is at most 40 times that of another: 8 and 320.
_TIMES_LONGER = 40
# What there is to do; who cannot do that is told something else.
INSTALL = "Install ffmpeg, which reads more formats."
MAY_READ_MORE = "ffmpeg, if it is installed, may read more"
WAY_OUT = "Where a player plays it, save it from there as WAV or FLAC."
CODED = (
    "It holds coded audio (DTS, AC-3) in the place of samples. Install ffmpeg, "
    "which decodes it."
)
_NO_ARRAY = "An array does not tell its sample rate: write it as a WAV file."


def decoders() -> str:
    """Returns the versions of what decides whether a file can be read."""
    return (
        f"libsndfile {soundfile.__libsndfile_version__}, "
        f"ffmpeg {ffmpeg.version()}"
    )


def attempts(
    path: str | os.PathLike[str],
) -> list[Callable[[], "Source"]]:
    """Ways to open a file, the best one first.

    Args:
        path: The file.

    Raises:
        UnusableAudio: It is no audio, by its name or by what is in it.
        OSError: It cannot be read.
    """
    if os.fsdecode(path).lower().endswith(".npy"):
        raise UnusableAudio("unsupported", _NO_ARRAY)
    layout = layouts.find(path)
    if layout.is_encrypted:
        raise UnusableAudio("unsupported", encryption.TEXT)
    if layout.seconds > waveform.MAX_SECONDS:
        raise waveform.too_long()
    ways: list[Callable[[], Source]] = []
    if layout.parts:
        ways.append(lambda: LibsndfileSource(path, layout, layout.parts))
    elif ffmpeg.version() is None:
        raise UnusableAudio("unsupported", CODED, by_ffmpeg=True)
    if again := layout.again:
        ways.append(lambda: LibsndfileSource(path, layout, again))
    if ffmpeg.version() is not None:
        place = 0 if layout.is_misread else len(ways)
        ways.insert(place, lambda: FfmpegSource(path, layout))
    return ways


class LibsndfileSource:
    """A file that libsndfile can open; to be used in a `with` statement.

    Args:
        path: The file.
        layout: How it is to be read.
        parts: Those of its parts that are read here.

    Attributes:
        held_seconds: What is in the file; 0 where nobody knows.
        complaint: What is wrong with a file that was read all the same; known
            after the last block.
        is_short: Whether less was read than the file holds.
        by_ffmpeg: Whether ffmpeg read it.
        wants_ffmpeg: Whether ffmpeg, or another one, may read it better.
    """

    by_ffmpeg = False

    def __init__(
        self,
        path: str | os.PathLike[str],
        layout: layouts.Layout,
        parts: list[layouts.Part],
    ):
        """Opens the first part.

        Raises:
            UnusableAudio: It cannot be opened.
        """
        self._path, self._layout, self._parts = path, layout, parts
        self.complaint = ""
        self.is_short = False
        self._seconds_read = 0.0
        self._first = self._open(parts[0])
        self.held_seconds = sum(part.seconds for part in parts)
        if self._first.is_exact:
            own = self._first.stated_frames / self._first.samplerate
            self.held_seconds = max(self.held_seconds, own)

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        self._first.close()

    def parts(self) -> Iterator[tuple[int, Iterator[npt.NDArray[np.float32]]]]:
        """Yields each part, once.

        Yields:
            Its rate in Hz, and its samples in blocks, float32
            `[frames, channels]`, to be taken before the next part.

        Raises:
            UnusableAudio: The file is damaged.
        """
        texts = [self._layout.lost]
        for number, part in enumerate(self._parts):
            try:
                stream = self._open(part) if number else self._first
            except UnusableAudio as error:
                if not self._seconds_read:
                    raise
                texts.append(f"part {number + 1} of it: {error}")
                self.is_short = True
                continue
            with contextlib.closing(stream):
                yield stream.samplerate, self._blocks(stream, part)
                texts.append(stream.damage or stream.missing())
                self.is_short |= bool(stream.damage)
        if not self._seconds_read and self._first.format.startswith("WAV"):
            # ffmpeg would take the tags behind for samples.
            raise UnusableAudio("empty", "There are no samples.")
        held = sum(part.seconds for part in self._parts)
        texts[:0] = [_short_of(held, self._seconds_read)]
        self.is_short |= bool(texts[0])
        if self.is_short and ffmpeg.version() is None:
            texts.append(MAY_READ_MORE)
        self.complaint = "; ".join(dict.fromkeys(filter(None, texts)))

    @property
    def wants_ffmpeg(self) -> bool:
        """Whether ffmpeg, or another one, may read it better."""
        return self.is_short or self._layout.is_misread

    def _open(self, part: layouts.Part) -> "_Stream":
        try:
            stream = _Stream.of(self._path, part)
            name = os.fsdecode(self._path).lower()
            if stream.format != "RAW" or name.endswith(_HEADERLESS):
                return stream
            stream.close()
            reason, text = "unreadable", "It has no header."
        except soundfile.LibsndfileError as error:
            reason, text = _explain(error.code, error.error_string, self._path)
        except TypeError:  # soundfile wants to be told what .raw holds
            reason, text = "unsupported", "Raw audio has no header."
        raise UnusableAudio(reason, text, by_ffmpeg=True)

    def _blocks(
        self, stream: "_Stream", part: layouts.Part
    ) -> Iterator[npt.NDArray[np.float32]]:
        before, stated = self._seconds_read, stream.stated_frames
        longest = waveform.MAX_SECONDS * stream.samplerate
        if stream.is_exact and stated > longest:
            raise waveform.too_long()
        # Those that must be there; more may follow where none are stated.
        least = max(1, 0 if part.is_open_ended else stated)
        while True:
            try:
                block = stream.read_block()
            except soundfile.LibsndfileError as error:
                if stream.frames_read >= least:
                    return  # whole, with something behind it
                if before:  # the parts before are used
                    stream.damage = error.error_string
                    return
                text = error.error_string
                raise UnusableAudio("unreadable", text, True, True) from error
            if not len(block):
                return
            self._seconds_read += len(block) / stream.samplerate
            yield block.clip(-1, 1) if self._layout.has_gaps else block


class FfmpegSource(ffmpeg.Stream):
    """A file that ffmpeg decodes; to be used in a `with` statement.

    Args:
        path: The file.
        layout: What the file holds.

    Attributes:
        held_seconds: As of `LibsndfileSource`.
        complaint: What is wrong with a file that was read all the same; known
            after the last block.
        is_short: Whether less was read than the file holds.
    """

    by_ffmpeg = wants_ffmpeg = True

    def __init__(self, path: str | os.PathLike[str], layout: layouts.Layout):
        """Starts ffmpeg.

        Raises:
            UnusableAudio: It finds no audio.
        """
        self._layout = layout
        self.held_seconds = layout.seconds
        self.is_short = False
        try:
            part = layout.start, layout.end, layout.ignores_edits
            super().__init__(path, layout.container, *part)
        except ffmpeg.FfmpegError as error:
            raise _by_ffmpeg(error) from error

    def parts(self) -> Iterator[tuple[int, Iterator[npt.NDArray[np.float32]]]]:
        """Yields the rate and the blocks of all of it, once.

        Raises:
            UnusableAudio: The file is damaged, or beyond a limit.
        """
        frames = 0

        def blocks() -> Iterator[npt.NDArray[np.float32]]:
            nonlocal frames
            try:
                for block in self.blocks():
                    frames += len(block)
                    yield block
            except ffmpeg.FfmpegError as error:
                raise _by_ffmpeg(error, is_damage=True) from error

        yield self.sample_rate_hz, blocks()
        held, seconds = self._layout.seconds, frames / self.sample_rate_hz
        if self._layout.is_exact and seconds > _TOO_MANY_TIMES * held + 1:
            raise _by_ffmpeg(
                ffmpeg.FfmpegError(f"gives {seconds:.1f} s of {held:.1f} s")
            )
        short = _short_of(held, seconds)
        self.is_short = bool(short)
        said = self.complaint and f"ffmpeg: {self.complaint}"
        texts = short, self._layout.lost, self._layout.unread, said
        self.complaint = "; ".join(dict.fromkeys(filter(None, texts)))


Source = LibsndfileSource | FfmpegSource


def _short_of(held_seconds: float, read_seconds: float) -> str:
    if read_seconds >= layouts.WHOLE_SHARE * held_seconds - 0.1:
        return ""
    return f"only {100 * read_seconds / held_seconds:.1f} % of it can be read"


def _by_ffmpeg(
    error: ffmpeg.FfmpegError, is_damage: bool = False
) -> UnusableAudio:
    return UnusableAudio("unreadable", f"ffmpeg: {error}.", True, is_damage)


def refusal(
    path: str | os.PathLike[str], errors: list[UnusableAudio]
) -> UnusableAudio:
    """One error of what each decoder said of a file that none could read.

    Args:
        path: The file.
        errors: At least one, in the order of `attempts`.
    """
    first = errors[0]
    texts = list(dict.fromkeys(str(error) for error in errors))
    if first.reason in ("unreadable", "unsupported") and first.by_ffmpeg:
        way_out = INSTALL if ffmpeg.version() is None else WAY_OUT
        texts.append(contents.stand_in(path) or way_out)
    reason = first.reason
    if any(error.is_damage for error in errors):  # it was known, and opened
        reason = "unreadable"
    by_ffmpeg = any(error.by_ffmpeg for error in errors)
    return UnusableAudio(reason, " ".join(texts), by_ffmpeg)


class _Stream(soundfile.SoundFile):
    """A part of a file, read forwards and in blocks.

    Never seeks: soundfile would, and fail where FLAC states no length.
    """

    frames_read = 0
    damage = ""
    stated_frames: int
    _spliced: io.BufferedReader | None = None

    @classmethod
    def of(cls, path: str | os.PathLike[str], part: layouts.Part) -> "_Stream":
        if part.pieces is None:
            stream = cls(os.fsencode(path))
        else:
            times = _TIMES_LONGER if part.is_open_ended else 1
            spliced = spliced_file.opened(path, part.pieces, times)
            try:
                stream = cls(spliced)
            except BaseException:
                spliced.close()
                raise
            stream._spliced = spliced
        stream.stated_frames = stream.frames
        if part.seconds and stream.format in ("OGG", "MP3"):
            # libsndfile goes by the last page, and knows no VBRI.
            counted = math.ceil(part.seconds * stream.samplerate)
            stream.stated_frames = min(stream.frames, counted)
        if part.is_open_ended:
            stream.stated_frames = 2 * _UNKNOWN_FRAMES
        return stream

    def close(self) -> None:
        super().close()
        if self._spliced is not None:
            self._spliced.close()

    def seekable(self) -> bool:
        return False

    @property
    def is_exact(self) -> bool:
        """Whether libsndfile counted the frames, and not the header."""
        return self.format not in ("FLAC", "MP3", "OGG")

    def read_block(self) -> npt.NDArray[np.float32]:
        # Fixed blocks: the length that FLAC and MP3 claim may be 2**63 - 1.
        # None reaches beyond it: behind a FLAC stands somebody's tag.
        frames = max(1, waveform.BLOCK_VALUES // self.channels)
        left = self.stated_frames - self.frames_read
        if left > 0:
            frames = min(frames, left)
        block = self.read(frames, dtype="float32", always_2d=True)
        self.frames_read += len(block)
        return block

    def missing(self) -> str:
        """Compares what was read with the header, and with libsndfile's log.

        libsndfile shortens the length of a WAV to that of the file, and notes
        in its log what the header says. Some programs count a few bytes too
        many.
        """
        stated = self.stated_frames
        if self.frames_read < layouts.WHOLE_SHARE * stated < _UNKNOWN_FRAMES:
            percent = 100 * self.frames_read / stated
            return f"only {percent:.1f} % of it can be read"
        for stated, found in re.findall(_LENGTHS, self.extra_info):
            least = layouts.WHOLE_SHARE * int(stated)
            if int(found) < least < stated_end.UNKNOWN_BYTES:
                percent = 100 * int(found) / int(stated)
                return f"only {percent:.1f} % of it is there"
        return ""


def _explain(
    code: int, text: str, path: str | os.PathLike[str]
) -> tuple[str, str]:
    """Tells a format that is not known from a file that is broken."""
    is_known = os.fsdecode(path).lower().endswith(tuple(_KNOWN_SUFFIXES))
    if code not in _UNSUPPORTED_CODES or (code == 1 and is_known):
        return "unreadable", "No audio found." if "not exist" in text else text
    return "unsupported", text
