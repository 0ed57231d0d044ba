"""`import tftag` gives the public names, and costs nothing."""

import ast
import importlib
import json
import pathlib

import keras
import pytest
from other_process import printed

import tftag

STUB = pathlib.Path(tftag.__file__).with_name("__init__.pyi")


def test_nothing_is_loaded_before_it_is_used():
    lines = [
        "import json, sys",
        "names = ('numpy', 'tensorflow', 'keras', 'soundfile')",
        "loaded = lambda: [n for n in names if n in sys.modules]",
        "import tftag",
        "found = [loaded()]",
        "dir(tftag), tftag.__all__, tftag.__version__",
        "found.append(loaded())",
        "tftag.AudioSpec(), tftag.open_words('shipped')",
        "tftag.metrics.roc_auc, tftag.TagVocabulary(('rock',))",
        "found.append([n for n in loaded() if n in ('tensorflow', 'keras')])",
        "print(json.dumps(found))",
    ]
    assert json.loads(printed(lines)) == [[], [], []]


@pytest.mark.parametrize("name", tftag.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name):
    found = getattr(tftag, name)
    assert name in dir(tftag)
    assert name == "__version__" or found.__doc__


def test_models_losses_and_layers_are_those_of_keras():
    assert issubclass(tftag.Tagger, keras.Model)
    assert issubclass(tftag.DualEncoder, keras.Model)
    for room, kind in (
        (tftag.losses, keras.losses.Loss),
        (tftag.layers, keras.layers.Layer),
    ):
        classes = [
            value
            for value in vars(room).values()
            if isinstance(value, type) and issubclass(value, kind)
        ]
        assert len(classes) > 3


def test_an_unknown_name_is_an_error_that_names_it():
    with pytest.raises(AttributeError, match="'tager'"):
        tftag.tager  # noqa: B018


@pytest.mark.parametrize("name", ["Tagger", "layers", "export_tagger"])
def test_another_backend_that_is_not_there_is_named_with_the_way_out(name):
    lines = [
        "import os, sys",
        "os.environ['KERAS_BACKEND'] = 'torch'",
        # Whether it is installed or not.
        "sys.modules['torch'] = None",
        "import tftag",
        "try:",
        f"    tftag.{name}",
        "except ModuleNotFoundError as error:",
        "    print(error.name, error)",
    ]
    said = printed(lines)
    assert said.startswith("torch ") and "set KERAS_BACKEND=tensorflow" in said


def test_the_stub_names_the_same_things_in_the_same_places():
    stub = ast.parse(STUB.read_text("utf-8"))
    named = {"__version__"}
    for node in stub.body:
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            for alias in node.names:
                name = alias.asname or alias.name
                assert getattr(tftag, name) is getattr(module, alias.name)
                named.add(name)
        if isinstance(node, ast.Assign):
            assert ast.literal_eval(node.value) == tftag.__all__
    assert named == set(tftag.__all__)
