"""Two taggers are trained beside each other and become one model."""

import dataclasses

import keras_checks
import numpy as np
import pytest
import tone_manifest
import tone_training

from experiments.runs import checkpoint
from experiments.scoring import evaluation
from experiments.settings import baseline_config
from experiments.training import loop
from experiments.training.transfer_learning import (
    averaged_training,
    frozen_body,
    transfer,
)
from experiments.training.workers import group


class Killed(BaseException):
    """Stands for a signal."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("averaged")
    return tone_manifest.make(
        folder / "data", train=8, validation=0, seconds=1.0
    )


@pytest.fixture
def settings(monkeypatch):
    """A head that stays as it is drawn, with a network from scratch."""
    known = checkpoint.Progress(epoch=1, history=[{"epoch": 1}])
    monkeypatch.setattr(frozen_body, "train", lambda *_: known)
    monkeypatch.setattr(transfer, "take_over", lambda *_: ())
    scratch = tone_training.settings(
        epochs=1, checkpoint_seconds=0.0, tag_sharing=0.2
    )
    monkeypatch.setitem(baseline_config.PRESETS, "strong", lambda: scratch)
    return on_a_frozen_body(average_with="strong")


def on_a_frozen_body(**values):
    frozen = {"init_from": "somewhere", "freeze": True, "head_units": 8}
    frozen |= {"average_decay": 0.0, "average_share": 0.25}
    return tone_training.settings(**frozen | values)


def train(settings, made, folder):
    run = tone_training.run_in(folder)
    return averaged_training.train_tagger(settings, made, None, run)


@pytest.mark.usefixtures("no_graphs")
def test_killed_and_started_again_it_ends_the_same(
    settings, made, tmp_path, monkeypatch
):
    alone = train(settings, made, tmp_path / "alone")
    steps = loop.Loop.on_train_batch_end

    def killed(self, batch, logs=None):
        steps(self, batch, logs)
        if self.progress.step == 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop.Loop, "on_train_batch_end", killed)
        with pytest.raises(Killed):
            train(settings, made, tmp_path / "killed")
    again = train(settings, made, tmp_path / "killed")
    keras_checks.check_same_weights(alone.model, again.model)
    beside = tmp_path / "killed" / "baseline" / "a" / "averaged_with" / "strong"
    for name in ("history.csv", "config.json"):
        assert (beside / name).is_file()
    assert alone.history == [{"epoch": 1}]
    assert alone.model.shares == (0.75, 0.25)


@pytest.fixture
def on_vectors(monkeypatch, tmp_path):
    """Heads on cached vectors of two bodies, and a network from scratch."""
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(transfer, "take_over", lambda *_: ())
    scratch = {"freeze": False, "init_from": "", "head_units": 0, "epochs": 1}
    for name, values in ("transfer_vgg", {"blocks": 1}), ("strong", scratch):
        beside = on_a_frozen_body(**values)
        monkeypatch.setitem(
            baseline_config.PRESETS, name, lambda beside=beside: beside
        )
    return on_a_frozen_body(average_with="transfer_vgg+strong")


@pytest.mark.slow
@pytest.mark.usefixtures("no_graphs")
def test_killed_in_the_second_head_it_ends_and_scores_the_same(
    on_vectors, made, tmp_path, monkeypatch
):
    alone = train(on_vectors, made, tmp_path / "alone")
    trains = frozen_body.train
    second = alone.model.parts[1].backbone.count_params()

    def killed(model, *rest):
        progress = trains(model, *rest)
        if model.backbone.count_params() == second:
            raise Killed
        return progress

    with monkeypatch.context() as patch:
        patch.setattr(frozen_body, "train", killed)
        with pytest.raises(Killed):
            train(on_vectors, made, tmp_path / "killed")
    again = train(on_vectors, made, tmp_path / "killed")
    keras_checks.check_same_weights(alone.model, again.model)
    scores = averaged_training.score(on_vectors, again.model, made)
    np.testing.assert_array_equal(
        scores, averaged_training.score(on_vectors, alone.model, made)
    )
    whole = evaluation.score_manifest(again.model, made, on_vectors.audio, 3)
    np.testing.assert_allclose(scores, whole, atol=1e-6)


@pytest.mark.usefixtures("no_graphs")
def test_without_it_there_is_one_network(settings, made, tmp_path):
    alone = dataclasses.replace(settings, average_with="")
    trained = train(alone, made, tmp_path)
    assert not hasattr(trained.model, "parts")
    assert averaged_training.card(alone) == {}


def test_too_few_recordings_for_a_network_are_said_before_any_training(
    settings, made, tmp_path, monkeypatch
):
    def trained(*_):
        raise AssertionError("trained")

    monkeypatch.setattr(
        averaged_training.tagger_training, "train_tagger", trained
    )
    few = made.subset(range(3))  # of batches of 4
    with pytest.raises(ValueError, match="'strong' needs 4.*''.*Received: 3"):
        train(settings, few, tmp_path)


def test_several_workers_are_refused(settings, made, tmp_path):
    workers = dataclasses.replace(group.ALONE, strategy=object())
    with pytest.raises(ValueError, match="--average-with ''.*strong"):
        averaged_training.train_tagger(
            *(settings, made, None, tone_training.run_in(tmp_path), workers)
        )
