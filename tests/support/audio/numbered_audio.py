"""Recordings in which every sample tells its recording and its place."""

import numpy as np

from pipelines import manifest as manifests
from tftag import audio, tags

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
            manifests.Track(
                track_id=f"track {row}",
                path=path.name,
                split="train",
                artist="",
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
    return manifests.Manifest(
        folder=folder,
        sample_rate_hz=SPEC.sample_rate_hz,
        tracks=tuple(tracks),
        vocabulary=tags.TagVocabulary(tuple(names)),
        audit={},
        source={},
    )


def places(waveform):
    """Rows and first samples of clips `[batch, samples]`."""
    return np.divmod(np.asarray(waveform)[:, 0].astype(np.int64) - 1, STRIDE)
