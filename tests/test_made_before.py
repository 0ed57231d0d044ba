"""What a version before this one left behind can still be used.

The archive holds exports, runs and an index of a folder, the commands that
made or read them, and what these answered. The commit before folders and
modules were named anew made it, e1f27e1, with what the history has as
d137df5:tests/support/made_before/make.py. A later version is not to make it
again: then it would say nothing.
"""

import importlib.util
import json
import math
import pathlib
import runpy
import sys
import tarfile

import keras
import numpy as np
import pytest

ARCHIVE = pathlib.Path(__file__).parent.joinpath(
    "support", "made_before", "made_before.tar.xz"
)
# What differs from start to start.
UNLIKE = ("seconds", "training_seconds", "export")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made_before")
    with tarfile.open(ARCHIVE) as packed:
        packed.extractall(folder, filter="data")
    return folder


@pytest.fixture
def answers(unpacked, monkeypatch):
    """Title to command and answer; all paths in them are relative."""
    monkeypatch.chdir(unpacked)
    return json.loads(pathlib.Path("answers.json").read_text("utf-8"))


@pytest.fixture
def call(monkeypatch):
    """Runs a command of before as `python -m`, in this process."""

    def run(command, *more):
        path = importlib.util.find_spec(command["module"]).origin
        arguments = [path, *command["arguments"], *map(str, more)]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(path, run_name="__main__")
        assert ended.value.code == 0

    return run


@pytest.fixture
def check_rows(call, capsys):
    """Asks a command again, and compares the rows; returns what it told."""

    def check(command, *more):
        call(command, *more)
        out, err = capsys.readouterr()
        rows = [json.loads(line) for line in out.splitlines()]
        check_same(rows, command["answer"])
        return err

    return check


def leaves(value, place=""):
    """Path and value of all that is in nested dicts and lists."""
    if not isinstance(value, dict | list):
        return {place: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = {}
    for key, item in items:
        if key not in UNLIKE:
            found |= leaves(item, f"{place}/{key}")
    return found


def check_same(found, expected):
    """Whatever was said is said again; there may be more now.

    Numbers of other processors and of other versions of TensorFlow differ in
    their last digits.
    """
    found, expected = leaves(found), leaves(expected)
    assert len(expected) > 3
    assert {
        place: (found.get(place), value)
        for place, value in expected.items()
        if not alike(found.get(place), value)
    } == {}


def alike(one, other):
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-5)
    return one == other


@pytest.mark.parametrize(
    "title",
    [
        *("tag", "tag a timeline"),
        pytest.param("tag with any words", marks=pytest.mark.slow),
    ],
)
def test_exports_tag_as_they_did(title, check_rows, answers):
    assert check_rows(answers[title]) == ""


def test_a_folder_is_searched_by_the_index_that_is_there(check_rows, answers):
    # Version 0.1 listed what sounds the same, too. No file is embedded again.
    assert check_rows(answers["search"], "--copies") == ""


@pytest.mark.slow
def test_a_new_index_says_the_same(check_rows, answers, tmp_path):
    more = "--copies", "--index", tmp_path / "new.index"
    told = check_rows(answers["search"], *more)
    assert told.startswith("embedding 28 of 28 files")


@pytest.mark.slow
def test_an_export_gets_the_figures_it_got(call, answers):
    call(answers["evaluate"])
    check_same(metrics(answers["evaluate"]), answers["evaluate"]["answer"])


def metrics(command):
    path = pathlib.Path("runs", command["run"], "metrics.json")
    return json.loads(path.read_text())


def test_keras_models_in_the_exports_answer_as_they_did(answers):
    # Registers the layers.
    importlib.import_module("experiments.run_dual_encoder")
    seconds = np.arange(4_000) / 8_000
    chord = np.sin(2 * np.pi * np.outer([220, 277, 1_900], seconds))
    wave = chord.sum(axis=0, dtype=np.float32)[np.newaxis]
    for path, expected in answers["Keras model"]["answer"].items():
        model = keras.saving.load_model(path, compile=False)
        found = model({"waveform": wave, "peak": np.abs(wave).max(axis=1)})
        np.testing.assert_allclose(np.array(found), expected, atol=1e-5)


def test_a_finished_run_is_finished(call, answers, capsys):
    command = answers["train"]
    call(command)
    assert "is finished" in capsys.readouterr().out
    assert metrics(command) == command["answer"]


@pytest.mark.slow
@pytest.mark.usefixtures("no_graphs")
@pytest.mark.parametrize("title", ["start from an export", "start from a run"])
def test_training_starts_from_what_is_there(title, call, answers, tmp_path):
    call(answers[title], "--export", tmp_path)
    check_same(metrics(answers[title]), answers[title]["answer"])


@pytest.mark.slow
@pytest.mark.parametrize("title", ["resume", "resume a dual encoder"])
def test_a_killed_run_ends_like_one_that_was_left_alone(
    title, call, answers, tmp_path, capsys
):
    command = answers[title]
    run = pathlib.Path("runs", command["run"])
    assert not (run / "metrics.json").exists()
    call(command, "--export", tmp_path)
    assert "going on after step" in capsys.readouterr().out
    check_same(metrics(command), command["answer"])
