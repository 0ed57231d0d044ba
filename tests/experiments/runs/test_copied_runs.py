"""`--copy-to` of every experiment that has it, from its command line on.

That of the baseline is in test_bucket_copies.py, with its training.
"""

import shutil

import pytest
import tone_runs

from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, transfers

ROOT = addresses.Address("s3://music/out")
# What is called, and the fixture that has a finished run of it.
EXPERIMENTS = {
    "dual_encoder": (tone_runs.dual_encoder, "dual_run"),
    "zero_shot": (tone_runs.zero_shot, "zero_shot_run"),
    "cross_validation": (tone_runs.cross_validation, "cross_validation_run"),
}


@pytest.fixture(
    params=[
        "dual_encoder",
        # No fast test needs their runs.
        pytest.param("zero_shot", marks=pytest.mark.slow),
        pytest.param("cross_validation", marks=pytest.mark.slow),
    ]
)
def experiment(request):
    """Name, command, and folder of tones with a finished run."""
    call, run = EXPERIMENTS[request.param]
    return request.param, call, request.getfixturevalue(run)


def check_same(folder, there, tmp_path):
    """Every file of a folder but the lock lies at an address, no other."""
    here = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }
    copied = {}
    for file in remote_listing.list_files(there):
        transfers.fetch_to_file(file, tmp_path / "back")
        name = str(file.relative_to(there))
        copied[name] = (tmp_path / "back").read_bytes()
    assert copied == here


def test_a_finished_run_is_copied_whole(experiment, door, tmp_path, capsys):
    name, call, folder = experiment
    # The copy leaves a note in the run, which other tests read.
    shutil.copytree(folder / "runs", tmp_path / "runs")
    assert call(folder, runs=tmp_path / "runs", copy_to=ROOT) == 0
    said = capsys.readouterr().out
    place = ROOT / f"runs/{name}/a"
    assert f"copied to  {place}\n" in said
    assert (tmp_path / "runs" / name / "a" / "metrics.json").exists()
    check_same(tmp_path / "runs" / name / "a", place, tmp_path)
    written = [path for method, path in door.requests if method == "PUT"]
    assert written[-1].endswith(f"/runs/{name}/a/metrics.json")
    models = remote_listing.list_folders(ROOT / "saved_models")
    assert models == (["saved"] if name == "dual_encoder" else [])
    if models:
        check_same(
            folder / "saved" / "1", ROOT / "saved_models/saved/1", tmp_path
        )


def test_a_place_that_is_not_there_is_said_before_training(
    experiment, door, tmp_path, capsys
):
    name, call, folder = experiment
    values = {"runs": tmp_path / "runs", "name": "new"}
    values |= {"copy_to": "s3://nowhere/x"}
    if name == "dual_encoder":
        values["export"] = tmp_path / "saved"
    assert call(folder, **values) == 2
    assert "nowhere" in capsys.readouterr().err
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left <= {".lock", "config.json", "data.json"}
