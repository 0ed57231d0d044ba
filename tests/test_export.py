import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
import test_warmup
import tiny_tagger

from tftag import audio, calibration, comparison, export, tags

CLIP = tiny_tagger.CLIP
VOCABULARY = tags.TagVocabulary(tiny_tagger.NAMES)
BATCH_SIGNATURES = (
    "serving_default",
    "tag_batch",
    "tag_wav",
    "timeline",
    "top_tags",
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_tagger.exported(tmp_path_factory)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_tagger.exported(tmp_path_factory)[1]


@pytest.fixture(scope="module")
def signatures(folder):
    # The signatures hold the variables weakly.
    signatures.model = tf.saved_model.load(str(folder))
    return signatures.model.signatures


def inputs_of(name, rows, path):
    waveform = np.stack(
        [tiny_tagger.music(CLIP * 3, row) for row in range(rows)]
    )
    match name:
        case "tag_batch":
            lengths = tf.range(1, rows + 1, dtype=tf.int64)
            return {
                "waveform": tf.constant(waveform),
                "length_samples": lengths,
            }
        case "tag_wav":
            wavs = []
            for row in waveform:
                samples = audio.to_full_scale(row).samples
                rate_hz = tiny_tagger.SPEC.sample_rate_hz
                audio.write_wav(path / "row.wav", samples, rate_hz)
                wavs.append((path / "row.wav").read_bytes())
            return {"wav": tf.constant(wavs)}
    return {"waveform": tf.constant(waveform)}


def test_the_folder_is_what_tensorflow_serving_wants(folder):
    assert folder.name == "1"
    assert {path.name for path in folder.parent.iterdir()} == {"1"}
    files = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
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
    assert folder.stat().st_mode & 0o055 == folder.parent.stat().st_mode & 0o055


@pytest.mark.parametrize("name", BATCH_SIGNATURES)
def test_dimension_0_of_every_output_is_the_batch(signatures, name, tmp_path):
    declared = signatures[name].structured_outputs
    for rows in (1, 2, 5):
        answer = signatures[name](**inputs_of(name, rows, tmp_path))
        assert answer.keys() == declared.keys()
        for key, value in answer.items():
            assert value.shape[0] == rows
            assert declared[key].shape[0] is None


def test_rows_can_be_batched_by_the_server(signatures, tmp_path):
    for name in BATCH_SIGNATURES:
        inputs = inputs_of(name, 3, tmp_path)
        together = signatures[name](**inputs)
        for row in range(3):
            alone = signatures[name](
                **{key: value[row : row + 1] for key, value in inputs.items()}
            )
            for key, value in together.items():
                np.testing.assert_array_equal(alone[key][0], value[row])


@pytest.mark.parametrize("length", [1, CLIP, CLIP * 5 // 2, CLIP * 10])
def test_it_answers_as_the_model_does(model, signatures, length):
    samples = tiny_tagger.music(length)
    answer = signatures["serving_default"](waveform=tf.constant(samples[None]))
    expected = tiny_tagger.reference(model, samples).mean(axis=0)
    np.testing.assert_allclose(answer["probabilities"][0], expected, atol=1e-5)


def test_wav_bytes_and_waveform_agree(signatures, tmp_path):
    from_wav = signatures["tag_wav"](**inputs_of("tag_wav", 3, tmp_path))
    from_waveform = signatures["serving_default"](
        **inputs_of("serving_default", 3, tmp_path)
    )
    for key, value in from_wav.items():
        np.testing.assert_allclose(value, from_waveform[key], atol=1e-5)


def test_names_travel_in_the_graph_and_beside_it(folder, signatures):
    names = signatures["tag_names"]()["tags"].numpy()
    assert tuple(name.decode() for name in names) == tiny_tagger.NAMES
    text = (folder / "assets" / "tags.txt").read_text(encoding="utf-8")
    assert tuple(text.splitlines()) == tiny_tagger.NAMES


def test_the_card_says_what_the_model_is(folder):
    card = json.loads((folder / "assets" / "tftag.json").read_text("utf-8"))
    assert audio.AudioSpec(**card["audio"]) == tiny_tagger.SPEC
    assert tuple(card["tags"]) == tiny_tagger.NAMES
    assert card["metrics"] == {"map": None}
    assert card["command"] == "tests"
    assert card["versions"]["tensorflow"] == tf.__version__
    restored = calibration.Calibration.from_dict(card["calibration"])
    assert restored.slope == tiny_tagger.CALIBRATION.slope


def test_only_core_operations_and_one_network(model, folder):
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel.FromString(
        (folder / "saved_model.pb").read_bytes()
    )
    functions = saved.meta_graphs[0].graph_def.library.function
    operations = [node.op for f in functions for node in f.node_def]
    assert not [name for name in operations if "PyFunc" in name]
    assert operations.count("Conv2D") == 3


def test_only_the_weights_are_stored(model, folder):
    stored = tf.train.list_variables(str(folder / "variables" / "variables"))
    sizes = [np.prod(shape, dtype=int) for name, shape in stored if shape]
    assert sum(sizes) == model.count_params()


def test_warm_up_requests_can_be_replayed(folder, signatures):
    requests = test_warmup.read_requests(
        folder / "assets.extra" / "tf_serving_warmup_requests"
    )
    assert {name for _, name, _ in requests} == set(BATCH_SIGNATURES)
    for model_name, name, inputs in requests:
        assert model_name == "tiny"
        assert (
            inputs.keys()
            == signatures[name].structured_input_signature[1].keys()
        )
        signatures[name](
            **{key: tf.constant(value) for key, value in inputs.items()}
        )


def test_the_keras_model_can_be_trained_on(model, folder):
    restored = keras.saving.load_model(folder / "assets.extra" / "tagger.keras")
    for ours, theirs in zip(model.weights, restored.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_process_without_tftag_tags_a_file(folder, signatures, tmp_path):
    wav = inputs_of("tag_wav", 1, tmp_path)["wav"]
    script = pathlib.Path(__file__).with_name("tag_without_tftag.py")
    finished = subprocess.run(
        [sys.executable, "-I", script, folder, tmp_path / "row.wav"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=240,
    )
    assert finished.returncode == 0, finished.stderr
    answer = json.loads(finished.stdout)
    assert answer["tag_names"] == list(tiny_tagger.NAMES)
    expected = signatures["tag_wav"](wav=wav)
    for key in ("tag_wav", "serving_default"):
        np.testing.assert_allclose(
            answer[key], expected["probabilities"][0], atol=1e-5
        )
    calibrated = expected["calibrated"].numpy()[0]
    order = np.argsort(-calibrated, kind="stable")[:10]
    assert answer["top_tags"] == [tiny_tagger.NAMES[i] for i in order]


def export_tiny(model, folder, card=(), **options):
    options = {
        "vocabulary": VOCABULARY,
        "calibrated": tiny_tagger.CALIBRATION,
        **options,
    }
    return export.export_tagger(
        model, tiny_tagger.SPEC, card=dict(card), folder=folder, **options
    )


@pytest.fixture
def quick(monkeypatch):
    """Leaves out what takes seconds: tracing, and the comparison."""

    def save(tagger, folder, signatures):
        pathlib.Path(folder, "saved_model.pb").write_bytes(b"")

    monkeypatch.setattr(tf.saved_model, "save", save)
    monkeypatch.setattr(comparison, "largest_difference", lambda *_: 0.0)
    return monkeypatch


def test_versions_count_on(model, tmp_path, quick):
    folder = tmp_path / "named"
    (folder / "notes").mkdir(parents=True)
    assert export_tiny(model, folder).name == "1"
    assert export_tiny(model, folder, version=9).name == "9"
    assert export_tiny(model, folder) == folder / "10"
    for version in (9, -1):
        with pytest.raises(ValueError, match=f"not taken.*Received: {version}"):
            export_tiny(model, folder, version=version)
    assert {path.name for path in folder.iterdir()} == {"notes", "1", "9", "10"}


def test_a_version_that_appears_meanwhile_is_kept(model, tmp_path, quick):
    def compare_slowly(*_):
        (tmp_path / "named" / "1").mkdir()
        (tmp_path / "named" / "1" / "saved_model.pb").touch()
        return 0.0

    quick.setattr(comparison, "largest_difference", compare_slowly)
    assert export_tiny(model, tmp_path / "named").name == "2"


@pytest.mark.parametrize("difference", [2e-5, float("nan")])
def test_a_difference_leaves_nothing_behind(model, tmp_path, quick, difference):
    quick.setattr(comparison, "largest_difference", lambda *_: difference)
    with pytest.raises(ValueError, match="must answer as the model does"):
        export_tiny(model, tmp_path / "new")
    assert not list(tmp_path.iterdir())
    (tmp_path / "old" / "1").mkdir(parents=True)
    with pytest.raises(ValueError, match="must answer as the model does"):
        export_tiny(model, tmp_path / "old")
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["1"]


def test_a_model_of_mixed_precision_is_exported_in_float32(tmp_path):
    exact = tiny_tagger.build()
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = tiny_tagger.build()
    finally:
        keras.config.set_dtype_policy(policy)
    mixed.set_weights(exact.get_weights())
    mixed.compile("adam", "mse")
    folder = export_tiny(mixed, tmp_path / "mixed")
    difference = comparison.largest_difference(
        folder, exact, tiny_tagger.SPEC, 8
    )
    assert difference <= 1e-5
    restored = keras.saving.load_model(folder / "assets.extra" / "tagger.keras")
    assert restored.get_layer("backbone").layers[-1].compute_dtype == "float32"
    assert mixed.get_layer("backbone").layers[-1].compute_dtype == "bfloat16"


def test_arguments_that_do_not_fit_are_refused(model, tmp_path):
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
            export_tiny(model, tmp_path / "none", **options)
    with pytest.raises(TypeError):
        export_tiny(model, tmp_path / "none", {"metrics": object()})
    assert not list(tmp_path.iterdir())
