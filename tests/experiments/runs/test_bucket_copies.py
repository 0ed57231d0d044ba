import argparse

import pytest

from experiments.runs import bucket_copies, run_folder
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, retries, transfers

ROOT = "s3://music/out"


@pytest.fixture
def finished(tmp_path):
    """A run with an export, as an experiment leaves them."""
    model = tmp_path / "saved_models" / "tagger" / "4"
    (model / "variables").mkdir(parents=True)
    for name in ("saved_model.pb", "variables/variables.index"):
        (model / name).write_text(name)
    run = run_folder.RunDir(tmp_path / "runs", "baseline", "first")
    run.write_json("config.json", {"epochs": 1})
    run.write_json("metrics.json", {"export": str(model)})
    return run


def written(door):
    paths = [path for method, path in door.requests if method == "PUT"]
    return [path.removeprefix("/music/out/") for path in paths]


def test_without_the_flag_nothing_happens(no_waits, finished):
    parser = argparse.ArgumentParser()
    bucket_copies.add_flag(parser)
    assert parser.parse_args([]).copy_to is None
    bucket_copies.check(None, finished)
    bucket_copies.make(None, finished)
    assert not (finished.path / bucket_copies.NOTES).exists()


def test_export_then_run_each_whole_at_its_end(door, finished, capsys):
    bucket_copies.check(ROOT, finished)
    assert written(door) == ["runs/baseline/first/config.json"]
    bucket_copies.make(ROOT, finished)
    paths = written(door)
    model, run = "saved_models/tagger/1", "runs/baseline/first"
    whole = paths.index(f"{model}/saved_model.pb")
    assert all(path.startswith(model) for path in paths[1:whole])
    assert all(path.startswith(run) for path in paths[whole + 1 :])
    assert paths[-1] == f"{run}/metrics.json"
    said = capsys.readouterr().out
    assert f"{ROOT}/{model}" in said and f"{ROOT}/{run}" in said


def test_a_copy_that_failed_goes_on_under_its_number(door, finished):
    door.fail(503, 1_000, "PUT", "saved_model.pb")
    with pytest.raises(retries.RemoteError, match="saved_model.pb"):
        bucket_copies.make(ROOT, finished)
    door.mend()
    bucket_copies.make(ROOT, finished)
    bucket_copies.make(ROOT, finished)
    models = addresses.Address(f"{ROOT}/saved_models/tagger")
    assert remote_listing.list_folders(models) == ["1"]
    runs = addresses.Address(f"{ROOT}/runs/baseline/first")
    assert runs / "metrics.json" in remote_listing.list_files(runs)


def test_another_run_gets_the_next_number_of_the_bucket(
    door, finished, tmp_path
):
    bucket_copies.make(ROOT, finished)
    second = run_folder.RunDir(tmp_path / "runs", "baseline", "second")
    second.write_json("config.json", {})
    second.write_json("metrics.json", finished.read_json("metrics.json"))
    bucket_copies.make(ROOT, second)
    models = addresses.Address(f"{ROOT}/saved_models/tagger")
    assert remote_listing.list_folders(models) == ["1", "2"]


def test_a_run_without_an_export_is_copied_alone(door, tmp_path):
    run = run_folder.RunDir(tmp_path / "runs", "zero_shot", "x")
    run.write_json("metrics.json", {})
    bucket_copies.make(ROOT, run)
    assert written(door) == ["runs/zero_shot/x/metrics.json"]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("elsewhere", "s3://bucket/folder"),
        ("https://host/x", "s3://bucket/folder"),
        ("s3://nowhere/x", "s3://nowhere/x: there is no such bucket"),
        ("s3://key:word@music/x", "no password"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_said_before_training(
    door, finished, place, words
):
    with pytest.raises((ValueError, OSError), match=words):
        bucket_copies.check(place, finished)


@pytest.mark.slow
@pytest.mark.usefixtures("no_graphs")
def test_a_run_is_trained_from_a_bucket_and_copied_to_it(
    door, tmp_path, capsys
):
    """The whole way, with a server that fails now and then."""
    import tensorflow as tf
    import tone_manifest

    from experiments import run_baseline
    from pipelines import copy_up

    made = tone_manifest.make(tmp_path / "data", test=6)
    there = addresses.Address("s3://music/data")
    copy_up.copy_folder(made.folder, there)
    door.fail(503, 5, path=".wav")
    door.fail("cut", 5, path=".wav")
    command = tone_manifest.flags(
        epochs=1,
        name="a",
        data=there,
        copy_to=ROOT,
        runs=tmp_path / "runs",
        export=tmp_path / "models" / "m",
    )
    assert run_baseline.main(command) == 0
    assert "in s3://music/data" in capsys.readouterr().out
    run = run_folder.RunDir(tmp_path / "runs", "baseline", "a")
    assert run.read_json("metrics.json")["lost_recordings"] == {}
    assert run.read_json("data.json")["folder"] == "s3://music/data"
    copied = addresses.Address(f"{ROOT}/saved_models/m/1")
    for file in remote_listing.list_files(copied):
        path = tmp_path / "back" / file.relative_to(copied)
        path.parent.mkdir(parents=True, exist_ok=True)
        transfers.fetch_to_file(file, path)
    model = tf.saved_model.load(str(tmp_path / "back"))
    wav = made.wav_path(made.tracks[0]).read_bytes()
    answer = model.signatures["tag_wav"](wav=tf.constant([wav]))
    assert answer["probabilities"].shape == (1, len(tone_manifest.TAGS))
    # Again: nothing is trained, and no second version is made.
    assert run_baseline.main(command) == 0
    assert "is finished" in capsys.readouterr().out
    assert remote_listing.list_folders(copied.parent) == ["1"]
