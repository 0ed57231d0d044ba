"""An average of taggers is their mean, saved, exported and extended."""

import keras
import numpy as np
import pytest
import tiny_tagger

from tftag import audio
from tftag.export import compute_precision, few_examples, learned_tag
from tftag.models import averaged_tagger, tagger
from tftag.models.backbones import backbone

# Another front end and two members; patches fix the length of its clips.
OTHER = audio.AudioSpec(
    sample_rate_hz=8_000,
    clip_seconds=0.25,
    window_samples=512,
    hop_samples=256,
    mel_bands=16,
    max_hz=4_000.0,
)


@pytest.fixture(scope="module")
def parts():
    first = tiny_tagger.build()
    config = tagger.TaggerConfig(
        backbone.BackboneConfig(
            1 / 32, blocks=2, members=2, shared_blocks=1, patch_frames=4
        )
    )
    second = tagger.Tagger(tiny_tagger.NAMES, OTHER, config)
    second.head.set_weights([8 * w for w in second.head.get_weights()])
    return first, second


@pytest.fixture(scope="module")
def model(parts):
    return averaged_tagger.AveragedTagger(parts, [0.75, 0.25], name="tagger")


@pytest.fixture(scope="module")
def clips():
    waveform = tiny_tagger.music(3 * tiny_tagger.CLIP).reshape(3, -1)
    return {"waveform": waveform, "peak": np.array([3.0, 5.0, 4.0], "float32")}


def test_log_odds_are_the_mean_of_those_of_the_parts(model, parts, clips):
    first, second = (np.asarray(part(clips)) for part in parts)
    assert np.abs(first - second).max() > 0.1
    np.testing.assert_allclose(
        model(clips), 0.75 * first + 0.25 * second, atol=1e-5
    )


def test_what_the_head_sees_are_the_vectors_of_all_parts(model, parts, clips):
    vectors = [np.asarray(part.body()(clips)) for part in parts]
    np.testing.assert_allclose(
        model.body()(clips), np.concatenate(vectors, axis=1), atol=1e-5
    )


def test_the_weights_are_those_of_the_parts_each_once(model, parts):
    own = {id(weight) for part in parts for weight in part.weights}
    assert {id(weight) for weight in model.weights} == own
    assert len(model.weights) == len(own)


def test_a_tag_can_be_learned_beside_the_others(model, clips):
    dim = model.backbone.output.shape[-1]
    kernel = np.random.default_rng(0).normal(size=dim)
    learned = few_examples.Line(kernel, 0.5)
    # As an export copies it.
    extended, _ = compute_precision.float32_copy(
        learned_tag._extended(model, learned, 1.0)
    )
    found = np.asarray(extended(clips))
    np.testing.assert_allclose(found[:, :-1], model(clips), atol=1e-5)
    expected = np.asarray(model.body()(clips)) @ kernel + 0.5
    np.testing.assert_allclose(found[:, -1], expected, rtol=1e-4)


@pytest.mark.slow
def test_an_export_answers_as_the_average_does_and_comes_back(
    model, clips, tmp_path
):
    # Compares every signature with the model before it gives the export its
    # name.
    folder = tiny_tagger.write(model, tmp_path / "average")
    loaded = keras.saving.load_model(folder / "assets.extra" / "tagger.keras")
    assert type(loaded) is averaged_tagger.AveragedTagger
    assert loaded.shares == (0.75, 0.25)
    np.testing.assert_allclose(loaded(clips), model(clips), atol=1e-6)


def test_parts_that_do_not_fit_are_refused(parts):
    first, second = parts
    with pytest.raises(ValueError, match="2 parts, 1 shares"):
        averaged_tagger.AveragedTagger(parts, [1.0])
    longer = tagger.Tagger(
        tiny_tagger.NAMES,
        tiny_tagger.SPEC,
        tagger.TaggerConfig(
            backbone.BackboneConfig(1 / 32, blocks=3, pooling="flatten")
        ),
    )
    few = tagger.Tagger(["a", "b"], tiny_tagger.SPEC, first.config)
    with pytest.raises(ValueError, match=r"same tags.*\[2, 12\] outputs"):
        averaged_tagger.AveragedTagger([first, few], [0.5, 0.5])
    assert averaged_tagger.AveragedTagger([longer, second], [0.5, 0.5])
    turned = tagger.Tagger(
        tiny_tagger.NAMES[::-1], tiny_tagger.SPEC, first.config
    )
    with pytest.raises(ValueError, match="in the same order"):
        averaged_tagger.AveragedTagger([first, turned], [0.5, 0.5])
    for shares in ([0.5, 0.6], [1.5, -0.5], [0.5, float("nan")]):
        with pytest.raises(ValueError, match="add up to 1"):
            averaged_tagger.AveragedTagger(parts, shares)
