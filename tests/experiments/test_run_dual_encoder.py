"""The command leaves a run and an export that answers for any tag."""

import csv
import dataclasses
import pathlib
import shlex
import types

import numpy as np
import pytest
import tone_manifest
from tone_runs import dual_encoder as call

from experiments import run_dual_encoder
from experiments.runs import run_folder
from tftag import tags as tag_lib
from tftag.inference import model_card, saved_dual_encoder
from tftag.search import query
from tftag.words import sources


def run_of(folder, name="a"):
    return run_folder.RunDir(folder / "runs", "dual_encoder", name)


@pytest.fixture(scope="module")
def unseen(dual_run):
    """The tag that was kept from training."""
    seen = run_of(dual_run).read_json("data.json")["tags"]
    (tag,) = set(tone_manifest.TAGS) - set(seen)
    return tag


def test_a_run_leaves_what_was_promised(dual_run):
    run = run_of(dual_run)
    for name in (
        "config.json",
        "environment.json",
        "data.json",
        "metrics.json",
        "per_tag.csv",
        "scores.npz",
    ):
        assert (run.path / name).stat().st_size > 0
    figures = {path.stem for path in run.figures.glob("*.png")}
    assert {"similarity", "space", "training", "ap_per_tag"} <= figures
    assert list(run.tensorboard.glob("events.out.*"))
    with open(run.path / "per_tag.csv") as text:
        rows = [row["tag"] for row in csv.DictReader(text)]
    assert rows == run.read_json("data.json")["tags"]


def test_the_run_says_what_it_was_trained_on(dual_run):
    data = run_of(dual_run).read_json("data.json")
    manifest = tone_manifest.manifests.read_manifest(dual_run / "data")
    assert len(data["tags"]) == 2
    assert set(data["tags"]) < set(tone_manifest.TAGS)
    heard = [track for track in manifest.tracks if track.split != "test"]
    assert data["recording_ids"] == [track.track_id for track in heard]
    assert data["audio_hashes"] == [track.audio_hash for track in heard]


def test_unseen_tags_have_figures_beside_chance(dual_run):
    found = run_of(dual_run).read_json("metrics.json")
    assert found["evaluated_on"] == "test"
    assert found["protocol"] == "hidden-labels"
    sides = found["zero_shot"]["unseen"]["tag_to_recordings"]
    assert sides["unseen"]["tags_counted"] == 1
    assert sides["seen"]["tags_counted"] == 2
    for name in ("roc_auc", "map", "p_at_10"):
        assert 0 <= sides["unseen"][name]["value"] <= 1
        assert 0 < sides["unseen"][name]["chance"] < 1


def test_the_export_says_what_it_was_trained_on(dual_run, unseen):
    export = pathlib.Path(run_of(dual_run).read_json("metrics.json")["export"])
    assert export == dual_run / "saved" / "1"
    card = model_card.read(export)
    assert unseen not in card["tags"]
    assert card["data"]["recording_ids"]
    assert (export / "assets.extra" / "dual_encoder.keras").is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("no_graphs")
def test_the_export_answers_for_any_tag(tmp_path):
    tone_manifest.make(
        tmp_path / "data", train=8, validation=6, test=12, seconds=1.0
    )
    assert call(tmp_path) == 0
    saved = saved_dual_encoder.SavedDualEncoder(tmp_path / "saved")
    vectors, known_share = saved.embed_texts([*tone_manifest.TAGS, "piano"])
    np.testing.assert_array_equal(known_share, 1)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-4)
    assert all(map(saved.is_known, tone_manifest.TAGS))


def test_a_start_that_knows_what_is_unseen_is_refused(
    dual_run, unseen, tmp_path, capsys
):
    start = run_folder.RunDir(tmp_path, "baseline", "knows")
    tags = [unseen.upper(), "other"]
    start.write_json("data.json", {"tags": tags, "recording_ids": []})
    assert call(dual_run, name="b", init_from=start.path) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "must not know unseen tags" in said and unseen in said
    assert not (dual_run / "runs" / "dual_encoder" / "b").exists()


def test_unseen_tags_need_recordings_that_are_held_out(dual_run, capsys):
    assert call(dual_run, name="c", train_on="all") == 2
    assert "--train-on train" in capsys.readouterr().err


@pytest.mark.parametrize("body", ["own", "tagger"])
def test_one_tag_is_refused_before_anything_is_trained(dual_run, capsys, body):
    assert call(dual_run, name="e", unseen_count=2, body=body) == 2
    assert "at least two tags" in capsys.readouterr().err
    assert not run_of(dual_run, "e").checkpoints.exists()


def test_the_search_to_try_asks_for_any_tags(monkeypatch):
    monkeypatch.setattr(
        run_dual_encoder.console, "example", lambda scored: None
    )
    names = tag_lib.TagVocabulary(("drum & bass", "-fast"))
    scored = types.SimpleNamespace(vocabulary=names)
    line = run_dual_encoder.search_line(pathlib.Path("saved/1"), scored)
    asked = shlex.split(line)[-3]
    terms = query.parse(asked, lambda text: False)
    assert [term.phrase for term in terms] == list(names.names)
    assert terms[0].weight > 0 > terms[1].weight


def test_tags_without_a_vector_are_refused_by_name(
    dual_run, capsys, monkeypatch
):
    shipped = sources.shipped()
    lacking = sources.words.WordVectors(
        ("rock", "nois"), shipped.vectors[:2], {}, "two words"
    )
    monkeypatch.setattr(
        run_dual_encoder.sources, "open_source", lambda text: lacking
    )
    for body in ("own", "tagger"):
        assert call(dual_run, name="d", unseen_count=0, body=body) == 2
        assert "'noise' (nearest: 'nois')" in capsys.readouterr().err
    # Said before a tagger is trained for the body.
    assert not (dual_run / "runs" / "dual_encoder" / "d").exists()


def test_what_chooses_the_epoch_shares_nothing_with_the_test(tmp_path, capsys):
    made = tone_manifest.make(
        tmp_path / "data", train=8, validation=8, test=12, seconds=1.0
    )
    heard = made.split("test").tracks[0].artist
    tracks = [
        dataclasses.replace(track, artist=heard)
        if track.split == "validation"
        else track
        for track in made.tracks
    ]
    tone_manifest.manifests.write_manifest(
        dataclasses.replace(made, tracks=tuple(tracks))
    )
    assert call(tmp_path) == 2
    assert heard in capsys.readouterr().err
