"""Odd files are read in place as they are converted, or are converted."""

import encoded_audio
import flac_bits
import numpy as np

from pipelines.reading.slices import in_place, in_place_check, slice_decoders
from tftag import audio

RATE_HZ = 16_000


def inverted(x):
    return np.concatenate([x[:, :1], -x[:, :1]], axis=1)


def odd_files(folder):
    """Name -> bytes: each kind that is not what its header says."""
    x = encoded_audio.melody(3.0)
    other = encoded_audio.melody(2.0, seed=1)
    noise = np.random.default_rng(0).bytes(383)
    flac = encoded_audio.encoded(x, 44_100, "FLAC")
    blocks, frames = encoded_audio.flac_parts(flac)
    slower = encoded_audio.encoded(other, 22_050, "FLAC")
    ogg = [encoded_audio.encoded(y, 44_100, "OGG") for y in (x, other)]
    stated = encoded_audio.encoded(x, 44_100, "MP3")
    mp3 = encoded_audio.plain_mp3(folder, x)
    half = len(mp3) // 2
    parts = encoded_audio.mp3_frames(mp3)
    wavs = [encoded_audio.encoded(y, 44_100, "WAV") for y in (x, other)]
    return {
        "joined.wav": b"".join(wavs),
        "joined.ogg": b"".join(ogg),
        "joined.mp3": stated + mp3,
        "joined.flac": flac + slower,
        "too few.flac": flac_bits.with_total(flac, 40_000),
        "too many.flac": flac_bits.with_total(flac, 400_000),
        "rate changes.flac": flac + encoded_audio.flac_parts(slower)[1],
        "seek table.flac": encoded_audio.flac_file(
            [blocks[0], (3, bytes(25))], frames
        ),
        "cut.flac": flac[: len(flac) // 2],
        "stray.mp3": b"".join(parts[:60]) + noise + b"".join(parts[60:]),
        "sector.mp3": mp3[:half] + bytes(4_096) + mp3[half + 4_096 :],
        "front.mp3": bytes(3_000) + mp3,
        "tag.mp3": encoded_audio.id3(300) + bytes(500) + stated,
        "inverted.wav": encoded_audio.encoded(inverted(x), 44_100, "WAV"),
        "inverted.flac": encoded_audio.encoded(inverted(x), 44_100, "FLAC"),
        "four.wav": encoded_audio.encoded(np.full(4, 0.3), 192_000, "WAV"),
        "ms.wav": encoded_audio.encoded(x, 44_100, "WAV", "MS_ADPCM"),
        "ima.aiff": encoded_audio.encoded(x, 44_100, "AIFF", "IMA_ADPCM"),
    }


def test_slices_of_odd_files_are_those_of_the_whole_or_refused(tmp_path):
    rng = np.random.default_rng(0)
    kept = []
    for name, data in odd_files(tmp_path).items():
        path = tmp_path / name
        path.write_bytes(data)
        recording = audio.decode_file(path, RATE_HZ)
        try:
            facts = in_place_check.facts(str(path), recording, RATE_HZ, None)
        except slice_decoders.Undecodable:
            continue
        kept.append(name)
        source = in_place.SourceFile(
            path,
            facts["codec"],
            facts["source_rate_hz"],
            facts["source_frames"],
        )
        length = recording.samples.size
        for start in rng.integers(0, length - 2_000, 12):
            clip = in_place.read_clip(
                source,
                RATE_HZ,
                recording.peak,
                int(start),
                2_000,
                slice_decoders.libsndfile,
            )
            whole = recording.samples[start : start + 2_000].astype(int)
            assert np.abs(clip - whole).max() <= in_place_check.TOLERANCE, name
    # What libsndfile reads by itself may stay; nothing else does.
    assert "joined.wav" not in kept and "inverted.flac" not in kept
