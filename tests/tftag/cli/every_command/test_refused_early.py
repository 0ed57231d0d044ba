"""Paths that cannot be used are told before a model is exported or opened."""

import drawn_index
import odd_audio
import pytest
from tftag_command import run

from tftag.console import own_process
from tftag.pretrained import presets


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "index"
    return drawn_index.write(folder, range(5), drawn_index.vectors(5))


@pytest.fixture
def here(index, tmp_path, monkeypatch):
    """A folder with a song, a text, an empty folder and an index."""

    def start(*_):
        raise AssertionError("a model was asked for")

    monkeypatch.setattr(presets, "resolve", start)
    monkeypatch.setattr(own_process, "run", start)
    monkeypatch.chdir(tmp_path)
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(odd_audio.encoded(odd_audio.tone()))
    (tmp_path / "a.txt").write_text("no audio")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "a.wav").symlink_to(tmp_path / "a.wav")
    (tmp_path / "index").symlink_to(index)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("tag none.mp3", "not tagged: none.mp3: No such file"),
        ("tag a.txt", "not tagged: a.txt: "),
        ("tag empty.wav --timeline", "empty.wav: There are no bytes"),
        ("tag none.mp3 --tags dreamy", "not tagged: none.mp3: No such file"),
        ("tag folder", "no audio files in this folder"),
        ("tag a.wav --out none/a.csv", "--out must be a file in a folder"),
        ("tag a.wav --out folder", "--out must be a file"),
        ("tag a.wav --out new/", "--out must be a file"),
        ("tag a.wav --out a.wav", "none of the files that are read"),
        ("tag a.wav --out x.csv --write-tags none/u", "in a folder that"),
        ("tag a.wav --write-tags a.txt", "must be one of tftag"),
        ("tag a.wav --write-tags u --fields none.csv", "No such file"),
        ("tag a.wav --write-tags u --fields a.txt", "A table of fields"),
        ("tag a.wav --m3u a.txt", "--m3u must be a folder"),
        ("tag a.wav --m3u none/m3u", "--m3u must be"),
        ("tag a.wav --m3u m3u --dry-run", "go with --write-tags"),
        ("timeline none.mp3 --out a.png", "FILE must be a recording"),
        ("timeline a.txt --out a.png", "error: a.txt: "),
        ("timeline a.wav --out none/a.png", "--out must be a file in a"),
        ("timeline a.wav --out new/", "--out must be a file"),
        ("timeline a.wav --out a.png --model none", "A model must be"),
        ("timeline a.wav --out a.png --model folder", "must hold saved_model"),
        ("learn x --like a.wav", "at least 2"),
        ("learn x --like a.wav none.mp3", "none.mp3: No such file"),
        ("learn x --like a.wav a.txt", "Nothing is learned. Received: a.txt"),
        ("learn x --like a.wav b.wav --unlike b.wav", "more than once"),
        ("learn x --like a.wav a.wav", "more than once"),
        ("learn x --like a.wav b.wav --model msd_vgg", "--unlike must name"),
        ("learn rock --like a.wav b.wav", "does not have yet"),
        ("learn x --like a.wav b.wav --model musicnn_words", "a dual enc"),
        ("learn x --like a.wav b.wav --model none", "A model must be"),
        ("learn x --like a.wav b.wav --out a.txt", "--out must be a folder"),
        ("serve --model none", "A model must be"),
        ("serve --model msd_musicnn --model folder", "must hold saved_model"),
        ("serve --index none", "An index must be a folder"),
        ("index none --out i", "FOLDER must be a folder of music"),
        ("index folder --out i", "FOLDER must hold audio"),
        ("index songs --out none/i", "--out must be in a folder"),
        ("index songs --out a.txt", "--out must be a folder of its own"),
        ("index songs --out songs", "a folder of its own"),
        ("index songs --out i --catalogue none", "--catalogue must be"),
        ("search none dreamy", "INDEX_OR_FOLDER must be"),
        ("search folder dreamy", "INDEX_OR_FOLDER must hold audio"),
        ("search songs dreamy --out none/a", "--out must be a file in a"),
        ("search songs dreamy --out new/", "--out must be a file"),
        ("search songs dreamy --index none/i", "--index must be in a"),
        ("search songs dreamy --index songs", "a folder of its own"),
        ("search index dreamy --out none/a", "--out must be a file in a"),
        ("search index dreamy --index i", "leave it out. Received: index"),
        ("similar index --like a.wav --index i", "leave it out. Received: i"),
        ("similar none --like a.wav", "INDEX_OR_FOLDER must be"),
        ("similar folder --like a.wav", "INDEX_OR_FOLDER must hold audio"),
        ("similar songs --like none.mp3", "must be audio files"),
        ("similar songs --like a.txt", "error: a.txt: "),
        ("similar index --like a.txt", "error: a.txt: "),
        ("similar index --like a.wav --model none", "A model must be"),
        ("similar songs --like a.wav --out none/a", "--out must be a file"),
        ("map none --out a.html", "An index must be"),
        ("map index --out none/a.html", "--out must be a file in a"),
        ("map index --out new/", "--out must be a file"),
        ("map index --out a.txt", "name a page of HTML"),
    ],
)
def test_a_path_is_refused_in_a_line(here, words, message, capsys):
    before = {path: path.lstat().st_mtime_ns for path in here.rglob("*")}
    assert run(*words.split()) in (1, 2)
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert message in line and out == ""
    after = {path: path.lstat().st_mtime_ns for path in here.rglob("*")}
    assert after == before


def test_some_files_are_enough_to_open_a_model(here):
    for words in (
        "tag none.mp3 a.wav",
        "tag folder songs --out a.csv",
        # What a file holds is for the processes that decode.
        "tag a.txt --out a.csv",
    ):
        with pytest.raises(AssertionError, match="was asked for"):
            run(*words.split())


def test_rows_of_no_file_are_none(here, capsys):
    assert run("tag", "none.mp3", "--format", "csv") == 1
    assert capsys.readouterr().out.startswith("path,tag,")
    assert run("tag", "none.mp3", "--out", "a.csv") == 1
    *_, last = capsys.readouterr().err.splitlines()
    assert last == "nothing was tagged: a.csv was not written"
    assert not (here / "a.csv").exists()
