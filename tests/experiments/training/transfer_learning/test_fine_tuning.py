"""A head is trained first; from there the body learns, as far as asked."""

import dataclasses

import numpy as np
import pytest
import tiny_tagger
import tone_manifest

from experiments.runs import run_folder
from experiments.settings import baseline_config, flags
from experiments.training import loop
from experiments.training.transfer_learning import (
    averaged_training,
    fine_tuning,
)
from tftag import calibration
from tftag.export import saved_model
from tftag.models import tagger
from tftag.models.backbones import backbone


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """An export whose body has two blocks."""
    tiny_tagger.seed_weights(3)
    config = tagger.TaggerConfig(backbone.BackboneConfig(1 / 64, blocks=2))
    model = tagger.Tagger(tone_manifest.TAGS, tone_manifest.SPEC, config)
    folder = tmp_path_factory.mktemp("start") / "tagger"
    saved_model.export_tagger(
        model,
        tone_manifest.SPEC,
        tone_manifest.make(folder / "data", 2, 0).vocabulary,
        calibration.identity(3),
        {},
        folder,
    )
    return folder, model


@pytest.fixture
def settings(start, tmp_path, monkeypatch):
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path / "cache"))
    return flags.replace(
        baseline_config.demo(),
        {
            **tone_manifest.SMALL,
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
        },
    )


def fit(settings, folder, name="a"):
    data = folder / "data"
    if not hasattr(fit, "made") or fit.made.folder != data:
        fit.made = tone_manifest.make(data, train=8, validation=4)
    return averaged_training.train_tagger(
        settings,
        fit.made.split("train"),
        None,
        run_folder.RunDir(folder, "baseline", name),
    )


def learned(model, other):
    """Names of the layers whose weights differ."""
    return {
        weight.path.split("/")[-2]
        for weight, was in zip(model.weights, other.weights, strict=True)
        if np.any(weight != was)
    }


@pytest.mark.usefixtures("no_graphs")
def test_layers_learn_from_the_head_down_and_norms_stay(
    settings, start, tmp_path
):
    frozen = fit(fine_tuning.of_head(settings), tmp_path, "frozen").model
    of_one = flags.replace(settings, {"fine_tune_layers": 1})
    for name, asked, blocks in (
        ("one", of_one, {"block_2_conv"}),
        ("all", settings, {"block_1_conv", "block_2_conv"}),
    ):
        tuned = fit(asked, tmp_path, name).model
        assert learned(tuned.body(), frozen.body()) == blocks
        assert learned(tuned.head, frozen.head) == {"hidden", "tag_logits"}
    for a, b in zip(
        frozen.backbone.get_weights(),
        start[1].backbone.get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


@pytest.mark.usefixtures("no_graphs")
def test_without_a_rate_it_is_the_frozen_tagger(settings, tmp_path):
    tiny = flags.replace(settings, {"fine_tune_learning_rate": 1e-12})
    wave = {
        "waveform": np.random.default_rng(0)
        .normal(size=(2, tone_manifest.SPEC.clip_samples))
        .astype(np.float32),
        "peak": np.ones(2, np.float32),
    }
    logits = [
        np.asarray(fit(asked, tmp_path, name).model(wave))
        for name, asked in (
            ("tiny", tiny),
            ("frozen", fine_tuning.of_head(tiny)),
        )
    ]
    np.testing.assert_allclose(*logits, atol=1e-5)


@pytest.mark.usefixtures("no_graphs")
def test_it_goes_on_where_it_was_interrupted(settings, tmp_path, monkeypatch):
    whole = fit(settings, tmp_path, "whole")
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
            fit(settings, tmp_path, "killed")
    resumed = fit(settings, tmp_path, "killed")
    assert not learned(resumed.model, whole.model)
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
