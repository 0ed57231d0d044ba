import os

import pytest
import soundfile
import tiny_dual_encoder
import tiny_tagger

from tftag.cli import chosen_model, command_line
from tftag.cli import main as main_module
from tftag.search import library_index

RATE = tiny_dual_encoder.SPEC.sample_rate_hz


@pytest.fixture(autouse=True)
def loaded_once(encoder, monkeypatch):
    monkeypatch.setattr(
        chosen_model, "open_dual_encoder", lambda model: encoder
    )


@pytest.fixture
def folders(tmp_path):
    made = [tmp_path / "one", tmp_path / "two"]
    for number, folder in enumerate(made):
        folder.mkdir()
        for seed in range(2):
            samples = tiny_tagger.music(RATE, 2 * number + seed) / 8
            soundfile.write(folder / f"{seed}.wav", samples, RATE)
    return made


def run(*words):
    return command_line.run(main_module.main, [*map(str, words)])


def indexed(place):
    return sorted(library_index.LibraryIndex.open(place).paths)


def test_an_index_follows_its_folders(folders, tmp_path, capsys):
    place = tmp_path / "my.index"
    files = [folder / f"{n}.wav" for folder in folders for n in range(2)]
    made = ("--out", place, "--model", "musicnn_words")
    assert run("index", *folders, *made) == 0
    assert indexed(place) == files
    first, last = capsys.readouterr().err.splitlines()
    assert first == "embedding 4 of 4 files, new or changed"
    assert last == f"4 recordings are in {place}"
    (folders[0] / "bad.wav").write_bytes(b"RIFF")
    files[1].unlink()
    assert run("index", *folders, "--out", place) == 1
    assert indexed(place) == [files[0], *files[2:]]
    assert "not in the index: " in capsys.readouterr().err
    assert run("index", folders[1], "--out", place) == 0
    assert indexed(place) == files[2:]


def test_tags_and_vectors_are_those_of_the_model(folders, tmp_path, encoder):
    place = tmp_path / "my.index"
    run("index", *folders, "--out", place, "--model", "musicnn_words")
    index = library_index.LibraryIndex.open(place)
    assert index.model == encoder.space
    assert index.tag_names == encoder.tag_names
    for one, path in zip(index.each_recording(), index.paths, strict=True):
        vector = encoder.embed_file(path)
        assert index.vector_of(path) == pytest.approx(vector, abs=1e-5)
        calibrated = encoder.tag_file(path).calibrated
        given = calibrated >= encoder.thresholds
        assert one.tags == tuple(
            tag
            for tag, is_given in zip(encoder.tag_names, given, strict=True)
            if is_given
        )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("absent", "--out", "i"), "FOLDER must be a folder of music"),
        (("one", "one/.", "--out", "i"), "Each FOLDER must be named once"),
        ((".", "one", "--out", "i"), "No FOLDER may lie in another"),
        (("one", "--out", "no/such/i"), "--out must be in a folder"),
        (("one", "--out", "one/0.wav"), "--out must be a folder of its own"),
        (("one", "--out", "two"), "An index goes into a folder of its own"),
    ],
)
def test_bad_input_is_one_line(folders, monkeypatch, capsys, words, message):
    monkeypatch.chdir(folders[0].parent)
    before = sorted(os.walk("."))
    assert run("index", *words) == 2
    err = capsys.readouterr().err.splitlines()
    assert message in err[-1] and len(err) == 1
    assert sorted(os.walk(".")) == before


def test_an_index_of_another_model_is_asked_with_its_own(
    folders, tmp_path, capsys, encoder, encoder_folder
):
    place = tmp_path / "my.index"
    assert run("index", *folders, "--out", place, "--model", "x") == 0
    capsys.readouterr()
    # A model is code, and an index may come from a stranger.
    assert run("index", *folders, "--out", place) == 2
    assert "--model must name the model" in capsys.readouterr().err
    assert run("search", place, "dreamy") == 2
    assert "--model must name the model" in capsys.readouterr().err
    assert run("search", place, "dreamy", "--model", "x", "--copies") == 0
