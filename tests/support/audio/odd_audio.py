"""Odd and damaged audio files, each with what must become of it."""

import dataclasses
import io
import struct

import flac_bits
import numpy as np
import soundfile

RATE_HZ = 16_000
USED = "used"


@dataclasses.dataclass(frozen=True)
class Odd:
    """One file.

    Attributes:
        data: Its bytes.
        expected: `USED`, or the reason it is refused with.
        seconds: Length of the recording, where it is used.
        by_ffmpeg: Expected instead where ffmpeg is installed.
    """

    data: bytes
    expected: str
    seconds: float = 0.0
    by_ffmpeg: str | None = None


def tone(seconds=0.3, rate_hz=RATE_HZ, channels=1, level=0.4):
    """A tone with a little noise, float64 `[samples, channels]`."""
    n = round(seconds * rate_hz)
    rng = np.random.default_rng(n)
    wave = np.sin(2 * np.pi * 440 * np.arange(n) / rate_hz)
    wave = wave[:, None] + 0.02 * rng.standard_normal((n, channels))
    return level * wave


def encoded(x, rate_hz=RATE_HZ, kind="WAV", subtype=None, endian=None):
    """Bytes of a file in any format that libsndfile writes."""
    file = io.BytesIO()
    soundfile.write(file, x, rate_hz, subtype, endian, kind)
    return file.getvalue()


def wav(x, rate_hz=RATE_HZ, data_bytes=None, fmt=None):
    """A 16-bit WAV with any length field and any fmt chunk."""
    samples = np.round(32_767 * np.asarray(x)).astype("<i2")
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    if fmt is None:
        fmt = (1, channels, rate_hz, 2 * rate_hz * channels, 2 * channels, 16)
    body = b"WAVE" + b"fmt " + struct.pack("<IHHIIHH", 16, *fmt)
    stated = samples.nbytes if data_bytes is None else data_bytes
    body += b"data" + struct.pack("<I", stated) + samples.tobytes()
    return b"RIFF" + struct.pack("<I", len(body)) + body


def id3v2(picture_bytes):
    """An ID3v2 tag with a picture of noise."""
    noise = np.random.default_rng(1).bytes(picture_bytes)
    frame = b"\0image/jpeg\0\3\0" + noise
    frame = b"APIC" + struct.pack(">IH", len(frame), 0) + frame
    size = [len(frame) >> shift & 127 for shift in (21, 14, 7, 0)]
    return b"ID3\3\0\0" + bytes(size) + frame


def behind():
    """What programs leave behind the audio: name -> bytes."""
    ape = struct.pack("<4I", 2_000, 32, 0, 0xA0000000)
    return {
        "id3v1": b"TAG" + bytes(125),
        "ape": b"APETAGEX" + ape + bytes(8),
        "zeros": bytes(5_000),
        "noise": np.random.default_rng(2).bytes(5_000),
    }


def ogg_header_only():
    """The three header packets of an Ogg Vorbis, and no audio."""
    data = encoded(tone(), kind="OGG", subtype="VORBIS")
    pages = [i for i in range(len(data)) if data[i : i + 4] == b"OggS"]
    return data[: pages[2]]


def usable() -> dict[str, Odd]:
    """Unusual but whole files: name -> file."""
    files = {}

    def add(name, data, seconds=0.3):
        files[name] = Odd(data, USED, seconds)

    x = tone()
    stereo = tone(channels=2)
    add("rifx.wav", encoded(x, endian="BIG"))
    add("rf64.wav", encoded(x, kind="RF64"))
    add("w64.w64", encoded(x, kind="W64"))
    for subtype in ("ALAW", "ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"):
        add(f"{subtype.lower()}.wav", encoded(x, subtype=subtype))
    for subtype in ("PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"):
        add(f"{subtype.lower()}.wav", encoded(stereo, subtype=subtype))
    add("beyond_full_scale.wav", encoded(9 * x, subtype="FLOAT"))
    add("hardly_there.wav", encoded(1e-6 * x, subtype="FLOAT"))
    add("channels8.wav", encoded(tone(channels=8)))
    add("rate192000.flac", encoded(tone(0.3, 192_000), 192_000, "FLAC"))
    add("rate44101.wav", encoded(tone(0.3, 44_101), 44_101))
    add("rate1000.wav", encoded(tone(0.3, 1_000), 1_000))
    add("ms3.wav", encoded(tone(0.003)), 0.003)
    add("ms3.flac", encoded(tone(0.003), kind="FLAC"), 0.003)
    add("ms3.ogg", encoded(tone(0.003), kind="OGG"), 0.003)
    add("one_sample.wav", encoded(np.ones(1)), 1 / RATE_HZ)
    add("dc_only.wav", encoded(np.full(4_800, 0.25)))
    add("svx.8svx", encoded(x, kind="SVX", subtype="PCM_16"))
    add("big.au", encoded(x, kind="AU"))
    add("apple.caf", encoded(x, kind="CAF"))
    add("alac.caf", encoded(x, kind="CAF", subtype="ALAC_16"))
    add("unknown_length.flac", flac_bits.with_total(encoded(x, kind="FLAC"), 0))
    # As a recorder leaves it that was killed, or wrote into a pipe.
    for stated in (0, 0xFFFFFFFF, 0x7FFFFFFF):
        add(f"length_{stated:x}.wav", wav(x[:, 0], data_bytes=stated))
    add("really_flac.mp3", encoded(x, kind="FLAC"))
    add("really_ogg.wav", encoded(x, kind="OGG"))
    add("really_wav", wav(x[:, 0]))
    flac, mp3 = encoded(x, kind="FLAC"), encoded(x, kind="MP3")
    add("cover.mp3", id3v2(200_000) + mp3)
    add("cover.flac", id3v2(200_000) + flac)
    for name, junk in behind().items():
        add(f"{name}_behind.flac", flac + junk)
        add(f"{name}_behind.wav", wav(x[:, 0]) + junk)
        add(f"{name}_behind.mp3", mp3 + junk)
        add(f"{name}_behind.ogg", encoded(x, kind="OGG") + junk)
    return files


def unusable() -> dict[str, Odd]:
    """Files that nothing can be learned from: name -> file."""
    x = tone()[:, 0]
    holes = np.where(np.arange(len(x)) == 99, np.nan, x)
    endless = np.where(np.isnan(holes), np.inf, x)
    noise = np.random.default_rng(3).bytes
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + noise(3_000)
    jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + noise(3_000)
    silent = np.zeros(4_800)
    files = {
        "empty.wav": ("empty", b""),
        "samples0.wav": ("empty", encoded(np.zeros(0))),
        "samples0.flac": ("empty", flac_bits.encode([], 16, RATE_HZ)),
        "samples0.aiff": ("empty", encoded(np.zeros(0), kind="AIFF")),
        "silent.wav": ("silent", encoded(silent)),
        "silent.flac": ("silent", encoded(silent, kind="FLAC")),
        "silent.mp3": ("silent", encoded(silent, kind="MP3")),
        "silent.ogg": ("silent", encoded(silent, kind="OGG")),
        # Which an Opus decoder gives back as 1e-34.
        "silent.opus": ("silent", encoded(silent, kind="OGG", subtype="OPUS")),
        "nan.wav": ("unreadable", encoded(holes, subtype="FLOAT")),
        "infinite.wav": ("unreadable", encoded(endless, subtype="DOUBLE")),
        "picture.mp3": ("unreadable", jpeg),
        "picture.wav": ("unreadable", png),
        "text.flac": ("unreadable", b"no audio " * 100),
        "noise.ogg": ("unreadable", noise(5_000)),
        "page.html": ("unsupported", b"<html><body>404</body></html>" * 9),
        "header_only.ogg": ("empty", ogg_header_only()),
        "no_chunks.wav": ("unreadable", b"RIFF\4\0\0\0WAVE"),
        "rate0.wav": ("unreadable", wav(x, fmt=(1, 1, 0, 0, 2, 16))),
        "rate1.wav": ("unreadable", wav(x, fmt=(1, 1, 1, 2, 2, 16))),
        "channels0.wav": ("unreadable", wav(x, fmt=(1, 0, 16_000, 0, 0, 16))),
    }
    return {name: Odd(data, reason) for name, (reason, data) in files.items()}


def for_ffmpeg() -> dict[str, Odd]:
    """Files that libsndfile cannot read and ffmpeg can: name -> file."""
    x = tone(0.3)[:, 0]
    files = {}
    for bits in (12, 20):
        samples = np.round(x * 2 ** (bits - 1)).astype(np.int64)
        data = flac_bits.encode(samples, bits, RATE_HZ)
        files[f"bits{bits}.flac"] = Odd(data, "unsupported", 0.3, USED)
    return files
