"""A run that exports says what it is at its start, and what came at its end."""

import json
import types

import numpy as np
import pytest
import tone_manifest

from experiments.runs import run_folder
from experiments.scoring import held_out as judgements
from experiments.settings import baseline_config, flags
from experiments.training import exported_run


@pytest.fixture
def made(tmp_path):
    return tone_manifest.make(tmp_path / "data", train=4, validation=2, test=3)


def begin(tmp_path, made, **values):
    """Returns the run, its arguments, its settings and what `begin` says."""
    command = ["--export", str(tmp_path / "saved"), "--name", "a"]
    command += [
        "--runs",
        str(tmp_path / "runs"),
        *tone_manifest.flags(**values),
    ]
    arguments = exported_run.parse(
        "baseline", "X.", baseline_config.PRESETS, command
    )
    settings = flags.from_arguments(arguments, baseline_config.PRESETS)
    run = run_folder.RunDir(arguments.runs, "baseline", settings.name)
    goes_on = exported_run.begin(run, arguments, command, settings, made)
    return run, arguments, settings, goes_on


def test_the_export_goes_by_the_name_of_the_experiment():
    arguments = exported_run.parse(
        "baseline", "X.", baseline_config.PRESETS, []
    )
    assert arguments.export == "saved_models/baseline"


def test_a_run_begins_with_all_that_it_is_about(tmp_path, made, capsys):
    run, _, _, goes_on = begin(tmp_path, made)
    assert goes_on
    said = capsys.readouterr().out
    assert "3 tags, 4 train, 2 validation, 3 test recordings in" in said
    data = run.read_json("data.json")
    assert data["fingerprint"] == made.fingerprint
    assert data["recording_ids"] == [t.track_id for t in made.tracks[:6]]
    (start,) = run.read_json("environment.json")["starts"]
    assert "--epochs" in start["command"] and start["seed"] == 0
    assert (tmp_path / "saved").is_dir()
    run, *_ = begin(tmp_path, made, train_on="all")
    assert len(run.read_json("data.json")["recording_ids"]) == 9


def test_the_card_inherits_the_licences_of_the_start(tmp_path, made):
    licence = {"of": "the weights of x", "name": "ISC", "text": "Permission"}
    start = tmp_path / "start"
    start.mkdir()
    text = json.dumps({"tags": ["x"], "licences": [licence]})
    (start / "data.json").write_text(text)
    run, _, settings, _ = begin(tmp_path, made, init_from=str(start))
    assert exported_run.card(run, settings, {})["licences"] == [licence]


def test_a_place_that_cannot_be_exported_to_is_said_at_the_start(
    tmp_path, made
):
    (tmp_path / "saved").write_text("a file")
    with pytest.raises(FileExistsError, match="saved"):
        begin(tmp_path, made)


def test_a_finished_run_has_nothing_left_to_do(tmp_path, made, capsys):
    run, *_ = begin(tmp_path, made)
    run.write_json("metrics.json", {})
    capsys.readouterr()
    *_, goes_on = begin(tmp_path, made)
    assert not goes_on
    assert "is finished; another --name" in capsys.readouterr().out
    assert len(run.read_json("environment.json")["starts"]) == 1


def test_metrics_and_card_say_how_the_model_was_made(tmp_path, made):
    run, _, settings, _ = begin(tmp_path, made)
    weights = [np.zeros((2, 3)), np.zeros(4)]
    trained = types.SimpleNamespace(
        history=[{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 3.0}],
        best_epoch=1,
        lost={},
        seconds=1.26,
        model=types.SimpleNamespace(trainable_weights=weights),
    )
    about = exported_run.about(settings, made, trained)
    assert (about["epoch"], about["epochs"]) == (1, 2)
    assert about["at_that_epoch"] == {"loss": 2.0}
    assert (about["parameters"], about["training_seconds"]) == (10, 1.3)
    card = exported_run.card(run, settings, about)
    assert card["experiment"] == "baseline"
    assert card["settings"]["epochs"] == 2
    assert card["metrics"] == about
    assert card["data"] == run.read_json("data.json")


def test_the_end_names_what_to_try_on_what_was_made(
    tmp_path, made, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    run, arguments, _, _ = begin(tmp_path, made)
    judged = judgements.HeldOutResult(made, None, None, None)
    summary = {"recordings": 9, "evaluated_on": "test"}
    monkeypatch.setattr(
        exported_run.evaluation, "figures_table", lambda _: "a table"
    )
    capsys.readouterr()
    exported_run.finish(
        run, arguments, summary, tmp_path / "saved" / "1", judged, "\nmore"
    )
    said = capsys.readouterr().out
    assert "9 recordings, test\na table\n" in said
    assert "-m tftag tag data/audio/000.wav --model saved/1\nmore\n" in said
    metrics = run.read_json("metrics.json")
    assert metrics == {**summary, "export": str(tmp_path / "saved" / "1")}
