"""The recordings that a run trains, validates and tests on."""

import hashlib
import json
import pathlib

import numpy as np
import numpy.typing as npt

from experiments.settings import (
    baseline_config,
    dual_encoder_config,
    pretrained,
)
from pipelines import manifest as manifests
from pipelines import splits, synthetic
from pipelines.synthetic import unseen as synthetic_unseen

SYNTHETIC_FOLDER = pathlib.Path("data/synthetic")
UNSEEN_FOLDER = pathlib.Path("data/synthetic_zero_shot")
TRAIN_SAMPLE = 50


def read(settings: dual_encoder_config.Settings) -> manifests.Manifest:
    """Reads the manifest; makes the embedded data set when it is asked for.

    That of a dual encoder has tags that nothing is trained on.
    """
    folder: str | pathlib.Path = settings.data
    if folder == baseline_config.SYNTHETIC:
        make, place = synthetic.make, SYNTHETIC_FOLDER
        if isinstance(settings, dual_encoder_config.DualConfig):
            make, place = synthetic_unseen.make, UNSEEN_FOLDER
        folder = make(place, sample_rate_hz=settings.audio.sample_rate_hz)
    manifest = manifests.read_manifest(folder)
    if manifest.sample_rate_hz != settings.audio.sample_rate_hz:
        way_out = "set --sample-rate-hz or prepare the data again"
        if pretrained.networks(settings.init_from):
            rate_hz = settings.audio.sample_rate_hz
            way_out = (
                f"{settings.init_from} takes no other, so prepare the data "
                f"again with --sample-rate-hz {rate_hz}"
            )
        raise ValueError(
            "The data must have the sample rate of the model, "
            f"{settings.audio.sample_rate_hz} Hz. Received: "
            f"{manifest.sample_rate_hz} Hz in {folder}; {way_out}"
        )
    return manifest


def parts(
    settings: dual_encoder_config.Settings, manifest: manifests.Manifest
) -> tuple[
    manifests.Manifest, manifests.Manifest | None, manifests.Manifest | None
]:
    """Returns the recordings to train, validate and test on.

    The last two are None where there are none; with `train_on` all, all
    recordings are trained on.
    """
    if settings.train_on == "all":
        return manifest, None, None
    found = manifest.split_counts
    for name in ("train", "validation"):
        if name not in found:
            raise ValueError(
                f"Training needs a {name} split; --train-on all goes without "
                f"validation. Received: {found} in {manifest.folder}"
            )
    test = manifest.split("test") if "test" in found else None
    return manifest.split("train"), manifest.split("validation"), test


def identity(manifest: manifests.Manifest) -> dict[str, str]:
    """What must stay the same for a run that makes folds of recordings.

    Returns:
        `manifest`, its fingerprint, and `artists`, 16 hex digits of who made
        each recording: another artist moves recordings to other folds, and
        leaves the fingerprint as it is.
    """
    artists = json.dumps(manifest.tracks.texts("artist"))
    return {
        "manifest": manifest.fingerprint,
        "artists": hashlib.sha256(artists.encode()).hexdigest()[:16],
    }


def folds(
    manifest: manifests.Manifest, count: int
) -> list[npt.NDArray[np.int64]]:
    """Rows of the recordings in folds by artist."""
    tracks = manifest.tracks
    return splits.folds(
        tracks.texts("artist"), tracks.texts("audio_hash"), count
    )


def sample(manifest: manifests.Manifest, seed: int) -> manifests.Manifest:
    """At most `TRAIN_SAMPLE` recordings, the same ones in every epoch."""
    count = len(manifest.tracks)
    rows = np.random.default_rng(seed).permutation(count)[:TRAIN_SAMPLE]
    return manifest.subset(np.sort(rows))
