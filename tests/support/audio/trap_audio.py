"""Recordings on which decoders that start in the middle go wrong."""

import numpy as np
import soundfile

# What codec a file has, by the name that it gets here.
FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "wav24": ("WAV", "PCM_24"),
    "float": ("WAV", "FLOAT"),
    "flac": ("FLAC", "PCM_16"),
    "flac24": ("FLAC", "PCM_24"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
    "aiff": ("AIFF", "PCM_16"),
}
LOSSLESS = ("wav", "wav24", "float", "flac", "flac24", "aiff")


def bursts(seconds, rate_hz, channels=2, seed=0):
    """Short noises over a tone: float64 `[samples, channels]`, below 1."""
    generator = np.random.default_rng(seed)
    count = round(seconds * rate_hz)
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(count) / rate_hz)
    wave = np.repeat(tone[:, np.newaxis], channels, axis=1)
    for start in generator.integers(0, count, max(4, round(6 * seconds))):
        part = wave[start : start + generator.integers(50, 5_000)]
        decay = np.exp(-np.linspace(0, 6, len(part)))[:, np.newaxis]
        part += generator.normal(0, 1, part.shape) * decay
    return 0.8 * wave / np.abs(wave).max()


def write(path, wave, rate_hz, kind):
    """Writes in blocks: libsndfile's Vorbis takes no minutes at once."""
    container, encoding = FORMATS[kind]
    with soundfile.SoundFile(
        path, "w", rate_hz, wave.shape[1], encoding, format=container
    ) as file:
        for start in range(0, len(wave), 50_000):
            file.write(wave[start : start + 50_000])
    return path


def suffix(kind):
    """The ending of a file's name."""
    return {"wav24": "wav", "float": "wav", "flac24": "flac"}.get(kind, kind)


class Stream(soundfile.SoundFile):
    """Reads from the start to the end and never seeks."""

    def seekable(self):
        return False


def whole(path):
    """All frames of a file: float32 `[frames, channels]`."""
    with Stream(path) as file:
        blocks = []
        while len(block := file.read(1 << 16, "float32", always_2d=True)):
            blocks.append(block)
    return np.concatenate(blocks)
