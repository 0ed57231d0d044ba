"""A training that is killed anywhere ends like one that was left alone."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tone_manifest

from experiments import config, run_dir, training, training_state

ROOT = pathlib.Path(__file__).parent.parent
# All that has a state: dropout, averages, the optimiser's moments and
# schedule, adaptive weights, mixing, masks, balance.
EVERYTHING = {
    **tone_manifest.SMALL,
    "epochs": 6,
    "dropout": 0.3,
    "tag_weights": "adaptive",
    "average_decay": 0.9,
    "patience": 5,
    "mixup_alpha": 0.4,
    "mel_masks": 1,
    "time_masks": 1,
    "tag_balance": 0.5,
    "checkpoint_seconds": 0.0,
}
PROGRAM = """
import sys, pathlib
import test_training
test_training.train(pathlib.Path(sys.argv[1]), sys.argv[2])
"""


def settings(**values):
    return config.replace(config.demo(), {**tone_manifest.SMALL, **values})


def train(folder, name):
    made = tone_manifest.manifests.read_manifest(folder / "data")
    return training.train_tagger(
        config.replace(config.demo(), EVERYTHING),
        made.split("train"),
        made.split("validation"),
        run_dir.RunDir(folder / "runs", "baseline", name),
    )


def start(folder, name):
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
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
    names = sorted(p.name for p in run.checkpoint.glob("state-*.npz"))
    return int(names[-1][6:16]) if names else 0


def rows(run):
    path = run.path / "history.csv"
    return len(path.read_text().splitlines()) - 1 if path.exists() else 0


def assert_same_end(run, other):
    (progress, arrays), (progress_2, arrays_2) = (
        training_state.load(r.checkpoint) for r in (run, other)
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


def test_killed_run_ends_with_the_same_bits(tmp_path):
    tone_manifest.make(tmp_path / "data")
    run = run_dir.RunDir(tmp_path / "runs", "baseline", "killed")
    # Inside the first epoch, then at the end of the third.
    kill_when(start(tmp_path, "killed"), lambda: newest_state(run) >= 2)
    assert rows(run) == 0
    kill_when(start(tmp_path, "killed"), lambda: rows(run) >= 3)
    assert rows(run) < EVERYTHING["epochs"]
    resumed = train(tmp_path, "killed")
    alone = train(tmp_path, "alone")
    for a, b in zip(
        resumed.model.get_weights(), alone.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(a, b)
    assert_same_end(run, run_dir.RunDir(tmp_path / "runs", "baseline", "alone"))


@pytest.mark.slow
def test_run_killed_again_and_again_ends_with_the_same_bits(tmp_path):
    tone_manifest.make(tmp_path / "data")
    run = run_dir.RunDir(tmp_path / "runs", "baseline", "killed")
    for state in (1, 4, 5, 9, 14):
        kill_when(start(tmp_path, "killed"), lambda: newest_state(run) >= state)  # noqa: B023
    train(tmp_path, "killed")
    train(tmp_path, "alone")
    assert_same_end(run, run_dir.RunDir(tmp_path / "runs", "baseline", "alone"))
