"""An index that changes, and files that may not be asked for."""

import asyncio
import contextlib
import os
import pathlib
import shutil

import drawn_index
import pydantic
import pytest

from tftag.cli import main
from tftag.search import library_index
from tftag.search.index import contents, writer
from tftag.server.admission import refusals
from tftag.server.models import served_models
from tftag.server.search import search_api, served_index

pytestmark = pytest.mark.usefixtures("encoder_at_hand")


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


@contextlib.contextmanager
def not_found(text=None):
    with pytest.raises(refusals.Refused, match=text) as caught:
        yield caught
    assert caught.value.status == 404


def path_of(served, name):
    with served.file(name)[0] as file:
        return pathlib.Path(file.name)


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
    assert path_of(served, name_of(folder, "z.wav")) == music / "z.wav"
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
    with not_found():
        served.file(name_of(folder, "link.wav"))
    inside = name_of(folder, "b.flac")
    with served.file(inside)[0] as file:
        assert file.read() == (library / "b.flac").read_bytes()
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
        with not_found():
            served.file(inside)


@pytest.mark.parametrize(
    "name",
    [
        *("", "0", "../../a.wav", "f" * 16, "g" * 16, "0" * 17, "\0" * 16),
        *("-000000000000001", "+000000000000001", "1_2_3_4_5_6_7_89"),
        *(" 00000000000001 ", "\u0661" * 16),
    ],
)
def test_names_of_no_recording_are_not_found(small_index, models, name):
    served = served_index.ServedIndex(small_index, models, 3_600)
    held = served.current()
    for ask in (served.file, lambda name: served_index.vector_of(held, name)):
        with not_found():
            ask(name)


def test_the_model_of_the_index_must_be_served(small_index, tagger_folder):
    source = served_models.Source("tiny", tagger_folder)
    models = served_models.ServedModels([source], 3_600, lambda name, n: None)
    with pytest.raises(ValueError, match="must be served too"):
        served_index.ServedIndex(small_index, models, 3_600)
    models.close()


def drawn(tmp_path, root, *names):
    """An index of files as they are, and what they are asked for by."""
    known = []
    for name in names:
        state = (root / name).stat()
        facts = state.st_size, state.st_mtime_ns
        known.append(drawn_index.recordings.Recording(name, 0, *facts))
    return served_of(tmp_path, root, *known)


def served_of(tmp_path, root, *known):
    begun = drawn_index.begun(roots=(str(root),))
    vectors = drawn_index.vectors(len(known))
    with writer.opened(tmp_path / "i", begun) as index:
        index.change(list(zip(known, vectors, strict=True)))
    models = drawn_index.models()
    served = served_index.ServedIndex(tmp_path / "i", models, 3_600)
    return served, [served_index.name_of(one.key) for one in known]


@pytest.fixture
def music(tmp_path):
    """Three files: one may change, one be gone, one is behind a link."""
    root, out = tmp_path / "music", tmp_path / "out"
    root.mkdir()
    out.mkdir()
    (root / "link").symlink_to(out)
    for name in ("a.wav", "b.wav", "link/c.wav"):
        (root / name).write_bytes(b"RIFF" + name.encode())
    return root


def test_examples_are_known_by_what_was_indexed(tmp_path, music):
    """Not by what lies at their path now."""
    served, names = drawn(tmp_path, music, "a.wav", "b.wav", "link/c.wav")
    os.utime(music / "a.wav", ns=(1, 1))
    (music / "b.wav").unlink()
    for name in names:
        found = search_api._alike(
            served.current(), search_api.Similar(like=[name]), None
        )
        assert {one.id for one in found.results} == set(names) - {name}
    unlike = search_api.Similar(like=names[:1], unlike=names[1:2])
    found = search_api._alike(served.current(), unlike, None)
    assert [one.id for one in found.results] == names[2:]


def test_only_what_was_indexed_is_sent(tmp_path, music):
    served, (a, b) = drawn(tmp_path, music, "a.wav", "b.wav")
    assert path_of(served, a) == music / "a.wav"
    before = (music / "a.wav").stat().st_mtime_ns
    (music / "a.wav").write_bytes(b"RIFF, and longer")
    os.utime(music / "a.wav", ns=(before, before))
    os.utime(music / "b.wav", ns=(before + 10**9, before + 10**9))
    for name in (a, b):
        with not_found("has changed"):
            served.file(name)


def test_an_index_of_a_stranger_sends_nothing_but_audio(tmp_path):
    """Its root is what it says it is."""
    (tmp_path / "passwd").write_bytes(b"root:x:0:0")
    (tmp_path / "nameless").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")
    served, (secret, audio) = drawn(tmp_path, tmp_path, "passwd", "nameless")
    with not_found():
        served.file(secret)
    assert path_of(served, audio) == tmp_path / "nameless"


@pytest.mark.parametrize(
    ("root", "name", "is_given"),
    [
        ("s3://music/songs", "b/a.mp3", True),
        ("s3://music/songs", "passwords.txt", False),
        # One that trusts this machine may tell it what no stranger may know.
        ("http://169.254.169.254/latest", "a.mp3", False),
        ("https://intranet/files", "a.mp3", False),
    ],
)
def test_of_a_bucket_only_audio_below_a_root_is_given(
    tmp_path, root, name, is_given
):
    one = drawn_index.recordings.Recording(name, 0, 9, 7, seconds=1.0)
    served, (asked,) = served_of(tmp_path, root, one)
    if is_given:
        place, known = served.file(asked)
        assert str(place) == f"{root}/{name}" and known == one
        return
    with not_found() as caught:
        served.file(asked)
    assert root not in str(caught.value)


def test_numbers_without_an_end_are_refused():
    for wrong in (
        {"year_from": 10**400},
        {"year_to": -1},
        {"seconds_from": "1e400"},
        {"seconds_to": "nan"},
    ):
        with pytest.raises(pydantic.ValidationError):
            search_api.Search(q="rock", **wrong)


def test_a_damaged_index_is_no_fault_of_who_asks(tmp_path):
    def damaged():
        raise contents.damaged(tmp_path, ValueError("torn"))

    with pytest.raises(contents.DamagedIndex) as caught:
        asyncio.run(search_api._refusing(damaged))
    refused = refusals.of(caught.value)
    assert refused.status == refusals.FAILED
    assert str(tmp_path) not in str(refused)
