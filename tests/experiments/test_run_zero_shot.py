"""Draws of unseen tags become one table, and nothing is trained twice."""

import csv
import shutil

import numpy as np
import pytest
import tone_manifest
from tone_runs import zero_shot as call

from experiments.runs import run_folder
from experiments.zero_shot import table, unseen_draw

pytestmark = pytest.mark.slow


@pytest.fixture
def run(zero_shot_run):
    return run_folder.RunDir(zero_shot_run / "runs", "zero_shot", "a")


@pytest.fixture
def nothing_is_trained(monkeypatch):
    def refuse(*_):
        raise AssertionError("trained")

    monkeypatch.setattr(unseen_draw, "_train_and_score", refuse)


def test_files_of_the_run_agree(run):
    found = run.read_json("metrics.json")
    with open(run.path / "zero_shot.csv") as text:
        rows = list(csv.DictReader(text))
    methods, figures = unseen_draw.METHODS, table.FIGURES
    assert len(rows) == 3 * len(methods) * len(figures)
    for row in rows:
        figure = found["figures"][row["kind"]][row["method"]][
            "tag_to_recordings"
        ][row["side"]][row["figure"]]
        assert row["draws"] == "2" and row["kind"] == "unseen"
        assert float(row["mean"]) == pytest.approx(figure["mean"])
        assert figure["mean"] == pytest.approx(np.mean(figure["values"]))
        low, high = figure["ci95_over_draws"]
        assert float(row["low"]) == pytest.approx(low)
        assert float(row["high"]) == pytest.approx(high)
        assert low <= figure["mean"] <= high


def test_every_draw_says_what_it_was(run):
    for draw in run.read_json("metrics.json")["draws"]:
        assert len(draw["unseen"]["unseen"]) == 1
        assert draw["training_recordings"] == 20
        assert draw["test_recordings"] == 12
        assert set(draw["training_seconds"]) == set(unseen_draw.METHODS)
        assert set(draw["hubness"]) == set(unseen_draw.METHODS)


def test_scores_have_a_row_per_test_recording_and_a_column_per_tag(run):
    for number in range(2):
        file = run.path / "draws" / f"draw_{number}" / "scores.npz"
        with np.load(file) as saved:
            for method in unseen_draw.METHODS:
                assert saved[method].shape == (12, 3)
                assert np.isfinite(saved[method]).all()


def test_a_second_call_only_prints_the_table(
    zero_shot_run, run, nothing_is_trained, capsys
):
    before = run.read_json("metrics.json")
    assert call(zero_shot_run) == 0
    said = capsys.readouterr().out
    assert "protocol hidden-labels" in said
    assert "over 2 draws" in said and "% interval" in said
    lines = said.splitlines()
    rows = [line for line in lines if line.startswith("  ") and line.strip()]
    rows = [line[2:16].strip() for line in rows]
    for method in (*unseen_draw.METHODS, "random order"):
        # Unseen, seen, and both; the tagger stands for ConSE on seen tags.
        assert rows.count(method) == 3 - (method == unseen_draw.CONSE)
    assert rows.count("the tagger") == 1
    mean = before["figures"]["unseen"]["dual encoder"]["tag_to_recordings"]
    assert f"{mean['unseen']['map']['mean']:.3f}" in said
    after = run.read_json("metrics.json")
    assert after["figures"] == before["figures"]


def test_one_draw_has_no_interval(
    zero_shot_run, nothing_is_trained, tmp_path, capsys
):
    shutil.copytree(zero_shot_run / "runs", tmp_path / "runs")
    line = {"runs": tmp_path / "runs", "draws": 1}
    assert call(zero_shot_run, **line) == 0
    assert "% interval" not in capsys.readouterr().out
    run = run_folder.RunDir(tmp_path / "runs", "zero_shot", "a")
    with open(run.path / "zero_shot.csv") as text:
        assert {row["low"] for row in csv.DictReader(text)} == {""}


def test_other_settings_are_refused(zero_shot_run, nothing_is_trained, capsys):
    assert call(zero_shot_run, protocol="strict") == 2
    said = capsys.readouterr().err
    assert "protocol: 'hidden-labels' -> 'strict'" in said


def test_a_draw_goes_on_with_the_tags_it_began_with(
    zero_shot_run, nothing_is_trained, tmp_path, capsys
):
    """As where the file of `unseen_draws` was written anew."""
    shutil.copytree(zero_shot_run / "runs", tmp_path / "runs")
    draw = run_folder.RunDir(tmp_path / "runs/zero_shot/a", "draws", "draw_1")
    (began,) = draw.read_json("draw.json")["unseen"]["unseen"]
    draw.write_json("draw.json", {"unseen": {"unseen": ["other"]}})
    assert call(zero_shot_run, runs=tmp_path / "runs") == 2
    said = capsys.readouterr().err
    assert "Draw 1 must go on" in said and began in said


def test_without_unseen_count_there_is_nothing_to_ask(zero_shot_run, capsys):
    assert call(zero_shot_run, unseen_count=0) == 2
    assert "--unseen-count" in capsys.readouterr().err


def test_words_that_conse_cannot_ask_for_are_refused_before_training(
    zero_shot_run, nothing_is_trained, tmp_path, capsys
):
    glove = tmp_path / "apart.txt"
    glove.write_text("high 1 0\nlow -0.5 0.8\nnoise -0.5 -0.8\n")
    assert call(zero_shot_run, name="apart", words=glove) == 2
    said = capsys.readouterr().err
    assert "--words" in said and "no cosine above 0" in said
    assert "apart.txt" in said and said.count("\n") == 1


def test_no_draws_are_refused(zero_shot_run, capsys):
    with pytest.raises(SystemExit) as stop:
        call(zero_shot_run, draws=0)
    assert stop.value.code == 2
    assert "--draws" in capsys.readouterr().err


def test_a_start_that_knows_what_is_unseen_is_refused(
    zero_shot_run, nothing_is_trained, tmp_path, capsys
):
    start = run_folder.RunDir(tmp_path, "baseline", "all")
    start.write_json("data.json", {"tags": list(tone_manifest.TAGS)})
    assert call(zero_shot_run, name="b", init_from=start.path) == 2
    assert "must not know unseen tags" in capsys.readouterr().err
