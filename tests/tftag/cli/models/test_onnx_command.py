import importlib
import re
import shlex
import subprocess
import sys

import odd_audio
import onnx
import pytest
import tftag_command

from tftag.console import own_process
from tftag.inference import onnx_content

# Nothing of TensorFlow may be imported, nor its library be loaded.
_WITHOUT = """
import pathlib, sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
from tftag import __main__
status = __main__.command()
assert "libtensorflow" not in pathlib.Path("/proc/self/maps").read_text()
sys.exit(status)
"""


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.wav").write_bytes(
            odd_audio.encoded(odd_audio.tone())
        )
    return folder


def rows(model, music, capsys, *flags):
    assert tftag_command.run("tag", music, "--model", model, *flags) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("flags", [[], ["--all"], ["--timeline", "--top", "2"]])
def test_a_file_tags_as_the_folder_it_was_made_of(
    onnx_file, tagger_folder, music, capsys, flags
):
    found, expected = (
        rows(model, music, capsys, *flags)
        for model in (onnx_file, tagger_folder)
    )
    assert found == expected


def test_no_part_of_tensorflow_is_there(onnx_file, music, tmp_path):
    out = tmp_path / "tags.csv"
    for _ in range(2):  # the second finds the journal
        done = subprocess.run(
            [sys.executable, "-c", _WITHOUT, "tag", music]
            + ["--model", onnx_file, "--out", out],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert out.read_text().count("0.wav") == 5


def test_another_file_tags_all_again(onnx_file, music, tmp_path, capsys):
    out, model = tmp_path / "tags.csv", tmp_path / "x.onnx"
    model.write_bytes(onnx_file.read_bytes())
    words = ("tag", music, "--model", model, "--out", out)
    assert tftag_command.run(*words) == 0
    journal = (tmp_path / "tags.csv.journal").read_bytes()
    changed = onnx.load(model)
    changed.graph.doc_string = "another"
    model.write_bytes(changed.SerializeToString())
    assert tftag_command.run(*words) == 0
    assert (tmp_path / "tags.csv.journal").read_bytes() != journal


@pytest.mark.parametrize(
    "words",
    [
        *("index . --out my.index", "search . calm", "serve"),
        *("tag . --tags calm", "learn sleepy --like 0.wav 1.wav"),
        "onnx --out y.onnx",
    ],
)
def test_what_needs_more_than_tags_says_the_way_out(
    onnx_file, music, monkeypatch, capsys, words
):
    monkeypatch.chdir(music)
    assert tftag_command.run(*words.split(), "--model", onnx_file) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: An ONNX file only tags")
    assert str(onnx_file) in said


def test_rows_do_not_take_the_place_of_the_model(onnx_file, music, capsys):
    before = onnx_file.read_bytes()
    words = ("tag", music, "--model", onnx_file, "--out", onnx_file)
    assert tftag_command.run(*words) == 2
    assert "no file of the model" in capsys.readouterr().err
    assert onnx_file.read_bytes() == before


@pytest.mark.parametrize(
    "in_its_process", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_the_command_writes_a_file_and_says_how_near_it_is(
    tagger_folder, tmp_path, capsys, monkeypatch, in_its_process
):
    def run_here(module, arguments):
        importlib.import_module(module).main(arguments)
        return capsys.readouterr().out

    if not in_its_process:
        monkeypatch.setattr(own_process, "run", run_here)
    out = tmp_path / "-x y.onnx"
    assert tftag_command.run("onnx", tagger_folder, f"--out={out}") == 0
    said = capsys.readouterr().out
    assert re.search(r"those of the model to \de-\d\d\n", said)
    assert shlex.split(said.splitlines()[-1])[-1] == str(out)
    assert onnx_content.read(out)[1]["tags"]


def test_what_cannot_be_written_is_refused_before_a_process_starts(
    tagger_folder, onnx_file, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(own_process, "run", None)
    for out, said in (
        (tmp_path / "x.pb", "must end in .onnx"),
        (tmp_path / "no" / "x.onnx", "a folder that is there"),
    ):
        assert tftag_command.run("onnx", tagger_folder, "--out", out) == 2
        assert said in capsys.readouterr().err
    named = ("onnx", tagger_folder, "--model", "msd_musicnn", "--out", "x.onnx")
    assert tftag_command.run(*named) == 2
    assert "MODEL must be named once" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    out = tmp_path / "x.onnx"
    assert tftag_command.run("onnx", tagger_folder, "--out", out) == 2
    assert "install tftag[onnx]" in capsys.readouterr().err
