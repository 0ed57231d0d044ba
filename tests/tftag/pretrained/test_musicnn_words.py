import numpy as np
import pytest

from tftag.export import preset_export
from tftag.pretrained import musicnn_words, presets, published_taggers
from tftag.words import sources

TEXTS = ("sad", "piano", "sad piano", "angry metal", "handpan")
KNOTS = (0.0, 0.1, 0.25, 0.45, 0.7, 1.0)


@pytest.fixture(scope="module")
def known():
    return sources.shipped()


@pytest.fixture(scope="module")
def encoder(known):
    return musicnn_words.model(known)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_text_is_near_to_the_names_of_outputs_as_its_words_are(
    encoder, known
):
    vectors, _ = known.embed(TEXTS)
    parts = []
    for network in (presets.MSD, presets.MTT):
        names, _ = known.embed(network.tags)

        def near(cosines):
            return np.interp(cosines, KNOTS, np.square(KNOTS))

        ridge = near(names @ names.T) + 0.2 * np.eye(len(names))
        parts.append(np.linalg.solve(ridge, near(names @ vectors.T)).T)
    np.testing.assert_allclose(
        encoder.text_tower(vectors, training=False),
        unit(np.concatenate(parts, axis=1)),
        atol=1e-5,
    )


def test_a_clip_is_what_both_networks_say(encoder):
    draw = np.random.default_rng(0)
    clip = draw.normal(size=(1, published_taggers.AUDIO.clip_samples)) ** 3
    first, second = (
        np.asarray(published_taggers.model(name)(clip, training=False))
        for name in ("msd_musicnn", "mtt_musicnn")
    )
    arrays = published_taggers.read("mtt_musicnn")
    # Of the mean embedding of its training.
    kernel, bias = arrays["tag_logits/kernel"], arrays["tag_logits/bias"]
    typical = arrays["embedding_norm/beta"] @ kernel + bias
    np.testing.assert_allclose(
        encoder.audio_tower(clip, training=False),
        unit(np.concatenate([first, 0.7 * (second - typical)], axis=1)),
        atol=1e-5,
    )


def test_every_outputs_name_has_a_vector(known):
    tags = presets.find(presets.DUAL_ENCODER).tags
    assert len(tags) == len(set(presets.MSD.tags) | set(presets.MTT.tags))
    assert known.embed(tags)[1].min() == 1.0


def test_a_recording_has_a_few_of_the_tags(encoder):
    seconds = np.arange(published_taggers.AUDIO.clip_samples) / 16_000
    struck = np.exp(-6 * (seconds % 0.5))
    chord = sum(np.sin(2 * np.pi * hz * seconds) for hz in (220, 277, 330))
    clip = np.asarray([struck * chord / 3])
    logits = np.asarray(encoder(clip, training=False))[0]
    given = 1 / (1 + np.exp(-logits)) >= preset_export.WORDS_THRESHOLD
    assert 1 <= given.sum() <= len(given) / 4
