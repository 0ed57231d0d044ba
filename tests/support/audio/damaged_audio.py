"""Whole files in every format, cut and mutated by seed."""

import ffmpeg_files
import numpy as np
import odd_audio


def whole(folder, seconds=0.25) -> dict[str, bytes]:
    """Short files, a name per format; M4A where ffmpeg can write it."""
    x = odd_audio.tone(seconds)
    files = {
        "a.wav": odd_audio.encoded(x),
        "b.wav": odd_audio.encoded(x, subtype="IMA_ADPCM"),
        "a.flac": odd_audio.encoded(x, kind="FLAC"),
        "a.mp3": odd_audio.encoded(x, kind="MP3"),
        "a.ogg": odd_audio.encoded(x, kind="OGG", subtype="VORBIS"),
        "a.opus": odd_audio.encoded(x, kind="OGG", subtype="OPUS"),
        "a.aiff": odd_audio.encoded(x, kind="AIFF"),
    }
    path = ffmpeg_files.write(folder, "a.m4a", "-c:a aac", x, odd_audio.RATE_HZ)
    files["a.m4a"] = path.read_bytes()
    return files


def mutated(data: bytes, seed: int) -> bytes:
    """Some bytes changed, a piece taken out, doubled or moved, or an end."""
    rng = np.random.default_rng(seed)
    damaged = bytearray(data)
    # Headers decide most: half of the changes are in the first bytes.
    reach = len(data) if rng.random() < 0.5 else min(len(data), 200)
    a, b = sorted(int(place) for place in rng.integers(0, reach, 2))
    match rng.integers(0, 6):
        case 0:
            for place in rng.integers(0, reach, 1 + rng.integers(0, 20)):
                damaged[place] ^= 1 << rng.integers(0, 8)
        case 1:
            for place in rng.integers(0, reach, 1 + rng.integers(0, 20)):
                damaged[place] = rng.integers(0, 256)
        case 2:  # a length or count field at its limits
            value = b"\xff\x7f\x80\x00"[rng.integers(0, 4)]
            damaged[a : a + 4] = bytes([value]) * len(damaged[a : a + 4])
        case 3:
            del damaged[a:b]
        case 4:
            damaged[b:b] = damaged[a:b]
        case 5:
            del damaged[a:]
    return bytes(damaged)


def boundaries(name: str, data: bytes) -> list[int]:
    """Where the chunks, blocks, pages, frames or boxes of a file begin."""
    kind = name.rpartition(".")[2]
    if kind in ("wav", "aiff"):
        order = "little" if kind == "wav" else "big"
        return [0, 4, 8, *_sized(data, 12, 8, 4, order, 8)]
    if kind == "m4a":
        return _sized(data, 0, 8, 0, "big", 0)
    if kind == "flac":
        blocks = [0, *_flac_blocks(data)]
        return blocks + _found(data, data[blocks[-1] :][:2], blocks[-1])
    if kind == "mp3":
        return _found(data, data[:2], 0)
    return _found(data, b"OggS", 0)


def _sized(data, place, header_bytes, size_at, order, extra):
    """Chunks that begin with their size; each also where its body begins."""
    places = []
    while place + header_bytes <= len(data):
        places += [place, place + header_bytes]
        size = int.from_bytes(data[place + size_at :][:4], order) + extra
        place += max(size + size % 2 * (extra > 0), header_bytes)
    return places


def _flac_blocks(data):
    place, last = 4, False
    while not last:
        yield place
        last = data[place] >> 7
        place += 4 + int.from_bytes(data[place + 1 : place + 4], "big")
    yield place


def _found(data, mark, place):
    places = []
    while (place := data.find(mark, place)) >= 0:
        places.append(place)
        place += len(mark)
    return places
