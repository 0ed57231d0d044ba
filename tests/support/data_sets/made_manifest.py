"""Tracks and manifests of tests: what is not said of them is made up."""

import hashlib

from pipelines import manifest as manifests
from tftag import audio, tags


def make_track(track_id="a", **said):
    """A row of a manifest; nothing has to be at its path."""
    values = {
        "track_id": track_id,
        "path": f"audio/{track_id}.wav",
        "split": "train",
        "artist": "",
        "tags": ("rock",),
        "samples": 16,
        "peak": 0.1,
        "data_offset": 44,
        "file_bytes": 76,
        "audio_hash": "00ff",
    }
    return manifests.Track(**{**values, **said})


def make_manifest(folder, tracks, names=("jazz", "rock"), **said):
    values = {
        "sample_rate_hz": 16_000,
        "audit": {"artists": "unknown", "leaks": False},
        "source": {"name": "ours", "licence": "CC BY 4.0"},
    }
    return manifests.Manifest(
        folder=folder,
        tracks=tuple(tracks),
        vocabulary=tags.TagVocabulary(names),
        **{**values, **said},
    )


def write_recording(folder, path, wave, rate_hz, **said):
    """Writes a prepared recording below a folder; returns its track."""
    made = audio.to_full_scale(wave)
    offset = audio.write_wav(folder / path, made.samples, rate_hz)
    return make_track(
        path=path,
        samples=len(made.samples),
        peak=made.peak,
        data_offset=offset,
        file_bytes=(folder / path).stat().st_size,
        audio_hash=hashlib.sha256(made.samples.tobytes()).hexdigest(),
        **said,
    )
