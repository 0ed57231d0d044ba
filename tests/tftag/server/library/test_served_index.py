"""An index that changes, and files that may not be asked for."""

import os
import shutil

import pytest

from tftag.cli import main
from tftag.search import library_index
from tftag.server import refusals
from tftag.server.library import served_index
from tftag.server.models import served_models


@pytest.fixture(scope="module")
def models(encoder_folder, tagger_folder):
    sources = [
        served_models.Source(folder.parent.name, folder.parent)
        for folder in (tagger_folder, encoder_folder)
    ]
    made = served_models.ServedModels(sources, 3_600, lambda name, count: None)
    yield made
    made.close()


def index_of(folder, library, encoder_folder):
    command = ["index", str(library), "--out", str(folder), "--threads", "1"]
    assert main.main([*command, "--model", str(encoder_folder)]) == 0


def name_of(folder, ending):
    """What a recording is asked for by."""
    held = library_index.LibraryIndex.open(folder)
    for one in held.each_recording():
        if one.name.endswith(ending):
            return served_index.name_of(one.key)
    raise AssertionError


def test_what_is_added_is_found_without_a_new_start(
    library, small_index, encoder_folder, models, tmp_path
):
    music, folder = tmp_path / "music", tmp_path / "index"
    shutil.copytree(library, music)
    index_of(folder, music, encoder_folder)
    served = served_index.ServedIndex(folder, models, 0.0)
    assert len(served.current()) == 5
    shutil.copy(music / "a.wav", music / "z.wav")
    index_of(folder, music, encoder_folder)
    assert len(served.current()) == 6
    assert served.file(name_of(folder, "z.wav")) == music / "z.wav"
    # Away, or being written: what was opened still answers.
    shutil.rmtree(folder)
    assert len(served.current()) == 6


def test_a_file_outside_the_folder_cannot_be_asked_for(
    library, small_index, encoder_folder, models, tmp_path
):
    music, folder = tmp_path / "music", tmp_path / "index"
    shutil.copytree(library, music)
    (tmp_path / "outside.wav").symlink_to(library / "a.wav")
    (music / "link.wav").symlink_to(tmp_path / "outside.wav")
    index_of(folder, music, encoder_folder)
    served = served_index.ServedIndex(folder, models, 3_600)
    with pytest.raises(refusals.Refused) as caught:
        served.file(name_of(folder, "link.wav"))
    assert caught.value.status == 404
    inside = name_of(folder, "b.flac")
    assert served.file(inside).read_bytes() == (library / "b.flac").read_bytes()
    # What a file has become since: a link out, a folder, nothing, a pipe.
    place = music / "b.flac"
    for change in (
        lambda: place.symlink_to("/etc/passwd"),
        lambda: place.mkdir(),
        lambda: None,
        lambda: os.mkfifo(place),
    ):
        if place.is_dir() and not place.is_symlink():
            place.rmdir()
        else:
            place.unlink(missing_ok=True)
        change()
        with pytest.raises(refusals.Refused) as caught:
            served.file(inside)
        assert caught.value.status == 404


@pytest.mark.parametrize(
    "name", ["", "0", "../../a.wav", "f" * 16, "g" * 16, "0" * 17, "\0" * 16]
)
def test_names_of_no_recording_are_not_found(small_index, models, name):
    served = served_index.ServedIndex(small_index, models, 3_600)
    for ask in (served.file, served.vector):
        with pytest.raises(refusals.Refused) as caught:
            ask(name)
        assert caught.value.status == 404


def test_the_model_of_the_index_must_be_served(small_index, tagger_folder):
    source = served_models.Source("tiny", tagger_folder)
    models = served_models.ServedModels([source], 3_600, lambda name, n: None)
    with pytest.raises(ValueError, match="must be served too"):
        served_index.ServedIndex(small_index, models, 3_600)
    models.close()
