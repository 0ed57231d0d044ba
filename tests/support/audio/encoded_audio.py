"""Streams of every format as they stand in files: frames, pages, blocks."""

import ffmpeg_files
import numpy as np
import odd_audio

RATE_HZ = 44_100
encoded = odd_audio.encoded


def melody(seconds=3.0, rate_hz=RATE_HZ, channels=2, seed=0):
    """Tones that glide, so that no second is like another."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    pitch = 200 + 60 * seed
    wave = sum(
        np.sin(2 * np.pi * pitch * k * t + 3 * np.sin(2 * t / k)) / k
        for k in (1, 2, 3)
    )
    wave = 0.2 * wave * (1.2 + np.sin(3 * t))
    noise = 0.01 * rng.standard_normal((len(t), channels))
    return (wave[:, None] + noise).astype(np.float32)


def by_ffmpeg(folder, name, options, x, rate_hz=RATE_HZ):
    """Bytes of a file that ffmpeg writes."""
    return ffmpeg_files.write(folder, name, options, x, rate_hz).read_bytes()


def plain_mp3(folder, x, rate_hz=RATE_HZ):
    """Frames of 128 kbit/s alone: no tag, and none that states a length."""
    options = "-c:a libmp3lame -b:a 128k -write_xing 0 -id3v2_version 0"
    return by_ffmpeg(folder, "plain.mp3", options, x, rate_hz)


def mp3_frames(data):
    """The frames of MPEG 1, layer III, 128 kbit/s at 44.1 kHz."""
    frames, place = [], 0
    while place + 4 <= len(data):
        length = 144 * 128_000 // RATE_HZ + (data[place + 2] >> 1 & 1)
        frames.append(data[place : place + length])
        place += length
    return frames


def flac_parts(data):
    """The blocks of a FLAC file (kind, bytes), and its frames as bytes."""
    blocks, place, is_last = [], 4, False
    while not is_last:
        size = int.from_bytes(data[place + 1 : place + 4], "big")
        body = data[place + 4 : place + 4 + size]
        blocks.append((data[place] & 127, body))
        is_last = data[place] > 127
        place += 4 + size
    return blocks, data[place:]


def flac_file(blocks, frames):
    """A FLAC file of blocks and frames."""
    heads = b""
    for number, (kind, body) in enumerate(blocks):
        is_last = number == len(blocks) - 1
        heads += bytes([kind | 128 * is_last])
        heads += len(body).to_bytes(3, "big") + body
    return b"fLaC" + heads + frames


def id3(body_bytes, footer=False):
    """An ID3v2.4 tag of zeros."""
    size = bytes(body_bytes >> shift & 127 for shift in (21, 14, 7, 0))
    rest = b"\4\0" + bytes([0x10 * footer]) + size
    return b"ID3" + rest + bytes(body_bytes) + (b"3DI" + rest) * footer


def ape(body_bytes=64):
    """An APE tag of version 2, with header and footer."""
    size = (body_bytes + 32).to_bytes(4, "little") + (1).to_bytes(4, "little")
    begin = b"APETAGEX" + (2_000).to_bytes(4, "little") + size
    header = begin + (0xA0000000).to_bytes(4, "little") + bytes(8)
    footer = begin + (0x80000000).to_bytes(4, "little") + bytes(8)
    return header + bytes(body_bytes) + footer


def alike(found, expected, rate_hz):
    """Share of the half seconds of `expected` that `found` has in place.

    A shift of half a second is allowed for what coders add or cut off.
    """
    size = rate_hz // 2
    found = np.pad(found, size)
    good = total = 0
    for start in range(0, len(expected) - size, size):
        part = expected[start : start + size].astype(float)
        around = found[start : start + 3 * size].astype(float)
        total += 1
        if len(around) < size:
            continue
        points = 1 << (len(around) + size).bit_length()
        product = np.fft.rfft(around, points)
        product *= np.fft.rfft(part, points).conj()
        match = np.fft.irfft(product, points)[: len(around) - size + 1]
        power = np.cumsum(np.append(0, around**2))
        power = power[size:] - power[:-size]
        good += (match / np.sqrt(power * (part**2).sum() + 1)).max() > 0.97
    return good / max(1, total)
