"""Recordings in which every sample tells its recording and its place."""

import numpy as np
from made_manifest import make_manifest, make_track

from tftag import audio

STRIDE = 1_000  # recordings are at most this long
SPEC = audio.AudioSpec(
    sample_rate_hz=1_000,
    clip_seconds=0.1,
    window_samples=32,
    hop_samples=16,
    mel_bands=16,
    max_hz=500.0,
)


def write_manifest(folder, lengths, track_tags=None):
    """Sample `i` of row `r` is `r * STRIDE + i + 1`."""
    tracks = []
    for row, samples in enumerate(lengths):
        path = folder / f"{row}.wav"
        numbers = (row * STRIDE + 1 + np.arange(samples)).astype(np.int16)
        offset = audio.write_wav(path, numbers, SPEC.sample_rate_hz)
        tracks.append(
            make_track(
                f"track {row}",
                path=path.name,
                tags=tuple(track_tags[row])
                if track_tags
                else ("a", "b")[row % 2 :],
                samples=samples,
                peak=1.0,
                data_offset=offset,
                file_bytes=path.stat().st_size,
                audio_hash=str(row),
            )
        )
    names = sorted({tag for track in tracks for tag in track.tags})
    return make_manifest(
        folder, tracks, tuple(names), sample_rate_hz=SPEC.sample_rate_hz
    )


def clip(row, start, length):
    """A clip of a recording of this length, as it has to be read."""
    samples = np.zeros(SPEC.clip_samples, np.int16)
    there = np.arange(start, min(start + SPEC.clip_samples, length))
    samples[: len(there)] = row * STRIDE + 1 + there
    return samples


def places(waveform):
    """Rows and first samples of clips `[batch, samples]`."""
    return np.divmod(np.asarray(waveform)[:, 0].astype(np.int64) - 1, STRIDE)
