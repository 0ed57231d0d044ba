"""Every recording is scored once, by a model that never met its artist."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import sklearn.metrics
import tone_manifest
from tone_runs import cross_validation as call

from experiments import run_cross_validation
from experiments.runs import run_folder
from pipelines import manifest as manifests

# What a fold is, test_fold_scores.py says in the fast lane.
of_a_run = pytest.mark.slow


@pytest.fixture
def run(cross_validation_run):
    return cross_validation_run / "runs" / "cross_validation" / "a"


@of_a_run
def test_every_recording_is_scored_by_a_fold_without_its_artist(
    cross_validation_run, run
):
    manifest = manifests.read_manifest(cross_validation_run / "data")
    artists = np.array([track.artist for track in manifest.tracks])
    seen = []
    for fold in sorted((run / "folds").iterdir()):
        with np.load(fold / "scores.npz") as saved:
            rows = saved["rows"]
        seen += rows.tolist()
        outside = np.delete(artists, rows)
        assert not set(artists[rows]) & set(outside)
    assert sorted(seen) == list(range(len(manifest.tracks)))


@of_a_run
def test_pooled_figures_are_those_of_the_saved_scores(run):
    with np.load(run / "scores.npz") as saved:
        truth, scores = saved["truth"], saved["scores"]
    figures = json.loads((run / "metrics.json").read_text())
    expected = sklearn.metrics.average_precision_score(truth, scores)
    assert figures["map"]["value"] == pytest.approx(expected)
    assert figures["recordings"] == len(truth)
    assert "out of fold" in figures["evaluated_on"]
    assert len(figures["training_minutes_per_fold"]) == 3
    folds = []
    for file in (run / "folds").glob("*/scores.npz"):
        with np.load(file) as saved:
            scored = truth[saved["rows"]], saved["scores"]
        has = scored[0].any(axis=0)
        each = (column[:, has] for column in scored)
        folds.append(sklearn.metrics.average_precision_score(*each))
    within = figures["within_folds"]
    assert within["map"] == pytest.approx(np.mean(folds))


@of_a_run
def test_a_second_call_trains_nothing_again(cross_validation_run, run):
    before = {p: p.stat().st_mtime_ns for p in run.rglob("scores.npz")}
    assert call(cross_validation_run, fold=1) == 0
    for path, time in before.items():
        assert path.stat().st_mtime_ns == time


@of_a_run
def test_a_start_that_knows_what_is_scored_is_refused(
    cross_validation_run, tmp_path, capsys
):
    manifest = manifests.read_manifest(cross_validation_run / "data")
    start = run_folder.RunDir(tmp_path, "baseline", "a")
    heard = manifest.tracks[5].track_id
    start.write_json("data.json", {"tags": ["x"], "recording_ids": [heard]})
    assert call(cross_validation_run, init_from=start.path) == 2
    said = capsys.readouterr().err
    assert "no recordings" in said and heard in said


@of_a_run
def test_folds_of_other_settings_are_refused(cross_validation_run, capsys):
    assert call(cross_validation_run, epochs=3) == 2
    assert "epochs: 1 -> 3" in capsys.readouterr().err


@of_a_run
def test_folds_of_other_data_are_refused(
    cross_validation_run, tmp_path, capsys
):
    """Prepared again in the same place: the flags are the same."""
    shutil.copytree(cross_validation_run, tmp_path / "same")
    config = tmp_path / "same" / "runs/cross_validation/a/config.json"
    settings = json.loads(config.read_text())
    settings["data"] = str(tmp_path / "same" / "data")
    config.write_text(json.dumps(settings))
    assert call(tmp_path / "same", fold=1) == 0
    capsys.readouterr()
    made = manifests.read_manifest(tmp_path / "same" / "data")
    moved = made.tracks.with_texts("artist", made.tracks.texts("track_id"))
    manifests.write_manifest(dataclasses.replace(made, tracks=moved))
    assert call(tmp_path / "same", fold=1) == 2
    said = capsys.readouterr().err
    assert "artists: " in said and "manifest: " not in said
    shutil.rmtree(tmp_path / "same" / "data")
    tone_manifest.make(tmp_path / "same" / "data", seed=1)
    assert call(tmp_path / "same", fold=1) == 2
    assert "manifest: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags", [("--folds", "1"), ("--folds", "3", "--fold", "3")]
)
def test_impossible_folds_are_refused(flags, capsys):
    with pytest.raises(SystemExit) as stop:
        run_cross_validation.main(list(flags))
    assert stop.value.code == 2
    assert "Received" in capsys.readouterr().err
