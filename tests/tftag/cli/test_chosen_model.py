import os
import re
import subprocess
import sys

import pytest

from tftag.cli import chosen_model, command_line
from tftag.cli import main as main_module


@pytest.fixture
def music(tmp_path):
    (tmp_path / "music").mkdir()
    return str(tmp_path / "music")


def test_a_model_before_the_files_is_taken(tagger_folder, music):
    for model in (str(tagger_folder), str(tagger_folder.parent), "msd_musicnn"):
        assert chosen_model.split(None, [model, music]) == (model, [music])


def test_the_flag_settles_which_is_the_model(tagger_folder, music):
    words = [str(tagger_folder), music]
    assert chosen_model.split("a", words) == ("a", words)


@pytest.mark.parametrize("name", ["music", "absent.mp3", "absent.FLAC"])
def test_files_and_folders_are_no_models(tmp_path, music, name):
    words = [str(tmp_path / name), "b.wav"]
    assert chosen_model.split(None, words) == (None, words)


def test_a_misspelled_model_is_no_file_that_is_missing(music):
    with pytest.raises(FileNotFoundError, match="nearest preset is 'msd_mus"):
        chosen_model.split(None, ["MSD-musicnn", music])
    with pytest.raises(FileNotFoundError, match="nearest preset is 'msd_mus"):
        chosen_model.split(None, ["msd_musicn"])
    said = "no such file or folder, nor model. A model must .*'saved_models/abs"
    with pytest.raises(FileNotFoundError, match=said):
        chosen_model.split(None, ["saved_models/absent", music])
    with pytest.raises(FileNotFoundError, match="run_baseline, or"):
        chosen_model.check("saved_models/absent")


def test_of_a_folder_that_is_missing_the_nearest_is_named(tmp_path):
    (tmp_path / "music").mkdir()
    given = str(tmp_path / "musik/")
    said = f"file or folder. Received: '{given}'. The nearest there is 'music'"
    with pytest.raises(FileNotFoundError, match=re.escape(said)):
        chosen_model.split(None, [given])


def test_a_model_alone_is_nothing_to_do(tagger_folder):
    with pytest.raises(ValueError, match="must follow the model. Received"):
        chosen_model.split(None, [str(tagger_folder)])


def test_help_lists_and_wrong_arguments_need_no_tensorflow():
    code = (
        "import sys\n"
        "from tftag.cli import command_line, main\n"
        "for words in (['--help'], ['tag', '--help'], ['tag', 'x'],"
        " ['search', 'a', 'b', 'c', 'd'], ['models']):\n"
        "    try:\n"
        "        command_line.run(main.main, words)\n"
        "    except SystemExit:\n"
        "        pass\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    environment = dict(os.environ, PYTHONPATH=":".join(sys.path))
    subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        timeout=240,
        env=environment,
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((".", "sad piano", "--model", "musicnn_word"), "neither."),
        ((".", "sad", "piano"), "put quotes around its words"),
        (("absent.index", "sad", "piano"), "put quotes around its words"),
        (("saved_models/absent", ".", "sad piano"), "which is neither"),
        (("MODEL", ".", "sad", "--model", "b"), "put quotes around its words"),
        (("MODEL", "sad piano"), "folder and query follow it. Received"),
    ],
)
def test_bad_models_of_a_search_are_one_line(
    capsys, encoder_folder, tmp_path, monkeypatch, words, message
):
    (tmp_path / "a.wav").touch()
    monkeypatch.chdir(tmp_path)
    argv = [w.replace("MODEL", str(encoder_folder)) for w in words]
    assert command_line.run(main_module.main, ["search", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: ") and err.count("\n") == 1
    assert message in err


def test_a_folder_or_many_files_are_not_few(tmp_path):
    song = tmp_path / "song.wav"
    song.touch()
    few = [str(song)] * 3
    assert chosen_model.are_few(few)
    assert not chosen_model.are_few([*few, str(tmp_path)])
    assert not chosen_model.are_few(few * 100)
