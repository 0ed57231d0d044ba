"""Rows of an ablation rest on the same taggers, and nothing is done twice."""

import csv
import shutil

import eager_training
import numpy as np
import pytest

from experiments import run_ablation
from experiments.recordings import run_recordings
from experiments.runs import run_folder
from experiments.training import dual_encoder_training, tagger_training
from experiments.training.transfer_learning import cached_clips
from experiments.zero_shot import ablation_rows
from tftag.cli import command_line
from tftag.losses import negatives

pytestmark = pytest.mark.slow

LOSS_ROWS = 2 + len(negatives.SAMPLINGS)


def call(folder, *more, name="rows"):
    """Exit status of the command on the run in a folder."""
    line = [str(folder / "runs" / "zero_shot" / "a"), *map(str, more)]
    line += ["--runs", str(folder / "runs"), "--name", name]
    return command_line.run(run_ablation.main, line)


def write_glove(path, words):
    rng = np.random.default_rng(0)
    path.write_text(
        "".join(
            f"{word} {' '.join(f'{x:.3f}' for x in rng.normal(size=6))}\n"
            for word in words
        )
    )
    return path


@pytest.fixture(scope="module")
def done(zero_shot_run):
    folder = zero_shot_run
    glove = write_glove(folder / "three.txt", ["high", "low", "noise"])
    with eager_training.eager_training():
        assert call(folder, "--words", glove, "random") == 0
    return folder, run_folder.RunDir(folder / "runs", "ablation", "rows")


@pytest.fixture
def nothing_is_fitted(monkeypatch):
    def refuse(*_):
        raise AssertionError("fitted")

    monkeypatch.setattr(cached_clips, "train_heads", refuse)


def test_every_loss_and_every_source_is_a_row(done):
    _, run = done
    found = run.read_json("metrics.json")
    titles = [k for k in found["figures"] if k != "tag_draws"]
    assert len(titles) == LOSS_ROWS + 3
    assert set(found["coverage"]) <= set(titles)
    with open(run.path / "ablation.csv") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == len(titles) * 2 * 3
    for row in rows:
        low, mean, high = (float(row[k]) for k in ("low", "mean", "high"))
        assert low <= mean <= high


def test_the_row_of_the_run_itself_has_its_figures(done):
    folder, run = done
    base = run_folder.RunDir(folder / "runs", "zero_shot", "a")
    own = base.read_json("metrics.json")["figures"]["unseen"]["dual encoder"]
    row = run.read_json("metrics.json")["figures"]["sigmoid"]["unseen"]
    for side in ("seen", "unseen"):
        expected = own["tag_to_recordings"][side]["map"]["values"]
        np.testing.assert_allclose(row[side]["map"]["values"], expected, 1e-3)


def test_a_second_call_fits_nothing(done, nothing_is_fitted, capsys):
    folder, run = done
    before = run.read_json("metrics.json")["figures"]
    assert call(folder, "--words", folder / "three.txt", "random") == 0
    assert run.read_json("metrics.json")["figures"] == before
    said = capsys.readouterr().out
    assert "over 2 draws" in said
    for draw in (0, 1):
        assert f"draw_{draw}/tagger: trained after step" in said


def test_other_words_or_another_order_under_one_name_are_refused(
    done, nothing_is_fitted, capsys
):
    folder, _ = done
    for words in (["random"], ["random", folder / "three.txt"]):
        assert call(folder, "--words", *words) == 2
        assert "--name" in capsys.readouterr().err


def test_tags_without_a_vector_are_left_out(done, tmp_path):
    folder, _ = done
    settings, _, _ = run_ablation.read_run(folder / "runs" / "zero_shot" / "a")
    manifest = run_recordings.read(settings)
    glove = write_glove(tmp_path / "two.txt", ["high", "low"])
    row = ablation_rows.rows(settings, (str(glove),))[-1]
    names = manifest.vocabulary.names
    assert row.known(names).tolist() == [n != "noise" for n in names]
    body = tagger_training.build(
        dual_encoder_training.tagger_settings(settings), manifest
    )
    clips = dual_encoder_training.clip_vectors(settings, body, manifest)
    scores = run_ablation.score_row(row, body, clips, manifest, clips, names)
    assert np.isnan(scores).all(axis=0).tolist() == [
        n == "noise" for n in names
    ]
    assert np.isfinite(scores[:, row.known(names)]).all()
    found = run_ablation.coverage([row], manifest)[row.title]
    assert found["tags_with_a_vector"] == pytest.approx(2 / 3)
    counts = manifest.labels().sum(axis=0)
    assert found["annotations_with_a_vector"] == pytest.approx(
        1 - counts[names.index("noise")] / counts.sum()
    )


def test_a_source_that_knows_no_unseen_tag_is_refused_before_fitting(
    done, nothing_is_fitted, tmp_path, capsys
):
    folder, _ = done
    base = run_folder.RunDir(folder / "runs", "zero_shot", "a")
    (asked,) = base.read_json("metrics.json")["draws"][0]["unseen"]["unseen"]
    others = {"high", "low", "noise"} - {asked}
    glove = write_glove(tmp_path / "two.txt", sorted(others))
    assert call(folder, "--words", glove, name="two") == 2
    said = capsys.readouterr().err
    assert "two.txt" in said and asked in said and said.count("\n") == 1


def test_a_folder_without_a_finished_run_is_refused(done, tmp_path, capsys):
    line = [str(tmp_path), "--runs", str(tmp_path)]
    assert command_line.run(run_ablation.main, line) == 2
    assert "run_zero_shot" in capsys.readouterr().err


def test_other_data_are_refused(done, nothing_is_fitted, tmp_path, capsys):
    folder, _ = done
    base = tmp_path / "runs" / "zero_shot" / "a"
    shutil.copytree(folder / "runs" / "zero_shot" / "a", base)
    run = run_folder.RunDir(tmp_path / "runs", "zero_shot", "a")
    found = run.read_json("metrics.json")
    run.write_json("metrics.json", {**found, "manifest_fingerprint": "0"})
    assert call(tmp_path) == 2
    assert "what the run was made from" in capsys.readouterr().err
    run.write_json("metrics.json", found)
    began = run.read_json("config.json")
    run.write_json("config.json", {**began, "artists": "0"})
    assert call(tmp_path) == 2
    assert "by the same artists" in capsys.readouterr().err
