"""Tones to convert, and what a conversion of them left."""

import numpy as np
import soundfile

RATE_HZ = 8_000


def make_sources(folder, count=6, samples=4_000):
    """Distinct tones; returns {track id: path}."""
    folder.mkdir(exist_ok=True)
    paths = {}
    for i in range(count):
        path = folder / f"{i}.flac"
        tone = 0.3 * np.sin(np.arange(samples) * (i + 1) / 40)
        soundfile.write(path, tone, 11_025)
        paths[f"t{i}"] = path
    return paths


def contents(folder):
    """Bytes of all files that a reader may see."""
    return {p.name: p.read_bytes() for p in (folder / "wav").iterdir()}


def times(folder):
    return {p.name: p.stat().st_mtime_ns for p in (folder / "wav").iterdir()}
