"""Few-shot runs: table, figure, and nothing learned twice."""

import csv
import json

import numpy as np
import pytest
import tone_manifest

from experiments import run_few_shot
from experiments.scoring import evaluation, few_recordings
from experiments.training import tagger_training
from experiments.training.transfer_learning import vector_cache
from tftag.cli import command_line


@pytest.fixture
def call(tmp_path, monkeypatch):
    """The run on tones, whose vectors say which tags they have."""
    tone_manifest.make(
        tmp_path / "data",
        train=24,
        validation=0,
        seconds=0.1,
        artists=12,
        rate_hz=16_000,
    )

    def clip_vectors(model, manifest, spec):
        labels = manifest.labels()
        rows = np.repeat(np.arange(len(labels)), 2)
        draw = np.random.default_rng(0)
        vectors = draw.normal(size=(len(rows), 400))
        vectors[:, :3] += 9 * labels[rows]
        vectors[:, 200:203] += 9 * labels[rows]
        return evaluation.ClipVectors(vectors.astype(np.float32), rows), {}

    monkeypatch.setattr(vector_cache, "clip_vectors", clip_vectors)
    monkeypatch.setattr(tagger_training, "build", lambda *_: None)
    monkeypatch.setattr(
        run_few_shot, "_by_words", lambda made, clips: made.labels() / 2
    )
    monkeypatch.setattr(run_few_shot, "SIZES", (1, 3))

    def run(*more):
        line = ("--data", tmp_path / "data", "--runs", tmp_path / "runs")
        line += ("--draws", 2, "--least", 4, "--name", "a", *more)
        return command_line.run(run_few_shot.main, list(map(str, line)))

    return run, tmp_path / "runs" / "few_shot" / "a", tmp_path


def test_every_way_at_every_size_is_a_row_and_is_kept(call, monkeypatch):
    run, folder, _ = call
    assert run() == 0
    with open(folder / "few_shot.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    learned = [row for row in rows if row["recordings"]]
    assert [row["recordings"] for row in learned] == ["1", "3"] * 4
    words = [row for row in rows if row["way"] == run_few_shot.WORDS]
    assert [float(row["roc_auc"]) for row in words] == [1.0]
    assert all(float(row["roc_auc"]) > 0.8 for row in learned[1::2])
    found = json.loads((folder / "metrics.json").read_text())
    assert all(set(t) <= set(tone_manifest.TAGS) for t in found["tags"])
    assert (folder / "figures" / "few_shot.png").stat().st_size > 0
    table = (folder / "few_shot.md").read_text().splitlines()
    assert len(table) == 2 + len(rows) + 1

    def refuse(*_):
        raise AssertionError("learned")

    monkeypatch.setattr(few_recordings, "scores", refuse)
    assert run() == 0


def test_scores_from_scratch_stand_beside_them(call, capsys):
    run, folder, place = call
    scratch = place / "cross"
    assert run("--scratch", scratch) == 2
    assert "without scores.npz of fold 0" in capsys.readouterr().err
    manifest = run_few_shot.manifests.read_manifest(place / "data")
    folds = run_few_shot.run_recordings.folds(manifest, run_few_shot.FOLDS)
    for number in (0, 1):
        rows = folds[number]
        part = scratch / "folds" / f"fold_{number}"
        part.mkdir(parents=True)
        np.savez(part / "scores.npz", rows=rows, scores=manifest.labels()[rows])
    assert run("--scratch", scratch) == 0
    table = (folder / "few_shot.md").read_text()
    assert f"| {run_few_shot.SCRATCH} |  | 1.000" in table
    np.savez(part / "scores.npz", rows=rows[::-1], scores=manifest.labels())
    assert run("--scratch", scratch, "--name", "b") == 2
    assert "another fold 1" in capsys.readouterr().err


def test_tags_that_nobody_can_be_taught_are_refused(call, capsys):
    run, folder, _ = call
    assert run("--least", "25") == 2
    assert "Received: none" in capsys.readouterr().err
    assert not folder.exists()
