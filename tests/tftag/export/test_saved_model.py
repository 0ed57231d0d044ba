import json
import logging

import beside_the_graph
import keras
import keras_checks
import numpy as np
import pytest
import tensorflow as tf
import tiny_tagger

from tftag import audio, tags
from tftag.export import compute_precision, saved_model, verification
from tftag.metrics import calibration
from tftag.models import precision

CLIP = tiny_tagger.CLIP


@pytest.fixture(scope="module")
def signatures(tagger_loaded):
    return tagger_loaded.signatures


def test_the_folder_is_what_tensorflow_serving_wants(tagger_folder):
    assert tagger_folder.name == "1"
    assert {path.name for path in tagger_folder.parent.iterdir()} == {"1"}
    files = {
        str(path.relative_to(tagger_folder))
        for path in tagger_folder.rglob("*")
        if path.is_file()
    }
    assert files >= {
        "saved_model.pb",
        "variables/variables.index",
        "assets/tftag.json",
        "assets/tags.txt",
        "assets.extra/tagger.keras",
        "assets.extra/tf_serving_warmup_requests",
    }
    assert (
        tagger_folder.stat().st_mode & 0o055
        == tagger_folder.parent.stat().st_mode & 0o055
    )


@pytest.mark.parametrize("length", [1, CLIP, CLIP * 5 // 2, CLIP * 10])
def test_it_answers_as_the_model_does(tagger_model, signatures, length):
    samples = tiny_tagger.music(length)
    answer = signatures["serving_default"](waveform=tf.constant(samples[None]))
    expected = tiny_tagger.reference(tagger_model, samples).mean(axis=0)
    np.testing.assert_allclose(answer["probabilities"][0], expected, atol=1e-5)


def test_names_travel_in_the_graph_and_beside_it(tagger_folder, signatures):
    names = signatures["tag_names"](row=tf.constant([0, 7], tf.int64))["tags"]
    for row in names.numpy():
        assert tuple(name.decode() for name in row) == tiny_tagger.NAMES
    text = (tagger_folder / "assets" / "tags.txt").read_text(encoding="utf-8")
    assert tuple(text.splitlines()) == tiny_tagger.NAMES


def test_licences_travel_beside_the_card(tagger_model, tagger_folder, tmp_path):
    text = (tagger_folder / "assets" / "licences.txt").read_text("utf-8")
    assert text == "the weights of x: ISC\n\nPermission\n"
    with pytest.raises(ValueError, match="without text"):
        tiny_tagger.write(
            tagger_model,
            tmp_path / "none",
            {"licences": [{**tiny_tagger.LICENCE, "text": ""}]},
        )
    assert not (tmp_path / "none").exists()


def test_the_card_says_what_the_model_is(tagger_folder):
    card = json.loads(
        (tagger_folder / "assets" / "tftag.json").read_text("utf-8")
    )
    assert audio.AudioSpec(**card["audio"]) == tiny_tagger.SPEC
    assert tuple(card["tags"]) == tiny_tagger.NAMES
    assert card["metrics"] == {"map": None}
    assert card["command"] == "tests"
    assert card["versions"]["tensorflow"] == tf.__version__
    restored = calibration.Calibration.from_dict(card["calibration"])
    assert restored.slope == tiny_tagger.CALIBRATION.slope


def test_the_keras_model_can_be_trained_on(tagger_model, tagger_folder):
    restored = keras.saving.load_model(
        tagger_folder / "assets.extra" / "tagger.keras"
    )
    keras_checks.check_same_weights(tagger_model, restored)


@pytest.mark.slow
def test_a_process_without_tftag_tags_a_file(without_tftag, signatures):
    path, _, answer, _ = without_tftag
    wav = path.read_bytes()
    assert answer["tag_names"] == list(tiny_tagger.NAMES)
    expected = signatures["tag_wav"](wav=tf.constant([wav]))
    for key in ("tag_wav", "serving_default"):
        np.testing.assert_allclose(
            answer[key], expected["probabilities"][0], atol=1e-5
        )
    calibrated = expected["calibrated"].numpy()[0]
    order = np.argsort(-calibrated, kind="stable")[:10]
    assert answer["top_tags"] == [tiny_tagger.NAMES[i] for i in order]


@pytest.fixture
def quick(monkeypatch):
    """Leaves out what takes seconds: the graph, and the comparison."""
    beside_the_graph.leave_out(monkeypatch)
    return monkeypatch


def test_the_version_is_told_as_the_folder_was_named(
    tagger_model, tmp_path, quick, caplog
):
    quick.chdir(tmp_path)
    with caplog.at_level(logging.INFO, "tftag.export"):
        for version in (None, 9):
            tiny_tagger.write(tagger_model, "models/mine", version=version)
    assert [record.getMessage() for record in caplog.records] == [
        f"models/mine/{version}: answers as the model does, within 0.0e+00"
        for version in (1, 9)
    ]


@pytest.mark.parametrize("difference", [2e-5, float("nan")])
def test_a_difference_leaves_nothing_behind(
    tagger_model, tmp_path, quick, difference
):
    quick.setattr(verification, "largest_difference", lambda *_: difference)
    with pytest.raises(ValueError, match="must answer as the model does"):
        tiny_tagger.write(tagger_model, tmp_path / "new")
    assert not list(tmp_path.iterdir())
    (tmp_path / "old" / "1").mkdir(parents=True)
    with pytest.raises(ValueError, match="must answer as the model does"):
        tiny_tagger.write(tagger_model, tmp_path / "old")
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["1"]


@pytest.fixture
def mixed(tagger_model):
    """A copy of the tagger that computes in bfloat16 where it can."""
    with precision.policy("mixed_bfloat16"):
        mixed = tiny_tagger.build()
    mixed.set_weights(tagger_model.get_weights())
    mixed.compile("adam", "mse")
    return mixed


def test_a_model_of_mixed_precision_is_kept_in_float32(mixed, tmp_path, quick):
    folder = tiny_tagger.write(mixed, tmp_path / "mixed")
    restored = keras.saving.load_model(folder / "assets.extra" / "tagger.keras")
    assert restored.backbone.layers[-1].compute_dtype == "float32"
    assert mixed.backbone.layers[-1].compute_dtype == "bfloat16"


@pytest.mark.slow
def test_a_model_of_mixed_precision_answers_in_float32(
    mixed, tagger_model, tmp_path, monkeypatch
):
    # The comparison with a copy in float32; below it is with the original.
    with monkeypatch.context() as patch:
        patch.setattr(verification, "largest_difference", lambda *_: 0.0)
        folder = tiny_tagger.write(mixed, tmp_path / "mixed")
    difference = verification.largest_difference(
        tf.saved_model.load(folder), tagger_model, tiny_tagger.SPEC, 8
    )
    assert difference <= 1e-5


def test_a_lone_recording_of_30_s_fills_the_network():
    for clip_seconds, clips in ((30.0, 1), (10.0, 3), (3.0, 10), (60.0, 1)):
        spec = audio.AudioSpec(clip_seconds=clip_seconds)
        assert saved_model.clips_at_once_of(spec) == clips


def test_arguments_that_do_not_fit_are_refused(tagger_model, tmp_path):
    for options, message in (
        ({"calibrated": calibration.identity(3)}, "same number of tags.*: 3"),
        (
            {"vocabulary": tags.TagVocabulary(("a",))},
            "same number of tags.*: 1",
        ),
        ({"card": {"tags": []}}, "`card` must leave.*tags"),
        ({"clips_at_once": 0}, "`clips_at_once` must be >= 1"),
    ):
        with pytest.raises(ValueError, match=message):
            tiny_tagger.write(tagger_model, tmp_path / "none", **options)
    with pytest.raises(TypeError):
        tiny_tagger.write(
            tagger_model, tmp_path / "none", {"metrics": object()}
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_export_in_bfloat16_says_so_and_what_it_is_slower_on(
    tagger_model, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(compute_precision, "is_fast_here", lambda: False)
    folder = tiny_tagger.write(
        tagger_model, tmp_path / "model", precision="bfloat16"
    )
    assert "no instructions for bfloat16" in caplog.text
    card = json.loads((folder / "assets" / "tftag.json").read_text("utf-8"))
    assert card["precision"] == "bfloat16"
    samples = tiny_tagger.music(CLIP)
    answer = tf.saved_model.load(str(folder)).signatures["serving_default"](
        waveform=tf.constant(samples[None])
    )
    exact = tiny_tagger.reference(tagger_model, samples)
    difference = np.abs(answer["probabilities"] - exact).max()
    assert 1e-5 < difference < 0.05


def test_another_precision_is_refused(tagger_model, tmp_path):
    with pytest.raises(ValueError, match="float32, bfloat16.*'float16'"):
        tiny_tagger.write(tagger_model, tmp_path / "x", precision="float16")
    assert not (tmp_path / "x").exists()
