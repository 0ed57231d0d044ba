"""Any labelled set is scored by the tags it shares with the model."""

import dataclasses
import types

import numpy as np
import pytest
import soundfile
import tone_manifest

from experiments import run_evaluate
from experiments.runs import run_folder
from pipelines import manifest as manifests
from pipelines.reading.slices import arrays
from tftag import tags
from tftag.cli import command_line
from tftag.inference import saved_tagger


@pytest.fixture
def trained(baseline_run):
    return baseline_run


def evaluate(trained, data, runs, *more):
    status = command_line.run(
        run_evaluate.main,
        [str(trained / "saved"), str(data), "--runs", str(runs), *more],
    )
    return status, run_folder.RunDir(runs, "evaluate", "b")


def test_the_test_split_gets_the_figures_of_the_run(trained, tmp_path, capsys):
    data = trained / "data"
    status, run = evaluate(
        trained, data, tmp_path, "--name", "b", "--split", "test"
    )
    assert status == 0
    found = run.read_json("metrics.json")
    expected = run_folder.RunDir(trained / "runs", "baseline", "a").read_json(
        "metrics.json"
    )
    assert found["evaluated_on"] == "test"
    for name in ("map", "roc_auc", "recording_p_at_10"):
        assert found[name]["value"] == pytest.approx(expected[name]["value"])
        assert found[name]["ci95"] == pytest.approx(expected[name]["ci95"])
    assert found["at_threshold"] == pytest.approx(expected["at_threshold"])
    assert (run.path / "per_tag.csv").exists()
    assert "ROC-AUC" in capsys.readouterr().out


def test_arrays_in_place_are_scored_as_their_recordings(trained, tmp_path):
    tones = manifests.read_manifest(trained / "data").split("test")
    lying = []
    for track in tones.tracks:
        samples, rate_hz = soundfile.read(tones.wav_path(track), dtype="int16")
        path = tmp_path / f"{track.track_id}.npy"
        np.save(path, samples)
        lying.append(
            dataclasses.replace(
                track,
                path=path.name,
                codec=arrays.CODEC,
                source_rate_hz=rate_hz,
                source_frames=len(samples),
                file_bytes=path.stat().st_size,
            )
        )
    found = [
        run_evaluate.score(
            saved_tagger.SavedTagger(trained / "saved"),
            dataclasses.replace(tones, folder=folder, tracks=tuple(tracks)),
        )
        for folder, tracks in (
            (tones.folder, tones.tracks),
            (tmp_path, lying),
        )
    ]
    np.testing.assert_allclose(found[1], found[0], atol=1e-6)


@pytest.mark.usefixtures("no_figures")
def test_recordings_that_were_trained_on_are_said_to_be(trained, tmp_path):
    status, run = evaluate(trained, trained / "data", tmp_path, "--name", "b")
    assert status == 0
    found = run.read_json("metrics.json")
    assert "that the model was trained on" in found["evaluated_on"]


@pytest.mark.parametrize(
    "train_on, split, said",
    [
        ("train", "test", "test"),
        ("train", "validation", "validation, also used for selection"),
        ("train", "all", "all splits, with recordings that the model was"),
        ("all", "test", "test, with recordings that the model was trained"),
        ("all", "validation", "validation, with recordings that the model"),
    ],
)
def test_a_model_of_all_recordings_was_trained_on_every_split(
    trained, train_on, split, said
):
    tones = manifests.read_manifest(trained / "data")
    card = {
        "data": {"fingerprint": tones.fingerprint},
        "settings": {"train_on": train_on},
    }
    tagger = types.SimpleNamespace(card=card)
    judged = tones if split == "all" else tones.split(split)
    found = run_evaluate.described(tagger, tones, judged, split)
    assert found.startswith(said)
    assert found == said or "trained" in found


def test_what_was_trained_on_is_known_in_another_data_set(trained):
    tones = manifests.read_manifest(trained / "data")
    other = dataclasses.replace(tones, vocabulary=tags.TagVocabulary(("low",)))
    tagger = saved_tagger.SavedTagger(trained / "saved", opens_later=True)
    counts = tones.split_counts
    learnt = counts["train"] + counts["validation"]
    for split, known in (("all", learnt), ("test", 0)):
        scored = other if split == "all" else other.split(split)
        found = run_evaluate.described(tagger, other, scored, split)
        said = f"; the model was trained or selected on {known} of them"
        label = "all splits" if split == "all" else split
        assert found == f"{label} of {other.folder}{said if known else ''}"


@pytest.mark.usefixtures("no_figures")
def test_tags_are_matched_by_name_in_any_order(trained, tmp_path):
    made = tone_manifest.make(tmp_path / "other", train=0, validation=0, test=8)
    other = dataclasses.replace(
        made, vocabulary=tags.TagVocabulary(("unheard", "noise", "low"))
    )
    manifests.write_manifest(other)
    status, run = evaluate(
        trained, tmp_path / "other", tmp_path / "runs", "--name", "b"
    )
    assert status == 0
    found = run.read_json("metrics.json")
    # `high` is outside this vocabulary, but the recordings carry it.
    assert found["tags"] == ["high", "low", "noise"]
    assert found["tags_of_the_model_not_in_the_set"] == []
    with np.load(run.path / "scores.npz") as saved:
        places = [made.vocabulary.index(name) for name in saved["tags"]]
        np.testing.assert_array_equal(
            saved["truth"], made.labels()[:, places] > 0
        )


def test_bad_input_is_one_line_and_status_2(trained, tmp_path, capsys):
    made = tone_manifest.make(tmp_path / "other", train=4, validation=0)

    def refused(words, *line):
        assert command_line.run(run_evaluate.main, [str(a) for a in line]) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: ") and said.count("\n") == 1
        assert words in said

    refused("SavedModel", tmp_path / "nowhere", tmp_path / "other")
    refused("manifest.csv", trained / "saved", tmp_path / "nowhere")
    refused("split", trained / "saved", tmp_path / "other", "--split", "test")
    renamed = dataclasses.replace(
        made,
        vocabulary=tags.TagVocabulary(("calm",)),
        tracks=tuple(
            dataclasses.replace(track, tags=("calm",)) for track in made.tracks
        ),
    )
    manifests.write_manifest(renamed)
    refused("a tag in common", trained / "saved", tmp_path / "other")
