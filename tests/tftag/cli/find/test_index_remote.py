"""A bucket as the library: indexed as its folder is, found by its address."""

import json

import pytest
import soundfile
import tiny_dual_encoder
import tiny_tagger
from tftag_command import run

from tftag.search import file_facts, library_index
from tftag.search.index import recordings
from tftag.storage import cache
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, transfers

RATE = tiny_dual_encoder.SPEC.sample_rate_hz
FOLDER = addresses.Address("s3://music/songs")
NAMES = ["a.wav", "b/c d.wav", "b/e.wav"]


pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture
def songs(door, tmp_path):
    folder = tiny_tagger.write_songs(tmp_path / "songs", NAMES)
    for name in NAMES:
        transfers.put_file(folder / name, FOLDER / name)
    door.sent_bytes.clear()
    return folder


def index(place, *folders):
    return run("index", *folders, "--out", place, "--model", "musicnn_words")


def test_a_bucket_is_indexed_and_found_as_its_folder_is(
    songs, door, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(file_facts, "is_installed", lambda: True)
    monkeypatch.setattr(
        file_facts,
        "read",
        lambda path: recordings.FileTags(artist=f"{path.stat().st_size}"),
    )
    places = tmp_path / "local", tmp_path / "remote"
    assert index(places[0], songs) == index(places[1], FOLDER) == 0
    answers = []
    for place, folder in zip(places, (songs, FOLDER), strict=True):
        capsys.readouterr()
        assert run("search", place, "dreamy -vocals", "--format", "jsonl") == 0
        rows = map(json.loads, capsys.readouterr().out.splitlines())
        answers.append(
            [
                (one["path"].removeprefix(f"{folder}/"), one["artist"])
                for one in rows
            ]
        )
    assert answers[0] == answers[1]
    assert sorted(name for name, _ in answers[0]) == NAMES
    assert run("search", places[1], "dreamy", "--format", "m3u") == 0
    assert f"{FOLDER}/b/c d.wav\n" in capsys.readouterr().out


def test_only_what_has_changed_is_fetched_again(songs, door, tmp_path):
    place = tmp_path / "i"
    assert index(place, FOLDER) == 0
    soundfile.write(songs / "a.wav", tiny_tagger.music(RATE, 9) / 8, RATE)
    transfers.put_file(songs / "a.wav", FOLDER / "a.wav")
    transfers.remove(FOLDER / "b/e.wav")
    door.sent_bytes.clear()
    assert index(place, f"{FOLDER}/") == 0
    assert door.body_bytes("/a.wav") and not door.body_bytes("/b/c%20d.wav")
    held = library_index.LibraryIndex.open(place)
    assert sorted(map(str, held.paths)) == [
        f"{FOLDER}/a.wav",
        f"{FOLDER}/b/c d.wav",
    ]


def test_what_one_command_has_fetched_no_other_fetches_again(
    songs, door, kept_here, tmp_path, capsys
):
    def fetched():
        return sorted(
            path.partition("?")[0]
            for method, path, _ in door.sent_bytes
            if method == "GET" and ".wav" in path
        )

    tag = ["tag", FOLDER, "--model", "musicnn_words", "--tags", "dreamy"]
    assert run(*tag, "--out", tmp_path / "tags.csv") == 0
    assert len(fetched()) == len(set(fetched())) == len(NAMES)
    assert f"kept in {kept_here}" in capsys.readouterr().err
    assert len(list(kept_here.glob("*.wav"))) == len(NAMES)
    # Another version is another file.
    soundfile.write(songs / "a.wav", tiny_tagger.music(RATE, 9) / 8, RATE)
    transfers.put_file(songs / "a.wav", FOLDER / "a.wav")
    door.sent_bytes.clear()
    assert index(tmp_path / "i", FOLDER) == 0
    assert index(tmp_path / "here", songs) == 0
    assert fetched() == ["/music/songs/a.wav"]
    capsys.readouterr()
    rows = []
    for place in ("i", "here"):
        assert run("search", tmp_path / place, "dreamy") == 0
        rows.append(capsys.readouterr().out.replace(f"{songs}", f"{FOLDER}"))
    assert rows[0] == rows[1]


def test_of_what_was_described_before_only_its_own_tags_are_fetched(
    songs, door, tmp_path, encoder, write_catalogue
):
    mutagen = pytest.importorskip("mutagen")
    path = tmp_path / "long.flac"
    soundfile.write(path, tiny_tagger.music(20 * RATE, 5) / 8, RATE)
    tagged = mutagen.File(path)
    tagged["artist"] = "Somebody"
    tagged.save()
    transfers.put_file(path, FOLDER / path.name)
    facts = remote_listing.list_files(FOLDER)[FOLDER / path.name]
    output = write_catalogue(
        encoder.embed_file(path),
        name=path.name,
        size_bytes=facts.file_bytes,
        modified_ns=facts.version_number,
        seconds=20.0,
        tags=[],
    )
    place = tmp_path / "i"
    words = ("--out", place, "--model", "musicnn_words")
    assert run("index", FOLDER, *words, "--catalogue", output) == 0
    artists = {
        one.name: one.artist
        for one in library_index.LibraryIndex.open(place).each_recording()
    }
    assert artists == {**dict.fromkeys(NAMES, ""), path.name: "Somebody"}
    fetched = [n for m, name, n in door.sent_bytes if "long.flac" in name]
    assert 0 < sum(fetched) < facts.file_bytes / 2


def test_a_bucket_that_does_not_answer_is_not_forgotten(
    songs, door, tmp_path, capsys
):
    place = tmp_path / "i"
    assert index(place, FOLDER) == 0
    door.fail(403, 99)
    assert index(place, FOLDER) == 1
    assert "403" in capsys.readouterr().err
    door.mend()
    assert len(library_index.LibraryIndex.open(place)) == 3


def test_an_index_in_a_bucket_is_asked_as_one_that_is_here(
    songs, door, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    place = tmp_path / "i"
    index(place, FOLDER)
    for path in place.glob("*.*"):
        transfers.put_file(path, FOLDER.parent / "my.index" / path.name)
    said = []
    for one in (place, f"{FOLDER.parent}/my.index"):
        capsys.readouterr()
        assert run("search", one, "dreamy") == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert run("search", FOLDER, "dreamy") == 2
    assert f"tftag index {FOLDER}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("https://host/songs",), "a web server cannot list"),
        (("s3://music/a.wav",), "must be a folder of music"),
        (("s3://music/a", "s3://music/a/"), "named once"),
        (("s3://music/a", "s3://music/a/b"), "may lie in another"),
        (("s3://KEY:SECRET@music/a",), "no password"),
    ],
)
def test_what_cannot_be_listed_is_refused(tmp_path, capsys, words, message):
    try:
        assert index(tmp_path / "i", *words) == 2
    except SystemExit as refused:
        assert refused.code == 2
    printed = capsys.readouterr().err
    assert message in printed and "SECRET" not in printed
    assert not (tmp_path / "i").exists()
