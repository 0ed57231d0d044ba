"""A study from the command line: resumed, bounded, and with its files."""

import json

import eager_training
import numpy as np
import pytest
import tone_manifest

from experiments import run_study
from experiments.runs import run_folder
from experiments.studies import all_studies, jobs, study, summary
from tftag.cli import command_line

pytestmark = pytest.mark.slow


TOY = study.Study(
    "Does a huge rate end?",
    (study.Arm("bce"), study.Arm("diverges", {"learning_rate": 1e30})),
)


def call(folder, *more):
    line = tone_manifest.flags(
        data=folder / "data",
        runs=folder / "runs",
        epochs=1,
        folds=2,
        members=1,
        clip_norm=0.0,
    )
    return command_line.run(run_study.main, ["toy", *line, *more])


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    tone_manifest.make(folder / "data", validation=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(all_studies.STUDIES, "toy", TOY)
        with eager_training.eager_training():
            assert call(folder) == 0
        yield folder


def test_table_figure_answer_and_rows_of_hparams_are_left(studied):
    run = studied / "runs" / "study" / "toy"
    found = json.loads((run / "metrics.json").read_text())
    assert found["question"] == TOY.question
    assert found["recordings"] == 16
    assert found["answer"].startswith("Against bce in MAP")
    assert (run / "figures" / "study.png").stat().st_size > 0
    assert (run / "per_tag.csv").is_file()
    logs = list((run.parent / "trainings").glob("*/tensorboard"))
    assert len(logs) == 4 and all(any(log.iterdir()) for log in logs)
    page = (run / "study.md").read_text()
    assert found["answer"] in page and "experiments.run_study toy" in page


def test_a_training_that_diverges_is_an_answer(studied):
    run = studied / "runs" / "study" / "toy"
    found = json.loads((run / "metrics.json").read_text())
    assert "finite" in found["failed"]["diverges"]


def test_a_second_call_trains_nothing_again(studied, capsys):
    files = list((studied / "runs").rglob("scores.npz"))
    before = {path: path.stat().st_mtime_ns for path in files}
    assert len(before) == 2
    assert call(studied) == 0
    assert {path: path.stat().st_mtime_ns for path in files} == before
    assert "Against bce" in capsys.readouterr().out


def test_another_base_is_refused_under_the_same_name(studied, capsys):
    assert call(studied, "--batch-size", "8") == 2
    assert "arms" in capsys.readouterr().err


def test_a_curve_of_which_one_arm_is_done_says_nothing_of_growth(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=12, validation=0)
    asked = study.Study("?", (study.Arm("all"), study.Arm("half", {}, "", 0.5)))
    assert asked.is_curve
    folds = np.array_split(np.arange(12), 2)
    scores = np.random.default_rng(0).random((6, 3))
    late = jobs.Result(None, 0.0, 0.0, jobs.LATE)
    done = [jobs.Block(0, 0, (jobs.Result(scores, 1.0, 1.0), late))]
    found = summary.summarize(asked, done, made.labels(), folds)
    found |= {"study": "recordings", "command": ["recordings"]}
    run = run_folder.RunDir(tmp_path, "study", "curve")
    run_study.report(asked, found, done, made, folds, run, {})
    said = run.load_json("metrics.json")
    assert "growth" not in said and said["failed"] == {"half": jobs.LATE}
    assert (run.figures / "study.png").is_file()


def test_the_list_has_every_question(capsys):
    assert run_study.main(["--list"]) == 0
    said = capsys.readouterr().out
    for name, asked in all_studies.STUDIES.items():
        assert name in said and asked.question in said


@pytest.mark.parametrize(
    "flags", [("--folds", "1"), ("--seeds", "0"), ("--budget", "0")]
)
def test_impossible_values_are_refused(flags, capsys):
    with pytest.raises(SystemExit) as stop:
        run_study.main(["loss", *flags])
    assert stop.value.code == 2
    assert "Received" in capsys.readouterr().err


@pytest.mark.parametrize("name", all_studies.STUDIES)
def test_nothing_is_averaged_into_what_a_study_compares(name):
    asked = all_studies.STUDIES[name]
    base = run_study.base_settings(asked.preset, {"seed": 7})
    assert (base.average_with, base.seed) == ("", 7)
