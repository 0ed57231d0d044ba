"""Whole recordings of a manifest, wherever and however they are stored."""

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np

from pipelines import manifest as manifests
from pipelines.reading.slices import arrays
from tftag import audio
from tftag.storage.remote import local_copy


def add_split_flag(parser: argparse.ArgumentParser) -> None:
    """Adds `--split`, which `of_split` takes."""
    parser.add_argument(
        "--split",
        choices=("all", *manifests.SPLITS),
        default="all",
        help="which recordings (all)",
    )


def of_split(manifest: manifests.Manifest, split: str) -> manifests.Manifest:
    """The recordings of a split, or `all`."""
    return manifest if split == "all" else manifest.split(split)


def known_to(card: dict[str, Any], manifest: manifests.Manifest) -> int:
    """Counts the recordings that a model was trained or selected on.

    Args:
        card: The model card; those of published models list no recordings.
        manifest: The recordings, of whatever data set: equal audio is one.
    """
    known = set(card.get("data", {}).get("audio_hashes", ()))
    return sum(one in known for one in manifest.tracks.texts("audio_hash"))


def recordings(
    manifest: manifests.Manifest, sample_rate_hz: int
) -> Iterator[np.ndarray]:
    """Decodes every recording in turn; yields float32 `[samples]`."""
    for track in manifest.tracks:
        yield samples(manifest, track, sample_rate_hz)


def samples(
    manifest: manifests.Manifest, track: manifests.Track, sample_rate_hz: int
) -> np.ndarray:
    """Decodes a recording; float32 `[samples]`.

    Args:
        manifest: It is in.
        track: Which one.
        sample_rate_hz: Of the samples.
    """
    with local_copy.file_copy(manifest.wav_path(track)) as file:
        if track.codec == arrays.CODEC:
            recording = arrays.decode_array(
                file, track.source_rate_hz, sample_rate_hz
            )
        else:
            recording = audio.decode_file(file, sample_rate_hz)
    return recording.samples
