"""A tagger that is small enough to export in a test."""

import random

import numpy as np
import soundfile

from tftag import audio, tags
from tftag.export import saved_model
from tftag.metrics import calibration
from tftag.models import tagger
from tftag.models.backbones import backbone

SPEC = audio.AudioSpec(
    sample_rate_hz=8_000,
    clip_seconds=0.25,
    window_samples=256,
    hop_samples=128,
    mel_bands=32,
    max_hz=4_000.0,
)
CLIP = SPEC.clip_samples
# Of clips of ten samples.
SHORTEST = audio.AudioSpec(
    sample_rate_hz=100,
    clip_seconds=0.1,
    window_samples=8,
    hop_samples=4,
    mel_bands=2,
    max_hz=50.0,
)
NAMES = ("rock", "jazz", "été", "r&b", "70s", "ambient", "stage & screen") + (
    *("folk", "pop", "metal", "piano", "choir"),
)
LICENCE = {"of": "the weights of x", "name": "ISC", "text": "Permission"}
CALIBRATION = calibration.Calibration(
    1.3, np.linspace(-1.0, 1.0, len(NAMES)), np.linspace(0.2, 0.8, len(NAMES))
)


def build(spec=SPEC):
    """Returns a tagger whose answers differ from sound to sound."""
    seed_weights(7)
    config = tagger.TaggerConfig(backbone.BackboneConfig(1 / 32, blocks=3))
    model = tagger.Tagger(NAMES, spec, config)
    kernel, bias = model.head.get_weights()
    model.head.set_weights([kernel * 8, bias])
    return model


def seed_weights(seed):
    """Decides what the weights of the next models begin with.

    Keras' own seeding would also have TensorFlow forget every graph that it
    has optimised, those of models that tests share among them.
    """
    random.seed(seed)


def reference(model, samples, spec=SPEC):
    """Probabilities of every clip `[clips, tags]`, one clip at a time."""
    probabilities = []
    peak = np.abs(samples).max(keepdims=True)
    for start in audio.clip_starts(len(samples), spec):
        clip = np.zeros(spec.clip_samples, np.float32)
        part = samples[start : start + spec.clip_samples]
        clip[: len(part)] = part
        logits = model({"waveform": clip[None], "peak": peak}, training=False)
        probabilities.append(1 / (1 + np.exp(-np.array(logits[0], float))))
    return np.array(probabilities)


def music(samples, seed=0):
    """A chord that changes, with noise, float32 `[samples]`."""
    draw = np.random.default_rng(seed)
    seconds = np.arange(samples) / SPEC.sample_rate_hz
    hertz = draw.uniform(100, 3000, 3)
    bend = draw.uniform(1, 5)
    chord = np.sin(2 * np.pi * np.outer(hertz, seconds * (1 + bend * seconds)))
    noise = 0.1 * draw.normal(size=samples)
    return (chord.sum(axis=0) + noise).astype(np.float32)


def write_songs(folder, names, samples=SPEC.sample_rate_hz):
    """Writes files of so many samples, each of other music; returns the folder.

    Folders are made where there are none.
    """
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, music(samples, seed) / 8, SPEC.sample_rate_hz)
    return folder


def write(model, folder, card=None, **options):
    """Exports a model as the tests have it."""
    settings = {
        "vocabulary": tags.TagVocabulary(NAMES),
        "calibrated": CALIBRATION,
        "card": {"command": "tests"} if card is None else card,
        "clips_at_once": 8,
        **options,
    }
    return saved_model.export_tagger(model, SPEC, folder=folder, **settings)
