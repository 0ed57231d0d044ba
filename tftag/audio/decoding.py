"""What a recording is: how a file becomes samples, and samples clips."""

import contextlib
import dataclasses
import errno
import logging
import math
import os
import stat
import struct
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tftag.audio import decoders, sample_file, waveform
from tftag.audio.waveform import Recording, UnusableAudio

logger = logging.getLogger(__name__)

_WAV_HEADER_BYTES = 44
# Another decoder is believed where it finds more than this.
_MORE = 1.01


# What a spectrogram can be made by, beside numbers; `layers.LogMelSpectrogram`
# says what they mean.
CHOICES = {
    "mel_scale": ("htk", "slaney", "octave"),
    "mel_norm": ("none", "slaney"),
    "edges": ("zeros", "reflect"),
    "compression": ("log", "log10"),
}


# What decides the spectrogram of a waveform.
FRONT_END = (
    "sample_rate_hz",
    "window_samples",
    "hop_samples",
    "mel_bands",
    "min_hz",
    "max_hz",
    "log_floor",
    *CHOICES,
)


@dataclasses.dataclass(frozen=True)
class AudioSpec:
    """The constants of the signal, shared by training and serving.

    Attributes:
        sample_rate_hz: Sample rate of every waveform, in Hz.
        clip_seconds: Length of the clips that the network sees.
        clip_step_seconds: Largest distance between the starts of neighbouring
            clips when a whole recording is read; `None` is `clip_seconds`.
        window_samples: Length of the analysis window.
        hop_samples: Distance between neighbouring frames.
        mel_bands: Number of mel bands.
        min_hz: Lower edge of the lowest mel band.
        max_hz: Upper edge of the highest mel band.
        log_floor: Power below which a band counts as silent.
        mel_scale: `htk`, `slaney` or `octave`.
        mel_norm: `none`, or `slaney` for mel filters of equal area.
        edges: What lies beyond both ends of a waveform: `zeros`, or `reflect`
            for its mirror image.
        compression: `log`, the natural log of `power + log_floor`, or `log10`,
            `log10(1 + power / log_floor)`.
    """

    sample_rate_hz: int = 16_000
    clip_seconds: float = 30.0
    clip_step_seconds: float | None = None
    window_samples: int = 1_024
    hop_samples: int = 512
    mel_bands: int = 128
    min_hz: float = 20.0
    max_hz: float = 8_000.0
    log_floor: float = 1e-5
    mel_scale: str = "htk"
    mel_norm: str = "none"
    edges: str = "zeros"
    compression: str = "log"

    def __post_init__(self) -> None:
        """Refuses constants that no signal can have."""
        for field in dataclasses.fields(self):
            name, value = field.name, getattr(self, field.name)
            if name == "min_hz" or value is None:
                continue
            if name in CHOICES:
                if value not in CHOICES[name]:
                    raise ValueError(
                        f"`{name}` must be one of {', '.join(CHOICES[name])}. "
                        f"Received: {value!r}."
                    )
                continue
            whole = field.type is int
            if not 0 < value < math.inf or (whole and value != int(value)):
                raise ValueError(
                    f"`{name}` must be a {'whole ' * whole}number > 0. "
                    f"Received: {value}."
                )
        if not 0 <= self.min_hz < self.max_hz <= self.sample_rate_hz / 2:
            raise ValueError(
                "Mel bands must lie in 0 <= `min_hz` < `max_hz` <= "
                f"`sample_rate_hz` / 2 = {self.sample_rate_hz / 2:g}. "
                f"Received: min_hz={self.min_hz:g}, max_hz={self.max_hz:g}."
            )
        if self.mel_scale == "octave" and self.min_hz == 0:
            raise ValueError(
                "`mel_scale` octave needs `min_hz` > 0: no octave reaches "
                f"0 Hz. Received: min_hz={self.min_hz:g}."
            )
        if not (0 < self.clip_samples < 2**31 and self.clip_step_samples > 0):
            raise ValueError(
                "`clip_seconds` and `clip_step_seconds` must hold at least one "
                f"sample at {self.sample_rate_hz} Hz, a clip less than 2**31. "
                f"Received: {self.clip_seconds}, {self.clip_step_seconds}."
            )

    @property
    def clip_samples(self) -> int:
        """Length of a clip in samples."""
        return round(self.clip_seconds * self.sample_rate_hz)

    @property
    def clip_step_samples(self) -> int:
        """Largest distance between the starts of neighbouring clips."""
        if self.clip_step_seconds is None:
            return self.clip_samples
        return round(self.clip_step_seconds * self.sample_rate_hz)

    @property
    def clip_frames(self) -> int:
        """Number of spectrogram frames of a clip."""
        return self.frames(self.clip_samples)

    def frames(self, samples: int) -> int:
        """Returns the number of frames that `samples` samples give.

        Frame `i` is centred on sample `i * hop_samples`, with zeros beyond
        both ends.
        """
        return 1 + samples // self.hop_samples


def decode_file(path: str | os.PathLike[str], sample_rate_hz: int) -> Recording:
    """Reads a file of any format that libsndfile or ffmpeg knows.

    Channels are averaged, then resampled (soxr, HQ), then scaled to the
    loudest sample. A file that already is mono, at this rate and at full
    scale comes back unchanged. Memory is 6 bytes per sample of the result up
    to an hour; beyond it the samples lie in a temporary file. What is missing
    of a file, or cannot be read, and channels that cancel each other are
    warned of in the log.

    Args:
        path: The file.
        sample_rate_hz: Rate of the result.

    Raises:
        UnusableAudio: Nothing can be read, or only silence, or it is too long.
        FileNotFoundError: There is no such file.
        OSError: It cannot be opened, or does not fit into the memory.
    """
    with _named(path):
        found, damages = _decode(path, sample_rate_hz)
        source = found.source
        recording = found.recording(source.wants_ffmpeg)
    texts = dict.fromkeys((*damages, source.complaint, found.remark))
    if text := "; ".join(filter(None, texts)):
        logger.warning("%s: %s", path, text)
    return recording


def check_file(path: str | os.PathLike[str]) -> None:
    """Refuses a file of which no decoder gives as much as a first block.

    That takes milliseconds: for what is to be said before a model is opened.
    `decode_file` may refuse more, as when all of it is silence.

    Args:
        path: The file.

    Raises:
        UnusableAudio: Nothing can be read.
        OSError: It is not there, or cannot be opened.
    """
    with _named(path):
        errors: list[UnusableAudio] = []
        for way in decoders.attempts(path):
            try:
                with way() as source:
                    for _, blocks in source.parts():
                        if any(len(block) for block in blocks):
                            return
                errors.append(UnusableAudio("empty", "There are no samples."))
            except UnusableAudio as error:
                errors.append(error)
        raise decoders.refusal(path, errors)


@contextlib.contextmanager
def _named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Refuses what holds no bytes; errors in the block begin with the name."""
    name = os.fsdecode(path)
    if stat.S_ISFIFO(os.stat(path).st_mode):  # opening it may wait for ever
        raise UnusableAudio("unreadable", f"{name}: It is a pipe, not a file.")
    try:
        with open(path, "rb") as file:  # says what soundfile hides: why not
            has_bytes = bool(file.read(1))
        if not has_bytes:
            raise UnusableAudio("empty", "There are no bytes.")
        yield
    except UnusableAudio as error:
        text = f"{name}: {error}"
        raise UnusableAudio(error.reason, text, error.by_ffmpeg) from error
    except MemoryError as error:
        # No fault of the file: with more memory it can be read.
        raise OSError(
            errno.ENOMEM, "It does not fit into the memory", name
        ) from error
    except OSError as error:  # of a disk that fails, without the name
        error.filename = error.filename or name
        raise


def _decode(
    path: str | os.PathLike[str], sample_rate_hz: int
) -> tuple[waveform.Waveform[decoders.Source], list[str]]:
    """By the first decoder that reads all, or the one that reads most.

    Returns:
        What it gave, and what others found damaged.
    """
    best: waveform.Waveform[decoders.Source] | None = None
    errors: list[UnusableAudio] = []
    for way in decoders.attempts(path):
        try:
            found: waveform.Waveform[decoders.Source] = waveform.Waveform(
                way, sample_rate_hz
            )
        except UnusableAudio as error:
            if error.reason in ("too long", "empty"):
                raise
            errors.append(error)
            continue
        if not found.samples:
            errors.append(UnusableAudio("empty", "There are no samples."))
        elif best is None or found.samples > _MORE * best.samples:
            best = found
        if found.samples and not found.source.is_short:
            break
    if best is None:
        raise decoders.refusal(path, errors)
    damages = [f"damaged: {each}" for each in errors if each.is_damage]
    return best, damages if best.source.by_ffmpeg else []


def write_wav(
    path: str | os.PathLike[str],
    samples: npt.NDArray[np.int16],
    sample_rate_hz: int,
) -> int:
    """Writes a 16-bit mono WAV file with the shortest header there is.

    Args:
        path: Where to.
        samples: int16 `[samples]`.
        sample_rate_hz: Rate of `samples`.

    Returns:
        Position of the first sample in the file, in bytes.

    Raises:
        ValueError: Samples of another kind, or more than a WAV holds.
    """
    samples = np.asarray(samples)
    if samples.dtype != np.int16 or samples.ndim != 1:
        raise ValueError(
            "`samples` must be int16 of shape [samples]. "
            f"Received: {samples.dtype} of shape {samples.shape}."
        )
    data_bytes = 2 * samples.size
    if data_bytes >= (1 << 32) - _WAV_HEADER_BYTES:
        raise ValueError(f"More samples than WAV holds: {samples.size}.")
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", data_bytes + _WAV_HEADER_BYTES - 8, b"WAVE"),
        *(b"fmt ", 16, 1, 1, sample_rate_hz, 2 * sample_rate_hz, 2, 16),
        *(b"data", data_bytes),
    )
    with open(path, "wb") as file:
        file.write(header)
        for block in sample_file.blocks(samples):
            file.write(block.astype("<i2", copy=False).data)
    return _WAV_HEADER_BYTES


def clip_starts(samples: int, spec: AudioSpec) -> npt.NDArray[np.int64]:
    """Spreads clips evenly over a recording, from its start to its end.

    Args:
        samples: Length of the recording.
        spec: Length of a clip, and the largest step between clips.

    Returns:
        int64 `[clips]`: the first sample of each clip. One clip at 0 where
        the recording is no longer than a clip.
    """
    clips = int(clip_counts(np.array(samples), spec))
    spare = max(samples - spec.clip_samples, 0)
    return np.arange(clips, dtype=np.int64) * spare // max(clips - 1, 1)


def clip_counts(
    samples: npt.NDArray[np.int64], spec: AudioSpec
) -> npt.NDArray[np.int64]:
    """How many clips `clip_starts` gives for recordings of these lengths.

    Args:
        samples: Lengths, of any shape.
        spec: As `clip_starts` takes it.

    Returns:
        int64, of the shape of `samples`.
    """
    spare = np.maximum(samples - spec.clip_samples, 0)
    return np.asarray(1 - (-spare // spec.clip_step_samples), np.int64)
