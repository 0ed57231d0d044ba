"""Random crops per second from prepared data sets in different places."""

import argparse
from collections.abc import Callable, Sequence

from experiments.speed.crops import reading
from pipelines import manifest as manifests
from tftag import audio
from tftag.cli import arguments as arguments_lib

_BYTES_PER_SAMPLE = 2


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the places to read from."""
    parser.add_argument(
        "data",
        nargs="+",
        help="folders or addresses of prepared data sets, as s3://bucket/mine "
        "and data/mine",
    )
    parser.add_argument(
        "--clip-seconds",
        type=arguments_lib.positive,
        default=30,
        help="of a clip (30)",
    )
    parser.add_argument(
        "--seconds",
        type=arguments_lib.positive,
        default=10,
        help="per place and batch size, all rounds (10)",
    )


def ways(
    places: Sequence[str], clip_seconds: float, seconds: float
) -> dict[str, Callable[[], float]]:
    """What training would read from each place, per batch size.

    Args:
        places: Folders or addresses of prepared data sets.
        clip_seconds: Length of a crop; zeros where a recording is shorter.
        seconds: Duration of a measurement.

    Returns:
        For each place and batch size what measures crops per second.

    Raises:
        ValueError: A place is named twice.
    """
    if len(set(places)) < len(places):
        raise ValueError(f"Name each place once. Received: {' '.join(places)}")
    found = {}
    for place in places:
        manifest = manifests.read_manifest(place)
        spec = audio_spec(manifest, clip_seconds)
        for name, way in reading.own_ways(manifest, spec, seconds).items():
            found[f"{place}, {name.partition(', ')[2]}"] = way
    return found


def headline(places: Sequence[str], clip_seconds: float) -> str:
    """Says what the figures stand for."""
    manifest = manifests.read_manifest(places[0])
    spec = audio_spec(manifest, clip_seconds)
    megabytes = _BYTES_PER_SAMPLE * spec.clip_samples / 1e6
    return (
        f"random crops of {clip_seconds:g} s ({megabytes:.2f} MB) from "
        f"{len(manifest.tracks)} recordings; crops per second"
    )


def audio_spec(
    manifest: manifests.Manifest, clip_seconds: float
) -> audio.AudioSpec:
    """Length and rate of the crops from a data set."""
    return audio.AudioSpec(
        sample_rate_hz=manifest.sample_rate_hz,
        clip_seconds=clip_seconds,
        max_hz=min(8_000.0, manifest.sample_rate_hz / 2),
    )
