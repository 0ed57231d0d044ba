import dataclasses

import keras
import numpy as np
import pytest
import soundfile
import tiny_tagger

from tftag import audio
from tftag.export import few_examples, learned_tag
from tftag.inference import model_card, saved_tagger
from tftag.models.backbones import backbone

RATE = tiny_tagger.SPEC.sample_rate_hz


def sound(hertz, seed):
    """One second of a low or high tone in noise."""
    draw = np.random.default_rng(seed)
    seconds = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * hertz * draw.uniform(0.95, 1.05) * seconds)
    return 0.5 * tone + 0.05 * draw.normal(size=RATE)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    names = {"high": [], "low": []}
    for kind, hertz in (("high", 2_500), ("low", 300)):
        for seed in range(3):
            path = folder / f"{kind}{seed}.wav"
            soundfile.write(path, sound(hertz, seed), RATE)
            names[kind].append(path)
    return names


@pytest.fixture(scope="module")
def learned(tagger_folder, sounds, tmp_path_factory):
    folder = tmp_path_factory.mktemp("learned") / "tiny"
    return learned_tag.add(
        *(tagger_folder, "My  Tag", sounds["high"], sounds["low"], folder)
    )


def test_the_new_tag_tells_new_sounds_apart(learned):
    version, found = learned
    tagger = saved_tagger.SavedTagger(version)
    assert tagger.tag_names == (*tiny_tagger.NAMES, "my tag")
    assert tagger.thresholds[-1] == 0.5
    high, low = (
        [
            tagger.tag_samples(sound(hertz, seed)).calibrated[-1]
            for seed in range(10, 14)
        ]
        for hertz in (2_500, 300)
    )
    assert min(high) > 0.5 > max(low)
    assert found == 1.0


def test_the_other_tags_stay_what_they_were(learned, tagger):
    samples = tiny_tagger.music(3 * RATE)
    before = tagger.tag_samples(samples)
    after = saved_tagger.SavedTagger(learned[0]).tag_samples(samples)
    for name in ("probabilities", "calibrated"):
        np.testing.assert_allclose(
            getattr(after, name)[:-1], getattr(before, name), atol=1e-5
        )


def test_the_card_says_how_it_was_learned(learned):
    card = model_card.read(learned[0])
    (note,) = card["learned"]
    assert (note["tag"], note["like"], note["unlike"]) == ("my tag", 3, 3)
    assert "no share of recordings" in note["probability"]
    assert card["command"] == "tests"  # of the tagger


def test_bad_input_changes_nothing(
    tagger_folder, encoder_folder, sounds, tmp_path
):
    like, unlike = sounds["high"], sounds["low"]
    for model, name, others, message in (
        (tagger_folder, "Rock", unlike, "does not have yet. .*: 'Rock'"),
        (tagger_folder, "new", [], "--unlike must name recordings"),
        (encoder_folder, "new", unlike, "must be a tagger.*a dual encoder"),
    ):
        with pytest.raises(ValueError, match=message):
            learned_tag.add(model, name, like, others, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_used_changes_nothing(
    tagger_folder, sounds, tmp_path
):
    out = tmp_path / "out"
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(RATE), RATE)
    for bad in (silent, tmp_path / "absent.wav"):
        with pytest.raises(ValueError, match=f"Nothing is learned.*{bad}"):
            learned_tag.add(
                *(tagger_folder, "new", [*sounds["high"], bad]),
                *(sounds["low"], out),
            )
    assert not out.exists()


def test_every_member_knows_the_recordings_of_its_training():
    spec = audio.AudioSpec(mel_bands=96)
    one = backbone.BackboneConfig(architecture="musicnn", pooling="embedding")
    for members in (1, 2):
        body = backbone.backbone(
            spec, dataclasses.replace(one, members=members, patch_frames=187)
        )
        norms = [
            layer
            for layer in body.layers
            if isinstance(layer, keras.layers.BatchNormalization)
        ][-members:]
        for number, norm in enumerate(norms):
            norm.beta.assign(np.full(200, number))
            norm.gamma.assign(np.full(200, -2.0 - number))
        found = learned_tag.background_of(body)
        expected = np.repeat(np.arange(members), 200)
        np.testing.assert_array_equal(found.mean, expected)
        np.testing.assert_array_equal(found.deviation, 2 + expected)
    vgg = backbone.backbone(spec, backbone.BackboneConfig(1 / 32, blocks=3))
    assert learned_tag.background_of(vgg) is None


def test_the_name_says_what_is_expected_of_a_tag():
    background = few_examples.Background(np.zeros(4), np.full(4, 0.5))
    head = keras.Sequential([keras.Input([4]), keras.layers.Dense(2)])
    head.layers[0].set_weights([np.eye(4)[:, :2], np.ones(2)])
    names = ("choir", "electric guitar")
    for new, likest in (("choral singing", 0), ("guitar solo", 1)):
        found = learned_tag.expected_kernel(head, (*names, new), background)
        assert found.argmax() == likest and found[likest] > 0.3
        np.testing.assert_allclose(found[2:], 0, atol=1e-6)
    found = learned_tag.expected_kernel(head, (*names, "zzqx"), background)
    assert not found.any()
