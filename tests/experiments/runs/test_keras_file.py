"""What a stranger's Keras file may name, and what not."""

import json
import zipfile

import keras
import pytest
import tone_manifest
from keras import ops

from experiments.runs import keras_file
from experiments.training import audio_module
from tftag.models import tagger
from tftag.models.backbones import backbone


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A tagger with every layer that one can have."""
    folder = tmp_path_factory.mktemp("keras")
    for pooling in backbone.POOLINGS:
        config = tagger.TaggerConfig(
            backbone.BackboneConfig(
                1 / 64, blocks=2, pooling=pooling, members=2, shared_blocks=1
            ),
            dropout=0.1,
        )
        model = tagger.Tagger(tone_manifest.TAGS, tone_manifest.SPEC, config)
        model.save(folder / f"{pooling}.keras")
        # As version 0.1.0 wrote it: a graph that names every layer.
        inputs = model.front_end.input
        x = model.backbone(model.front_end(inputs))
        graph = keras.Model(inputs, ops.mean(model.head(x), axis=1))
        graph.save(folder / f"{pooling}_graph.keras")
    return folder


@pytest.mark.parametrize("kind", ["", "_graph"])
@pytest.mark.parametrize("pooling", backbone.POOLINGS)
def test_every_tagger_is_loaded(saved, pooling, kind):
    model = keras_file.load_tagger(saved / f"{pooling}{kind}.keras")
    assert model.output_shape == (None, 3)
    assert isinstance(model, tagger.Tagger) != bool(kind)


HUB = {
    "module": "experiments.training.audio_module",
    "class_name": "HubEmbedding",
    "config": {"handle": "https://example.org/module", "name": "x"},
    "registered_name": "tftag>HubEmbedding",
}


@pytest.mark.parametrize(
    "planted",
    [
        HUB,
        HUB | {"class_name": "Dropout", "module": "keras.layers"},
        {"class_name": "HubEmbedding", "config": HUB["config"]},
        {"class_name": "tftag>HubEmbedding", "config": HUB["config"]},
        {"module": "keras.layers", "class_name": "Lambda", "config": {}},
        {"module": "builtins", "class_name": "function", "config": "eval"},
        {"module": "os", "class_name": "Dropout", "config": {}},
        {"module": "kerasx", "class_name": "Dropout", "config": {}},
        {"module": "keras.layers", "class_name": "TFSMLayer", "config": {}},
        {"class_name": "__lambda__", "config": {}},
        {"class_name": ["Dropout"], "module": "keras.layers"},
    ],
)
@pytest.mark.parametrize("where", ["layer", "argument", "tagger"])
def test_anything_else_is_refused_before_it_is_made(
    saved, tmp_path, monkeypatch, planted, where
):
    def made(*_, **__):
        pytest.fail("it was made")

    monkeypatch.setattr(keras.saving, "load_model", made)
    path = tmp_path / "tagger.keras"
    name = "both.keras" if where == "tagger" else "both_graph.keras"
    with (
        zipfile.ZipFile(saved / name) as old,
        zipfile.ZipFile(path, "w") as new,
    ):
        config = json.loads(old.read("config.json"))
        layers = config["config"].get("layers")
        if where == "layer":
            layers.append(planted)
        elif where == "argument":
            layers[1]["config"]["activation"] = {"deep": [planted]}
        else:
            config["config"]["dtype"] = {"deep": [planted]}
        new.writestr("config.json", json.dumps(config))
        new.writestr("model.weights.h5", old.read("model.weights.h5"))
    with pytest.raises(ValueError, match="nothing of it was loaded"):
        keras_file.load_tagger(path)


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "{}", "3"])
def test_damage_is_one_error(tmp_path, content):
    path = tmp_path / "tagger.keras"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("config.json", content)
    with pytest.raises(ValueError, match="damaged.*tagger.keras"):
        keras_file.load_tagger(path)
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="damaged.*tagger.keras"):
        keras_file.load_tagger(path)


def test_a_saved_layer_fetches_nothing(monkeypatch):
    def load(handle):
        pytest.fail(f"{handle} was fetched")

    monkeypatch.setattr(audio_module.hub, "load", load)
    with pytest.raises(ValueError, match="must not choose.*example.org"):
        audio_module.HubEmbedding.from_config(HUB["config"])
