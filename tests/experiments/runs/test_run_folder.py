"""A run folder holds whole files, and one process at a time."""

import json
import subprocess
import sys

import numpy as np
import pytest

from experiments.runs import run_folder


def test_paths_follow_experiment_and_name(tmp_path):
    run = run_folder.RunDir(tmp_path, "baseline", "first")
    assert run.path == tmp_path / "baseline" / "first"
    assert run.path.is_dir()
    assert not run.finished
    run.write_json("metrics.json", {})
    assert run.finished


def test_a_nameless_run_gets_the_time_and_a_folder_of_its_own(tmp_path):
    first = run_folder.RunDir(tmp_path, "baseline")
    second = run_folder.RunDir(tmp_path, "baseline")
    assert first.name != second.name
    assert first.name[:2] == "20"


@pytest.mark.parametrize("name", ["a/b", "..", "."])
def test_a_name_stays_in_its_folder(tmp_path, name):
    with pytest.raises(ValueError, match="plain folder name"):
        run_folder.RunDir(tmp_path, "baseline", name)


def test_json_takes_numpy_and_has_no_nan(tmp_path):
    run = run_folder.RunDir(tmp_path, "baseline", "a")
    run.write_json(
        "x.json",
        {"a": np.float32(0.5), "b": np.arange(2), "c": float("nan"), "d": "ä"},
    )
    text = (run.path / "x.json").read_text()
    assert json.loads(text) == {"a": 0.5, "b": [0, 1], "c": None, "d": "ä"}
    assert "NaN" not in text
    assert run.read_json("y.json") is None


def test_csv_has_every_column_of_every_row(tmp_path):
    run = run_folder.RunDir(tmp_path, "baseline", "a")
    run.write_csv("h.csv", [{"epoch": 1}, {"epoch": 2, "map": 0.5}])
    assert (run.path / "h.csv").read_text() == "epoch,map\n1,\n2,0.5\n"


def test_environment_keeps_every_start(tmp_path, caplog):
    run = run_folder.RunDir(tmp_path, "baseline", "a")
    first = run.write_environment(["--epochs", "3"], seed=5)
    assert first["command"] == ["--epochs", "3"]
    assert first["versions"]["keras"]
    run.write_environment(["again"], seed=5)
    assert "other versions" not in caplog.text
    starts = run.read_json("environment.json")["starts"]
    assert [s["command"] for s in starts] == [["--epochs", "3"], ["again"]]
    starts[0]["versions"]["numpy"] = "0.1"
    run.write_json("environment.json", {"starts": starts})
    run.write_environment([], seed=5)
    assert "numpy 0.1 ->" in caplog.text


def test_a_second_process_is_kept_out_until_the_first_is_gone(tmp_path):
    run = run_folder.RunDir(tmp_path, "baseline", "a")
    program = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'w');"
        "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True);"
        "time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(run.path / ".lock")],
        stdout=subprocess.PIPE,
    )
    with other:
        other.stdout.readline()
        with pytest.raises(ValueError, match="Another process"):
            with run.locked():
                raise AssertionError
        other.kill()
    with run.locked():
        pass


def test_no_git_is_no_commit(tmp_path):
    assert run_folder.commit(tmp_path) is None
