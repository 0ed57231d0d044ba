"""What a copy of a recording may have gone through, for measuring with it."""

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

Samples = npt.NDArray[np.float32]
Waveform = tuple[Samples, int]
Distortion = Callable[[Samples, int, np.random.Generator], Waveform]
# libsndfile's compression level 0 is the highest rate of MP3 at 16,000 Hz, and
# a level of 1 would be none.
_MP3_HIGHEST = 160_000


def softer(
    samples: Samples, rate_hz: int, generator: np.random.Generator
) -> Waveform:
    """12 dB less, then rounded to 16 bits."""
    softer = np.round(samples * 10 ** (-12 / 20) * 32_767) / 32_767
    return softer.astype(np.float32), rate_hz


def later(
    samples: Samples, rate_hz: int, generator: np.random.Generator
) -> Waveform:
    """Without 1 to 8 seconds at the start, at most half of it."""
    cut = min(generator.uniform(1, 8) * rate_hz, len(samples) / 2)
    return samples[int(cut) :], rate_hz


def excerpt(
    samples: Samples, rate_hz: int, generator: np.random.Generator
) -> Waveform:
    """10 seconds from anywhere in it."""
    wanted = min(len(samples), 10 * rate_hz)
    start = generator.integers(len(samples) - wanted + 1)
    return samples[start : start + wanted], rate_hz


def resampled(
    samples: Samples, rate_hz: int, generator: np.random.Generator
) -> Waveform:
    """At 11,025 Hz, which also takes everything above 5.5 kHz away."""
    return soxr.resample(samples, rate_hz, 11_025), 11_025


def noisy(snr_db: float) -> Distortion:
    """White noise at this signal-to-noise ratio, over the whole recording."""

    def add(samples, rate_hz, generator):
        noise = generator.standard_normal(len(samples), np.float32)
        level = np.sqrt(np.mean(np.square(samples))) * 10 ** (-snr_db / 20)
        return samples + np.float32(level) * noise, rate_hz

    return add


def mp3(bits_per_second: int) -> Distortion:
    """Through MP3, mono, at about this constant rate; at 16,000 Hz."""
    level = 1 - bits_per_second / _MP3_HIGHEST

    def code(samples, rate_hz, generator):
        samples = soxr.resample(samples, rate_hz, 16_000)
        coded = io.BytesIO()
        soundfile.write(
            coded,
            0.9 * samples,  # a decoder may go past full scale
            16_000,
            format="MP3",
            subtype="MPEG_LAYER_III",
            bitrate_mode="CONSTANT",
            compression_level=level,
        )
        coded.seek(0)
        return soundfile.read(coded, dtype="float32")

    return code


def faster(percent: float) -> Distortion:
    """Played faster, as from a turntable: shorter, and higher."""

    def turn(samples, rate_hz, generator):
        wanted_hz = rate_hz / (1 + percent / 100)
        return soxr.resample(samples, rate_hz, wanted_hz), rate_hz

    return turn


def chained(*distortions: Distortion) -> Distortion:
    """One after the other."""

    def distort(samples, rate_hz, generator):
        for each in distortions:
            samples, rate_hz = each(samples, rate_hz, generator)
        return samples, rate_hz

    return distort


ALL: dict[str, Distortion] = {
    "12 dB softer": softer,
    "starts 1 to 8 s later": later,
    "10 s of it": excerpt,
    "resampled to 11,025 Hz": resampled,
    "noise, 20 dB below": noisy(20),
    "noise, 10 dB below": noisy(10),
    "MP3, 64 kbit/s": mp3(64_000),
    "MP3, 32 kbit/s": mp3(32_000),
    "later, MP3 64, noise 20 dB, softer": chained(
        later, mp3(64_000), noisy(20), softer
    ),
    "1 % faster": faster(1),
    "2 % faster": faster(2),
    "4 % faster": faster(4),
}
