"""A prepared data set of a few short tones, made in a moment."""

import numpy as np
from made_manifest import make_manifest, write_recording

from pipelines import manifest as manifests
from tftag import audio

RATE_HZ = 8_000
TAGS = ("high", "low", "noise")
# Front end and network that fit on a thumbnail.
_FRONT_END = {
    "sample_rate_hz": RATE_HZ,
    "clip_seconds": 1.0,
    "window_samples": 512,
    "hop_samples": 512,
    "mel_bands": 8,
    "max_hz": 4_000.0,
}
SPEC = audio.AudioSpec(**_FRONT_END)
SMALL = {
    **_FRONT_END,
    "width": 1 / 64,
    "blocks": 2,
    "mel_mask_bands": 2,
    "time_mask_frames": 2,
    "epochs": 2,
    "batch_size": 4,
}


def make(
    folder,
    train=16,
    validation=8,
    test=0,
    seconds=2.0,
    artists=4,
    seed=0,
    rate_hz=RATE_HZ,
):
    """Writes the WAV files and the manifest; returns the manifest."""
    generator = np.random.default_rng(seed)
    splits = ["train"] * train + ["validation"] * validation + ["test"] * test
    tracks = []
    (folder / "audio").mkdir(parents=True)
    for number, split in enumerate(splits):
        names = [TAGS[number % 2]] + ["noise"] * (number // 2 % 2)
        samples = round(rate_hz * seconds * (1 + number % 3 / 4))
        hz = (
            generator.uniform(1_500, 2_500)
            if names[0] == "high"
            else 200 + number
        )
        wave = np.sin(2 * np.pi * hz * np.arange(samples) / rate_hz)
        if "noise" in names:
            wave += generator.normal(0, 0.3, samples)
        tracks.append(
            write_recording(
                folder,
                f"audio/{number:03d}.wav",
                wave.astype(np.float32),
                rate_hz,
                track_id=f"track-{number:03d}",
                split=split,
                artist=f"{split} {number % artists}",
                tags=tuple(sorted(names)),
            )
        )
    made = make_manifest(
        folder,
        tracks,
        TAGS,
        sample_rate_hz=rate_hz,
        audit={"artists": "checked", "leaks": False},
        source={"name": "tones"},
    )
    manifests.write_manifest(made)
    return made


def flags(**values):
    """Command line of SMALL settings and others."""
    line = []
    for name, value in {**SMALL, **values}.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            line.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            line += [f"--{flag}", str(value)]
    return line
