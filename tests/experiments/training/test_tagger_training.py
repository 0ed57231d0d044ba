"""A training that is killed anywhere ends like one that was left alone."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import eventful_training
import keras_checks
import numpy as np
import pytest
import tone_manifest
import tone_training

from experiments.runs import checkpoint, run_folder
from experiments.scoring import evaluation
from experiments.training import loop, tagger_training

PROGRAM = """
import sys, pathlib
import eventful_training
eventful_training.train(pathlib.Path(sys.argv[1]), sys.argv[2])
"""


class Killed(BaseException):
    """Stands for a signal."""


def start(folder, name):
    paths = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), name],
        env={**os.environ, "PYTHONPATH": paths, "CUDA_VISIBLE_DEVICES": "-1"},
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_when(process, reached):
    """Kills from outside as soon as the run has got somewhere."""
    while process.poll() is None and not reached():
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said


def newest_state(run):
    names = sorted(p.name for p in run.checkpoints.glob("state-*.npz"))
    return int(names[-1][6:16]) if names else 0


def rows(run):
    path = run.path / "history.csv"
    return len(path.read_text().splitlines()) - 1 if path.exists() else 0


def assert_same_end(run, other):
    (progress, arrays), (progress_2, arrays_2) = (
        checkpoint.load(r.checkpoints) for r in (run, other)
    )
    assert arrays.keys() == arrays_2.keys()
    for group in arrays:
        for (name, a), (_, b) in zip(
            arrays[group], arrays_2[group], strict=True
        ):
            np.testing.assert_array_equal(a, b, err_msg=f"{group} {name}")
    for p in (progress, progress_2):
        p.seconds = p.epoch_seconds = 0.0
        for row in p.history:
            row["seconds"] = 0.0
    # As text, where a NaN equals another.
    assert repr(progress) == repr(progress_2)


@pytest.mark.slow
def test_killed_run_ends_with_the_same_bits(tmp_path, monkeypatch):
    tone_manifest.make(tmp_path / "data")
    run = run_folder.RunDir(tmp_path / "runs", "baseline", "killed")
    # Inside the first epoch, from outside; then at the end of the second.
    kill_when(start(tmp_path, "killed"), lambda: newest_state(run) >= 2)
    assert rows(run) == 0
    end_epoch = loop.Loop.on_epoch_end

    def killed(self, epoch, logs=None):
        end_epoch(self, epoch, logs)
        if epoch == 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop.Loop, "on_epoch_end", killed)
        with pytest.raises(Killed):
            eventful_training.train(tmp_path, "killed")
    assert rows(run) == 2 < eventful_training.EVERYTHING["epochs"]
    resumed = eventful_training.train(tmp_path, "killed")
    alone = eventful_training.train(tmp_path, "alone")
    keras_checks.check_same_weights(resumed.model, alone.model)
    assert_same_end(
        run, run_folder.RunDir(tmp_path / "runs", "baseline", "alone")
    )


@pytest.mark.usefixtures("no_graphs")
def test_weights_of_the_best_epoch_are_kept_and_training_stops(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=4, validation=4)
    settings = tone_training.settings(
        epochs=12, patience=2, learning_rate=1e-12
    )
    trained = tone_training.train(settings, made, tmp_path, is_validated=True)
    # So small a step changes no ranking, so the first epoch stays the best,
    # unless the statistics of the batch norm move one.
    maps = [row["validation_map"] for row in trained.history]
    best = int(np.argmax(maps))
    assert trained.best_epoch == best + 1
    assert len(trained.history) == min(12, best + 1 + 2)
    again = evaluation.score_manifest(
        trained.model, made.split("validation"), settings.audio, 4
    )
    found = evaluation.quick(made.split("validation").labels(), again)
    assert found["map"] == pytest.approx(max(maps), abs=1e-6)


def test_a_validation_split_without_tags_is_refused(tmp_path):
    made = tone_manifest.make(tmp_path / "data")
    untagged = [
        track if track.split == "train" else dataclasses.replace(track, tags=())
        for track in made.tracks
    ]
    made = dataclasses.replace(made, tracks=tuple(untagged))
    with pytest.raises(ValueError, match="must carry tags.*8 recordings"):
        tone_training.train(
            tone_training.settings(), made, tmp_path, is_validated=True
        )


@pytest.mark.usefixtures("no_graphs")
def test_a_loss_that_explodes_is_named(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=8)
    with pytest.raises(ValueError, match="finite number.*--learning-rate"):
        tone_training.train(
            tone_training.settings(
                learning_rate=1e30, clip_norm=0.0, optimizer="sgd"
            ),
            *(made, tmp_path),
        )


@pytest.mark.usefixtures("no_graphs")
def test_adaptive_weights_are_logged_and_bounded(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=12)
    settings = tone_training.settings(tag_weights="adaptive")
    trained = tone_training.train(settings, made, tmp_path)
    for row in trained.history:
        weights = [row[f"tag_weight {tag}"] for tag in tone_manifest.TAGS]
        assert np.mean(weights) == pytest.approx(1.0, abs=1e-5)
        assert 0.5 <= min(weights) and max(weights) <= 4.0
        assert "held_map" in row


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("bce", None),
        ("bce", np.ones(3)),
        ("focal", None),
        ("sigmoid_bce", None),
    ],
)
def test_every_loss_falls_as_the_answer_gets_better(name, weights):
    loss = tagger_training.make_loss(name, weights)
    truth = np.float32([[1, 0, 1]])
    right = 2 * truth - 1
    values = [float(loss(truth, right * scale)) for scale in (-1, 0, 1, 2)]
    assert values == sorted(values, reverse=True)
    with pytest.raises(ValueError, match="'mse'"):
        tagger_training.make_loss("mse", None)


def test_shuffled_labels_keep_the_counts_and_lose_the_order(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=24, validation=0)
    shuffled = tagger_training.shuffled_labels(made, seed=1)
    before, after = made.labels(), shuffled.labels()
    np.testing.assert_array_equal(before.sum(0), after.sum(0))
    assert np.any(before != after)
    assert [t.path for t in shuffled.tracks] == [t.path for t in made.tracks]
    np.testing.assert_array_equal(
        after, tagger_training.shuffled_labels(made, seed=1).labels()
    )


def test_an_untrained_tagger_answers_with_the_prior(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=24, validation=0)
    _, bias = tagger_training.build(
        tone_training.settings(), made
    ).head.get_weights()
    prior = (made.labels().sum(0) + 1) / (24 + 2)
    np.testing.assert_allclose(1 / (1 + np.exp(-bias)), prior, rtol=1e-5)
    plain = tagger_training.build(tone_training.settings(tag_prior=False), made)
    assert not plain.head.get_weights()[1].any()


@pytest.mark.slow
def test_mixed_precision_scales_the_loss_resumes_and_ends_in_float32(
    tmp_path, monkeypatch
):
    # It computes on a CPU all the same, only slowly.
    there = tagger_training.tf.config.list_physical_devices
    monkeypatch.setattr(
        tagger_training.tf.config,
        "list_physical_devices",
        lambda kind=None: ["a GPU"] if kind == "GPU" else there(kind),
    )
    made = tone_manifest.make(tmp_path / "data")
    settings = tone_training.settings(
        precision="mixed_float16", epochs=1, batch_size=16
    )
    for _ in range(2):
        trained = tone_training.train(settings, made, tmp_path)
    _, arrays = checkpoint.load(tone_training.run_in(tmp_path).checkpoints)
    assert any("dynamic_scale" in name for name, _ in arrays["optimizer"])
    for layer in trained.model.backbone.layers:
        assert layer.compute_dtype == "float32"
    assert tagger_training.keras.config.dtype_policy().name == "float32"


def test_without_a_gpu_precision_stays_and_it_is_said(
    tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(
        tagger_training.tf.config, "list_physical_devices", lambda _: []
    )
    tagger_training._warn_of_no_gpu.cache_clear()
    for _ in range(2):  # a fold, and the next one
        with tagger_training.precision("mixed_float16"):
            assert tagger_training.keras.config.dtype_policy().name == "float32"
    assert caplog.text.count("5 to 25 times") == 1
