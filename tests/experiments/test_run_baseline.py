"""The command trains, evaluates, exports, resumes, and refuses clearly."""

import csv
import dataclasses
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tone_manifest
import yamnet_shape
from tone_runs import baseline as call

from experiments import run_baseline
from experiments.runs import run_folder
from experiments.settings import baseline_config, flags
from experiments.training.transfer_learning import averaged_training
from tftag.inference import saved_tagger
from tftag.metrics import calibration


@pytest.fixture
def quick_export(monkeypatch):
    """The export takes seconds and has its own tests; returns the cards."""
    cards = []

    def export_tagger(*arguments, precision):
        cards.append({**arguments[-2], "precision": precision})
        return pathlib.Path(arguments[-1]) / "1"

    monkeypatch.setattr(
        run_baseline.saved_model, "export_tagger", export_tagger
    )
    return cards


@pytest.fixture
def finished(baseline_run):
    return baseline_run


def run_of(folder, name="a"):
    return run_folder.RunDir(folder / "runs", "baseline", name)


def test_a_run_leaves_what_was_promised(finished):
    run = run_of(finished)
    for name in (
        "config.json",
        "environment.json",
        "data.json",
        "history.csv",
        "metrics.json",
        "per_tag.csv",
        "scores.npz",
    ):
        assert (run.path / name).stat().st_size > 0
    assert len(list(run.figures.glob("*.png"))) >= 3
    assert list(run.tensorboard.glob("events.out.*"))
    assert len(list(run.checkpoints.glob("state-*.npz"))) == 2
    manifest = tone_manifest.manifests.read_manifest(finished / "data")
    assert run.read_json("data.json")["fingerprint"] == manifest.fingerprint
    assert run.read_json("data.json")["tags"] == list(tone_manifest.TAGS)
    assert run.read_json("config.json")["batch_size"] == 4
    start = run.read_json("environment.json")["starts"][0]
    assert start["seed"] == 0
    assert "--batch-size" in start["command"]


def test_figures_have_chance_interval_and_leaks(finished):
    found = run_of(finished).read_json("metrics.json")
    assert found["evaluated_on"] == "test"
    assert found["recordings"] == 6
    for name in ("map", "roc_auc", "p_at_10", "recording_p_at_10"):
        low, high = found[name]["ci95"]
        assert low <= found[name]["value"] <= high
        assert 0 < found[name]["chance"] < 1
    assert found["leaks"]["artists"] == "checked"
    assert "travel with" in found["at_threshold"]["thresholds"]
    assert "train_map" in found["at_that_epoch"]
    assert found["lost_recordings"] == {}


def test_each_tag_has_a_row_with_its_figures_and_threshold(finished):
    with open(run_of(finished).path / "per_tag.csv") as text:
        rows = list(csv.DictReader(text))
    assert [row["tag"] for row in rows] == list(tone_manifest.TAGS)
    for row in rows:
        assert int(row["count"]) > 0
        for name in ("ap", "chance_ap", "roc_auc", "recall", "accuracy"):
            assert 0 <= float(row[name]) <= 1
        assert 0 <= float(row["threshold"]) <= 1
        # Empty where a tag was given to nobody.
        assert 0 <= float(row["precision"] or 0) <= 1


def test_calibration_and_thresholds_are_those_of_the_validation_split(finished):
    export = run_of(finished).read_json("metrics.json")["export"]
    tagger = saved_tagger.SavedTagger(export)
    manifest = tone_manifest.manifests.read_manifest(finished / "data")
    validation = manifest.split("validation")
    scores = [
        tagger.tag_file(validation.wav_path(track)).probabilities
        for track in validation.tracks
    ]
    fitted = calibration.fit(validation.labels(), np.stack(scores))
    exported = tagger.card["calibration"]
    np.testing.assert_allclose(exported["offsets"], fitted.offsets, atol=1e-3)
    np.testing.assert_allclose(tagger.thresholds, fitted.thresholds, atol=1e-3)


def test_history_has_a_row_per_epoch(finished):
    with open(run_of(finished).path / "history.csv") as text:
        rows = list(csv.DictReader(text))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    for row in rows:
        assert float(row["loss"]) > 0
        assert 0 <= float(row["validation_map"]) <= 1
        assert 0 <= float(row["train_roc_auc"]) <= 1
        assert float(row["learning_rate"]) > 0


def test_the_export_gives_the_scores_of_the_run(finished, tmp_path):
    found = run_of(finished).read_json("metrics.json")
    # TensorFlow alone takes the place of the run for a pattern.
    model = tf.saved_model.load(
        shutil.copytree(found["export"], tmp_path / "1")
    )
    manifest = tone_manifest.manifests.read_manifest(finished / "data")
    test = manifest.split("test")
    with np.load(run_of(finished).path / "scores.npz") as saved:
        scores = saved["scores"]
    wavs = [test.wav_path(track).read_bytes() for track in test.tracks]
    for wav, expected in zip(wavs, scores, strict=True):
        answer = model.signatures["tag_wav"](wav=tf.constant([wav]))
        np.testing.assert_allclose(
            answer["probabilities"][0], expected, atol=1e-5
        )


def test_a_finished_run_says_so_and_changes_nothing(finished, capsys):
    path = run_of(finished).path / "metrics.json"
    before = path.stat().st_mtime_ns
    assert call(finished, average_decay=0.5) == 0
    assert "is finished" in capsys.readouterr().out
    assert path.stat().st_mtime_ns == before


@pytest.mark.usefixtures("no_figures")
def test_a_run_killed_after_its_training_is_finished(finished, quick_export):
    run = run_of(finished)
    before = run.read_json("metrics.json")
    (run.path / "metrics.json").unlink()
    assert call(finished, average_decay=0.5) == 0
    after = run.read_json("metrics.json")
    # What was exported before the kill is not exported twice.
    assert after == before and not quick_export
    assert len(run.read_json("environment.json")["starts"]) == 2
    run.write_json("metrics.json", before)


def test_another_config_under_the_name_is_refused(finished, capsys):
    assert call(finished, average_decay=0.5, width=0.5) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "width: 0.015625 -> 0.5" in said


def test_other_data_under_the_name_is_refused(finished, capsys, tmp_path):
    shutil.copytree(finished / "runs", tmp_path / "runs")
    tone_manifest.make(tmp_path / "data", test=6, seed=1)
    run = run_of(tmp_path)
    settings = run.read_json("config.json")
    settings["data"] = str(tmp_path / "data")
    run.write_json("config.json", settings)
    assert call(tmp_path, average_decay=0.5) == 2
    assert "data: " in capsys.readouterr().err


@pytest.mark.usefixtures("no_graphs", "no_figures")
def test_without_a_test_split_figures_are_labelled(
    tmp_path, capsys, quick_export
):
    tone_manifest.make(tmp_path / "data", train=4, validation=12)
    command = {"epochs": 1, "export_precision": "bfloat16"}
    assert call(tmp_path, "--shuffle-labels", **command) == 0
    label = "validation, also used for selection"
    assert label in capsys.readouterr().out
    found = run_of(tmp_path).read_json("metrics.json")
    assert found["evaluated_on"] == label
    assert "cross-fitted" in found["at_threshold"]["thresholds"]
    assert found["labels_shuffled"]
    (card,) = quick_export
    assert card["precision"] == "bfloat16"
    assert card["metrics"]["map"] == found["map"]
    coarse = card["metrics_in_bfloat16"]
    assert coarse["evaluated_on"] == label
    values = [figures["map"]["value"] for figures in (coarse, found)]
    assert values[0] == pytest.approx(values[1], abs=0.3)


@pytest.mark.usefixtures("no_graphs", "no_figures")
def test_all_recordings_without_validation(tmp_path, capsys, quick_export):
    tone_manifest.make(tmp_path / "data", train=4, validation=2, test=2)
    assert call(tmp_path, train_on="all", preset="seed", epochs=1) == 0
    found = run_of(tmp_path).read_json("metrics.json")
    assert "nothing was held out" in found["evaluated_on"]
    assert "nothing was held out" in capsys.readouterr().out
    assert "validation_map" not in found["at_that_epoch"]
    assert found["recordings"] == 8


def test_bad_input_is_one_line_and_status_2(tmp_path, capsys, monkeypatch):
    tone_manifest.make(tmp_path / "data", train=8, validation=4)

    def refused(words, **values):
        assert call(tmp_path, **values) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: ") and said.count("\n") == 1, said
        assert words in said

    refused("manifest.csv", data="nowhere")
    refused("8000 Hz", sample_rate_hz=16_000)
    refused("at least `batch_size` recordings", batch_size=9)
    refused("`optimizer`", optimizer="lamb")
    refused("tag_weights", tag_weights="frequncy")
    refused("must be a pretrained model", init_from="nowhere")
    refused("plain folder name", name="a/b")
    refused("blocks", blocks=7)
    refused(
        "--export-precision", init_from="hub:x", export_precision="bfloat16"
    )
    # None of these has left a run that must go on as it began.
    assert not (run_of(tmp_path).path / "checkpoints").exists()

    def full(*_):
        raise OSError(28, "No space left on device", "state")

    monkeypatch.setattr(run_folder.os, "fsync", full)
    refused("No space left on device", epochs=1)


def test_a_start_that_knows_the_test_is_refused(finished, capsys, tmp_path):
    manifest = tone_manifest.manifests.read_manifest(finished / "data")
    heard = manifest.split("test").tracks[0].track_id
    start = run_folder.RunDir(tmp_path, "baseline", "knows")
    start.write_json("data.json", {"tags": ["x"], "recording_ids": [heard]})
    assert call(finished, name="b", init_from=start.path) == 2
    assert heard in capsys.readouterr().err
    assert not run_of(finished, "b").checkpoints.exists()


def test_too_little_to_score_is_refused_before_training(tmp_path, capsys):
    made = tone_manifest.make(tmp_path / "data", train=8, validation=1)
    assert call(tmp_path) == 2
    said = capsys.readouterr().err
    assert "At least 2 of the validation" in said and "1 of 1" in said
    assert "--train-on all" in said
    bare = [
        dataclasses.replace(track, tags=(), split="test")
        if track.split == "validation"
        else dataclasses.replace(track, split=split)
        for track, split in zip(
            made.tracks, ["train"] * 4 + ["validation"] * 5, strict=True
        )
    ]
    tone_manifest.manifests.write_manifest(
        dataclasses.replace(made, tracks=tuple(bare))
    )
    assert call(tmp_path) == 2
    assert "At least 1 of the test" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("no_graphs")
def test_a_run_on_an_audio_module(tmp_path):
    pytest.importorskip("tensorflow_hub")
    module = yamnet_shape.YamnetShape()
    tf.saved_model.save(module, str(tmp_path / "module"))
    tone_manifest.make(tmp_path / "data", rate_hz=16_000)
    status = call(
        tmp_path,
        init_from=f"hub:{tmp_path / 'module'}",
        sample_rate_hz=16_000,
        epochs=1,
    )
    assert status == 0
    assert run_of(tmp_path).finished


@pytest.mark.slow
@pytest.mark.usefixtures("no_graphs", "no_figures")
def test_transfer_keeps_the_licences_and_scores_as_it_serves(
    tmp_path, monkeypatch
):
    """From published weights to the model and the card that are exported."""
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path / "cache"))
    made = tone_manifest.make(
        tmp_path / "data", train=4, validation=3, seconds=1.0, rate_hz=16_000
    )
    small = {"epochs": 2, "batch_size": 4, "width": 1 / 64, "members": 1}
    scratch = flags.replace(
        baseline_config.strong(), {**small, "shared_blocks": 0}
    )
    monkeypatch.setitem(baseline_config.PRESETS, "strong", lambda: scratch)
    known = flags.replace(baseline_config.descriptors(), {"epochs": 2})
    monkeypatch.setitem(baseline_config.PRESETS, "descriptors", lambda: known)
    few = {"epochs": 2, "head_units": 8, "head_components": 3}
    vgg = flags.replace(baseline_config.transfer_vgg(), few)
    monkeypatch.setitem(baseline_config.PRESETS, "transfer_vgg", lambda: vgg)
    exported = []

    def export_tagger(model, spec, vocabulary, fitted, card, folder, **_):
        exported.append((model, spec, card))
        return pathlib.Path(folder) / "1"

    monkeypatch.setattr(
        run_baseline.saved_model, "export_tagger", export_tagger
    )
    line = ["--preset", "transfer", "--init-from", "mtt_musicnn"]
    line += ["--members", "1", "--pooling", "embedding", "--epochs", "2"]
    line += ["--clip-seconds", "4.2"]  # one patch
    line += ["--head-units", "8", "--head-components", "3", "--name", "a"]
    line += ["--data", str(made.folder), "--runs", str(tmp_path / "runs")]
    line += ["--export", str(tmp_path / "saved")]
    assert run_baseline.main(line) == 0
    ((model, spec, card),) = exported
    assert [each["of"] for each in card["licences"]] == [
        "the weights of mtt_musicnn",
        "the weights of msd_vgg",
    ]
    assert card["settings"]["init_from"] == "mtt_musicnn"
    names = ["transfer_vgg", "strong", "descriptors"]
    assert list(card["averaged_with"]) == names
    assert card["averaged_with"]["strong"]["width"] == 1 / 64
    assert model.shares == pytest.approx((0.55, 0.15, 0.15, 0.15))
    files = list((tmp_path / "cache" / "clip_vectors").rglob("*.npy"))
    assert len(files) == 3 * 7  # of two published bodies, and the descriptors
    # From cached vectors, as a cross-validation has them.
    settings = baseline_config.from_leaves(
        run_of(tmp_path).load_json("config.json")
    )
    held = made.split("validation")
    with np.load(run_of(tmp_path).path / "scores.npz") as saved:
        np.testing.assert_allclose(
            saved["scores"],
            averaged_training.score(settings, model, held),
            atol=1e-5,
        )
