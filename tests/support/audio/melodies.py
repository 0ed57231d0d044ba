"""Short pieces with a tune, and a prepared data set made of any."""

import numpy as np
from made_manifest import make_manifest, write_recording

from pipelines import manifest as manifests
from tftag import audio

RATE_HZ = 8_000


def melody(seed, seconds=8.0, rate_hz=RATE_HZ):
    """Chords of four notes, four a second, float32 `[samples]`."""
    generator = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    wave = generator.normal(0, 0.01, len(time))
    for start in np.arange(0, seconds, 0.25):
        sounds = (time >= start) & (time < start + 0.4)
        for hz in generator.uniform(250, 1_900, 4):
            fading = np.exp(-6 * (time[sounds] - start))
            wave[sounds] += fading * np.sin(2 * np.pi * hz * time[sounds])
    return (0.2 * wave).astype(np.float32)


def samples(wave):
    """A wave as the int16 samples of a prepared recording."""
    return audio.to_full_scale(wave).samples


def prepare(folder, recordings, vocabulary=("calm", "loud"), rate_hz=RATE_HZ):
    """Writes recordings and their manifest.

    Args:
        folder: Where.
        recordings: Rows of wave, split, artist, tags.
        vocabulary: The tags that are learned.
        rate_hz: Of all waves.
    """
    (folder / "audio").mkdir(parents=True)
    tracks = [
        write_recording(
            folder,
            f"audio/{row}.wav",
            wave,
            rate_hz,
            track_id=f"track {row}",
            split=split,
            artist=artist,
            tags=tuple(sorted(names)),
        )
        for row, (wave, split, artist, names) in enumerate(recordings)
    ]
    made = make_manifest(
        folder, tracks, tuple(sorted(vocabulary)), sample_rate_hz=rate_hz
    )
    manifests.write_manifest(made)
    return made


def with_a_copy(folder, artist="Nobody", tag="calm"):
    """Four melodies; the last has 6 s of the first, in another split."""
    first = melody(0, 10)
    copy = np.concatenate([melody(9, 2), 0.3 * first[: 6 * RATE_HZ]])
    return prepare(
        folder,
        [
            (first, "train", artist, [tag]),
            (melody(1), "train", "A", [tag, "loud"]),
            (melody(2), "train", "B", ["loud"]),
            (copy, "validation", "C", [tag, "loud"]),
        ],
        vocabulary=(tag, "loud"),
    )
