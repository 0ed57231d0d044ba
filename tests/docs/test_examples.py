"""Every example in documents and docstrings runs as it is written."""

import base64
import doctest
import importlib
import io
import json
import pathlib
import re

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf
import tftag_command
import tiny_tagger
import tone_manifest

pytestmark = [pytest.mark.usefixtures("no_graphs"), pytest.mark.slow]

ROOT = pathlib.Path(__file__).parents[2]
PAGES = [
    path
    for path in [
        ROOT / "README.md",
        ROOT / "saved_models" / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    ]
    if "```python" in path.read_text("utf-8")
]
MODULES = [
    path
    for room in ("tftag", "pipelines", "experiments")
    for path in sorted((ROOT / room).rglob("*.py"))
    if ">>> " in path.read_text("utf-8")
]


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def blocks_of(page):
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    assert len(blocks) == text.count("```python")
    return blocks


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, tagger_folder, encoder_folder, onnx_file):
    """A folder with the models, music and data that documents speak of."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "saved_models").mkdir()
    for name, model in (
        ("baseline", tagger_folder),
        ("dual_encoder", encoder_folder),
    ):
        (folder / "saved_models" / name).symlink_to(model.parent)
    (folder / "tagger.onnx").symlink_to(onnx_file)
    (folder / "music").mkdir()
    for place, path in enumerate(
        ("a.wav", "a.mp3", "song.wav", "music/one.wav", "music/two.wav")
    ):
        waveform = tiny_tagger.music(12_000, seed=place)
        waveform *= 0.9 / np.abs(waveform).max()
        soundfile.write(folder / path, waveform, tone_manifest.RATE_HZ)
    music, place = folder / "music", folder / "my.index"
    model = ("--model", encoder_folder.parent, "--threads", 1)
    assert tftag_command.run("index", music, "--out", place, *model) == 0
    tone_manifest.make(folder / "data" / "mine", train=4, validation=2)
    return folder


class Served:
    """TensorFlow Serving's REST answers, by the models in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def urlopen(self, url, data):
        model, _, verb = url.rpartition("/")[2].partition(":")
        assert verb == "predict"
        request = json.loads(data)
        versions = sorted((self.folder / model).iterdir())
        loaded = tf.saved_model.load(str(versions[-1]))
        run = loaded.signatures[request["signature_name"]]
        (named,) = run.structured_input_signature[1].items()
        values = request.get("instances") or request["inputs"][named[0]]
        values = [base64.b64decode(value["b64"]) for value in values]
        answer = run(**{named[0]: tf.constant(values, named[1].dtype)})
        columns = {
            name: np.char.decode(value.numpy().astype("S"), "utf-8").tolist()
            if value.dtype == tf.string
            else value.numpy().tolist()
            for name, value in answer.items()
        }
        rows = [
            dict(zip(columns, row, strict=True))
            for row in zip(*columns.values(), strict=True)
        ]
        said = {"predictions": rows}
        if "inputs" in request:
            said = {"outputs": columns}
        return io.BytesIO(json.dumps(said).encode())


# A short example may leave it to Python to close a file.
@pytest.mark.filterwarnings("ignore:.*unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_examples_of_a_page_run_in_their_order(page, workplace, monkeypatch):
    blocks = blocks_of(page)
    if "tensorflow_io" in "".join(blocks):
        pytest.importorskip("tensorflow_io")
    monkeypatch.chdir(workplace)
    served = Served(workplace / "saved_models")
    monkeypatch.setattr("urllib.request.urlopen", served.urlopen)
    keras.utils.set_random_seed(0)
    names = {"__name__": "example"}
    for block in blocks:
        exec(compile(block, name_of(page), "exec"), names)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_examples_in_docstrings_say_what_they_say(path, workplace, monkeypatch):
    monkeypatch.chdir(workplace)
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    module = importlib.import_module(name.removesuffix(".__init__"))
    found = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert found.attempted and not found.failed


def test_the_quick_starts_are_quick():
    blocks = blocks_of(ROOT / "docs" / "quick_start.md")
    assert len(blocks) >= 3
    assert all(block.count("\n") <= 10 for block in blocks)
