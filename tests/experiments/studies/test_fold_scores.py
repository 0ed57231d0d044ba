"""What is scored was not learnt from, and is scored once."""

import eager_training
import numpy as np
import pytest
import tone_manifest
import tone_training

from experiments.runs import run_folder
from experiments.studies import fold_scores


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fold")
    manifest = tone_manifest.make(folder / "data", validation=0)
    settings = tone_training.settings(
        epochs=1, data=str(folder / "data"), train_on="all"
    )
    part = run_folder.RunDir(folder, "folds", "fold_0")
    rows = np.arange(16)
    asked = (settings, manifest, rows[4:], rows[:4], part)
    with eager_training.eager_training():
        return asked, fold_scores.train_and_score(*asked)


def test_every_held_recording_has_a_probability_of_each_tag(scored):
    (_, manifest, _, held, _), found = scored
    assert found["scores"].shape == (len(held), len(manifest.vocabulary))
    assert ((found["scores"] > 0) & (found["scores"] < 1)).all()
    assert found["seconds"] > 0


def test_what_is_finished_is_not_trained_again(scored, monkeypatch):
    asked, found = scored

    def train(*_):
        raise AssertionError("trained again")

    monkeypatch.setattr(fold_scores.averaged_training, "train_tagger", train)
    again = fold_scores.train_and_score(*asked)
    np.testing.assert_array_equal(again["scores"], found["scores"])


def test_the_rows_stand_beside_the_scores(scored):
    (*_, held, part), _ = scored
    with np.load(part.path / "scores.npz") as saved:
        np.testing.assert_array_equal(saved["rows"], held)
