"""A dual encoder that is small enough to export in a test."""

import numpy as np
import tiny_tagger

from tftag import audio, tags, words
from tftag.export import saved_model
from tftag.models import dual_encoder
from tftag.models.backbones import backbone

SPEC, CLIP, NAMES = tiny_tagger.SPEC, tiny_tagger.CLIP, tiny_tagger.NAMES
# "handpan" and "no vocals" are none of the tags.
PHRASES = tuple(words.normalize(name) for name in NAMES) + (
    *("handpan", "dreamy", "vocals", "no vocals", "drum and bass", "drum"),
)
ALIASES = {"hang drum": "handpan", "singing": "vocals"}
# What has no vector at all, some, and more scripts than one.
STRINGS = ("dreamy", "HANDPAN!", "Été zzqx", "zzqx", "", "音楽", "hang-drum")
KNOWN_SHARES = (1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 1.0)


def word_vectors(seed=0):
    """Returns random word vectors."""
    drawn = np.random.default_rng(seed).normal(size=(len(PHRASES), 16))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return words.WordVectors(PHRASES, drawn, ALIASES, f"drawn, seed {seed}")


def build(members=2):
    """Returns a dual encoder whose answers differ from sound to sound."""
    tiny_tagger.seed_weights(7)
    config = dual_encoder.DualEncoderConfig(
        backbone.BackboneConfig(1 / 32, blocks=3, members=members),
        dim=12,
        text_units=20,
    )
    vectors, _ = word_vectors().embed(NAMES)
    model = dual_encoder.DualEncoder(NAMES, vectors, SPEC, config)
    # As if trained: nothing is at its start.
    draw = np.random.default_rng(1)
    for weight in model.text_tower.weights:
        if "norm" in weight.path:
            shift = draw.uniform(0.0, 0.5, weight.shape)
            weight.assign(weight + shift)
    return model


def write(model, folder, vectors=None, **options):
    """Exports a model as the tests have it."""
    return saved_model.export_dual_encoder(
        model,
        SPEC,
        tags.TagVocabulary(NAMES),
        tiny_tagger.CALIBRATION,
        word_vectors() if vectors is None else vectors,
        {"command": "tests"},
        folder,
        **{"clips_at_once": 8, **options},
    )


def _clip_vectors(model, samples):
    """Unit vector of every clip, one clip at a time."""
    vectors = []
    for start in audio.clip_starts(len(samples), SPEC):
        clip = np.zeros((1, CLIP), np.float32)
        part = samples[start : start + CLIP]
        clip[0, : len(part)] = part
        peak = np.abs(samples).max(keepdims=True)
        vectors.append(model.audio_tower({"waveform": clip, "peak": peak})[0])
    return np.array(vectors, float)


def live_embedding(model, samples):
    """Embedding `[dim]` of a recording, by the model itself."""
    mean = _clip_vectors(model, samples).mean(axis=0)
    return mean / np.linalg.norm(mean)


def live_texts(model, strings):
    """Embeddings `[strings, dim]` and known shares, by the model itself."""
    vectors, known_share = word_vectors().embed(strings)
    return np.array(model.text_tower(vectors, training=False)), known_share
