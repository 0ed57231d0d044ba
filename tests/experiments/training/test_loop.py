"""A training says what is lost, and is scored as often as it is told."""

import numpy as np
import pytest
import tone_manifest
import tone_training

from experiments.recordings import run_recordings
from experiments.runs import checkpoint


@pytest.mark.usefixtures("no_graphs")
def test_a_lost_recording_is_skipped_and_named_after_a_resume_too(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(run_recordings, "TRAIN_SAMPLE", 10)
    made = tone_manifest.make(tmp_path / "data", train=20, validation=4)
    # One that is read in training and scored at the end of each epoch.
    lost = run_recordings.sample(made.split("train"), 0).tracks[7]
    made.wav_path(lost).unlink()
    settings = tone_training.settings(
        epochs=1, batch_size=10, max_lost_share=0.1
    )
    for _ in range(2):  # the second start finds nothing left to do
        trained = tone_training.train(
            settings, made, tmp_path, is_validated=True
        )
        assert list(trained.lost) == [lost.path]
    assert 0 < trained.history[0]["train_map"] <= 1


def fit(folder, made, every):
    settings = tone_training.settings(
        epochs=3, score_every=every, average_decay=0.5
    )
    folder = folder / str(every)
    found = tone_training.train(settings, made, folder, is_validated=True)
    return found, checkpoint.load(tone_training.run_in(folder).checkpoints)[1]


@pytest.mark.usefixtures("no_graphs")
def test_scored_are_every_so_many_epochs_and_no_weight_knows_it(tmp_path):
    made = tone_manifest.make(
        tmp_path / "data", train=4, validation=4, seconds=1.0
    )
    _, often = fit(tmp_path, made, every=1)
    found, seldom = fit(tmp_path, made, every=2)
    scored = {
        row["epoch"]: row["validation_map"]
        for row in found.history
        if "validation_map" in row
    }
    # And the last, which has to be known.
    assert list(scored) == [2, 3]
    assert [row["epoch"] for row in found.history] == [1, 2, 3]
    assert ["train_map" in row for row in found.history] == [
        row["epoch"] in scored for row in found.history
    ]
    assert found.best_epoch == max(scored, key=scored.get)
    for group in ("model", "average", "optimizer"):
        assert often[group]
        for (name, a), (_, b) in zip(often[group], seldom[group], strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.usefixtures("no_graphs")
def test_a_history_has_every_epoch_wherever_a_run_was_stopped(
    tmp_path, monkeypatch
):
    made = tone_manifest.make(tmp_path / "data", train=4, seconds=1.0)
    settings = tone_training.settings(epochs=2)
    save = checkpoint.save

    def save_and_stop(folder, progress, arrays):
        save(folder, progress, arrays)
        if progress.epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            tone_training.train(settings, made, tmp_path)
    tone_training.train(settings, made, tmp_path)
    history = tone_training.run_in(tmp_path).path / "history.csv"
    assert [row[:2] for row in history.read_text().splitlines()] == [
        *("ep", "1,", "2,")
    ]
