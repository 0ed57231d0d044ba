"""A head is trained first; from there the body learns, as far as asked."""

import dataclasses

import beside_the_graph
import eager_training
import keras_checks
import numpy as np
import pytest
import tiny_tagger
import tone_manifest
import tone_training

from experiments.settings import baseline_config, flags
from experiments.training import loop
from experiments.training.transfer_learning import (
    averaged_training,
    fine_tuning,
)
from tftag import tags
from tftag.export import saved_model
from tftag.metrics import calibration
from tftag.models import tagger
from tftag.models.backbones import backbone


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """An export whose body has two blocks, and the model in it."""
    tiny_tagger.seed_weights(3)
    config = tagger.TaggerConfig(backbone.BackboneConfig(1 / 64, blocks=2))
    model = tagger.Tagger(tone_manifest.TAGS, tone_manifest.SPEC, config)
    folder = tmp_path_factory.mktemp("start") / "tagger"
    with beside_the_graph.alone():
        saved_model.export_tagger(
            model,
            tone_manifest.SPEC,
            tags.TagVocabulary(tone_manifest.TAGS),
            calibration.identity(3),
            {},
            folder,
        )
    return folder, model


@pytest.fixture(scope="module")
def settings(start, tmp_path_factory):
    values = {
        "average_decay": 0.0,
        "init_from": str(start[0]),
        "freeze": True,
        "head_units": 8,
        "head_members": 2,
        "head_components": 4,
        "learning_rate": 0.02,
        "mixup_alpha": 0.4,
        "fine_tune_epochs": 2,
        "fine_tune_batch_size": 2,
        "fine_tune_learning_rate": 0.01,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFTAG_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield tone_training.settings(**values)


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    """Trains on a few tones, in a run of its own or one that has begun."""
    folder = tmp_path_factory.mktemp("fine_tuning")
    made = tone_manifest.make(folder / "data", train=4, validation=0)

    def fit(settings, name):
        run = tone_training.run_in(folder, name)
        with eager_training.eager_training():
            return averaged_training.train_tagger(settings, made, None, run)

    return fit


@pytest.fixture(scope="module")
def frozen(fit, settings):
    """With a head that was trained on the body as it is."""
    return fit(fine_tuning.of_head(settings), "frozen").model


@pytest.fixture(scope="module")
def tuned(fit, settings):
    """Trained to the end, all layers of the body too."""
    return fit(settings, "tuned").model


def learned(model, other):
    """Names of the layers whose weights differ."""
    return {
        weight.path.split("/")[-2]
        for weight, was in zip(model.weights, other.weights, strict=True)
        if np.any(weight != was)
    }


def test_layers_learn_from_the_head_down_and_norms_stay(
    fit, settings, start, frozen, tuned
):
    of_one = flags.replace(settings, {"fine_tune_layers": 1})
    for model, blocks in (
        (fit(of_one, "one").model, {"block_2_conv"}),
        (tuned, {"block_1_conv", "block_2_conv"}),
    ):
        assert learned(model.body(), frozen.body()) == blocks
        assert learned(model.head, frozen.head) == {"hidden", "tag_logits"}
    keras_checks.check_same_weights(frozen.backbone, start[1].backbone)


def test_without_a_rate_it_is_the_frozen_tagger(fit, settings, frozen):
    tiny = flags.replace(
        settings, {"fine_tune_learning_rate": 1e-12, "fine_tune_epochs": 1}
    )
    samples = (2, tone_manifest.SPEC.clip_samples)
    waveform = np.random.default_rng(0).normal(size=samples)
    wave = {"waveform": waveform.astype("float32"), "peak": np.ones(2, "f4")}
    logits = [
        np.asarray(model(wave)) for model in (fit(tiny, "tiny").model, frozen)
    ]
    np.testing.assert_allclose(*logits, atol=1e-5)


def test_it_goes_on_where_it_was_interrupted(fit, settings, tuned, monkeypatch):
    saved = loop.Loop.save

    class Killed(Exception):
        """The process ends."""

    def save_and_end(self):
        saved(self)
        if self.progress.epoch == 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop.Loop, "save", save_and_end)
        with pytest.raises(Killed):
            fit(settings, "killed")
    resumed = fit(settings, "killed")
    assert not learned(resumed.model, tuned)
    assert [row["epoch"] for row in resumed.history] == [1, 2]


def test_a_step_sees_one_patch_of_each_recording():
    settings = flags.replace(
        baseline_config.transfer(),
        {"fine_tune_epochs": 3, "layer_decay": 0.7, "time_masks": 1},
    )
    assert not settings.is_on_cached_vectors
    tuned = fine_tuning.of_body(settings)
    assert tuned.audio.clip_frames == settings.model.backbone.patch_frames
    assert tuned.training.epochs == 3 and tuned.augmentation.time_masks == 1
    head = fine_tuning.of_head(settings)
    assert head.is_on_cached_vectors
    assert head == dataclasses.replace(
        baseline_config.transfer(), average_with=""
    )
