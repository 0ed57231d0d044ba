import json
import os

import pytest
import tiny_dual_encoder
import tiny_tagger
from tftag_command import run

from pipelines.catalogue import shards
from tftag import audio
from tftag.audio import audio_files
from tftag.cli import chosen_model
from tftag.inference import saved_dual_encoder
from tftag.search import library_index

RATE = tiny_dual_encoder.SPEC.sample_rate_hz


pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture
def folders(tmp_path):
    names = [f"{folder}/{n}.wav" for folder in ("one", "two") for n in range(2)]
    tiny_tagger.write_songs(tmp_path, names)
    return [tmp_path / "one", tmp_path / "two"]


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


@pytest.mark.slow
def test_no_network_is_loaded_where_nothing_is_new(
    folders, tmp_path, encoder_folder, monkeypatch
):
    opened = []

    def open_dual_encoder(model, starts_fast, opens_later):
        opened.append(
            saved_dual_encoder.SavedDualEncoder(
                encoder_folder, opens_later=opens_later
            )
        )
        return opened[-1]

    monkeypatch.setattr(chosen_model, "open_dual_encoder", open_dual_encoder)
    place = tmp_path / "my.index"
    words = ("index", *folders, "--out", place, "--model", "x")
    for _ in range(2):
        assert run(*words) == 0
    (folders[0] / "1.wav").unlink()
    assert run(*words) == 0 and len(indexed(place)) == 3
    (folders[0] / "0.wav").rename(folders[0] / "2.wav")
    assert run(*words) == 0 and len(indexed(place)) == 3
    loaded = ["_runtime" in vars(one) for one in opened]
    assert loaded == [True, False, False, True]


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


@pytest.fixture
def catalogue(folders, encoder, write_catalogue):
    """All but one file of the first folder, described elsewhere."""
    path = folders[0] / "0.wav"
    samples = audio.decode_file(path, RATE).samples
    ((vector, tags),) = encoder.describe_each([samples])
    return write_catalogue(
        vector,
        name=path.name,
        size_bytes=path.stat().st_size,
        modified_ns=path.stat().st_mtime_ns,
        seconds=len(samples) / RATE,
        tags=tags,
    )


def test_what_a_catalogue_describes_is_taken_from_it(
    folders, tmp_path, capsys, catalogue, monkeypatch
):
    decoded = []
    monkeypatch.setattr(
        audio_files,
        "decoded",
        lambda paths, *more: decoded.extend(paths) or iter(()),
    )
    place = tmp_path / "taken"
    words = ("index", folders[0], "--model", "x", "--catalogue", catalogue)
    assert run(*words, "--out", place) == 0
    assert decoded == [folders[0] / "1.wav"]
    assert "1 of them were described before" in capsys.readouterr().err
    monkeypatch.undo()
    assert indexed(place) == [folders[0] / "0.wav"]


def test_an_index_of_a_catalogue_answers_as_one_of_the_folder(
    folders, tmp_path, capsys, catalogue
):
    answers = []
    for name, more in (("heard", ()), ("taken", ("--catalogue", catalogue))):
        place = tmp_path / name
        made = ("index", *folders, "--out", place, "--model", "musicnn_words")
        assert run(*made, *more) == 0
        capsys.readouterr()
        for asked in (
            ("search", place, "dreamy -vocals"),
            ("similar", place, "--like", folders[0] / "1.wav"),
            ("search", place, "dreamy", "--length", "0-9"),
        ):
            assert run(*asked, "--format", "jsonl") == 0
            rows = map(json.loads, capsys.readouterr().out.splitlines())
            answers.append([(one["path"], one.get("tags")) for one in rows])
    assert answers[:3] == answers[3:] and all(answers)


def test_a_catalogue_of_another_model_is_refused(
    folders, tmp_path, capsys, catalogue
):
    shards.write_model(catalogue, "m", {"name": "other", "space": "b"})
    made = ("index", folders[0], "--out", tmp_path / "i", "--model", "x")
    assert run(*made, "--catalogue", catalogue) == 2
    assert "with parts of other" in capsys.readouterr().err
    assert not (tmp_path / "i").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("one", "one/.", "--out", "i"), "Each FOLDER must be named once"),
        ((".", "one", "--out", "i"), "No FOLDER may lie in another"),
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
