import json

import full_disk
import odd_audio
import pytest

from tftag.cli.tag.embedded_tags import file_tags, undo

OLD = {"genre": ["Old"], "mood": []}
NEW = {"genre": ["Rock"], "mood": ["Sad"]}


@pytest.fixture
def songs(tmp_path):
    paths = [tmp_path / f"{name}.flac" for name in "ab"]
    for path in paths:
        path.write_bytes(odd_audio.encoded(odd_audio.tone(), kind="FLAC"))
        file_tags.write(path, OLD)
    return paths


@pytest.fixture
def path(tmp_path):
    return tmp_path / "undo.jsonl"


def change_one(notes, song, after=NEW):
    undo.change(notes, song, after, file_tags.read(song))


def change(path, songs, after=NEW):
    with undo.opened(path) as notes:
        for song in songs:
            change_one(notes, song, after)


def restore(path):
    failures = []
    found = list(undo.restore(path, lambda *one: failures.append(one)))
    return found, failures


def test_what_was_there_comes_back(path, songs):
    change(path, songs)
    change(path, songs[:1], {"genre": ["Jazz"], "mood": []})
    found, failures = restore(path)
    assert found == [str(songs[0]), str(songs[1]), str(songs[0])]
    assert not failures
    assert [file_tags.read(song) for song in songs] == [OLD, OLD]
    assert restore(path)[0] == []
    assert [file_tags.read(song) for song in songs] == [OLD, OLD]


def test_where_the_old_tags_cannot_be_noted_no_file_is_changed(path, songs):
    before = [song.read_bytes() for song in songs]
    with full_disk.taking(), pytest.raises(OSError) as raised:
        undo.opened(path)
    assert raised.value.filename == str(path)
    change(path, [])
    # Longer than any song: the copies of these can be written.
    with path.open("a") as file:
        file.write("\n" * (1 << 20))
    with undo.opened(path) as notes:
        with full_disk.taking(path.stat().st_size):
            with pytest.raises(OSError) as raised:
                change_one(notes, songs[0])
    assert raised.value.filename == str(path)
    assert [song.read_bytes() for song in songs] == before


def test_every_byte_comes_back(path, tmp_path):
    tone = odd_audio.tone()
    mp3 = odd_audio.encoded(tone, kind="MP3")
    files = {
        "bare.mp3": mp3,
        "cover.mp3": odd_audio.id3v2(300_000) + mp3,
        "old.mp3": mp3 + b"TAG" + b"title".ljust(125, b"\0"),
        "odd.wav": odd_audio.encoded(tone[:1_001], subtype="PCM_U8"),
    }
    for kind in ("FLAC", "OGG", "AIFF", "WAV"):
        files[f"a.{kind.lower()}"] = odd_audio.encoded(tone, kind=kind)
    songs = [tmp_path / name for name in files]
    for song in songs:
        song.write_bytes(files[song.name])
    change(path, songs)
    change(path, songs[:3], {"genre": ["Jazz"], "mood": []})
    assert not any(files[song.name] == song.read_bytes() for song in songs)
    assert len(restore(path)[0]) == len(songs) + 3
    for song in songs:
        assert song.read_bytes() == files[song.name], song.name
    assert path.stat().st_size < 100_000


def test_without_the_old_bytes_the_old_fields_come_back(path, songs):
    change(path, songs)
    header, *lines = path.read_text().splitlines()
    notes = [json.loads(line) for line in lines]
    notes[0]["bytes"] = None
    # As damage may leave them.
    notes[1]["bytes"]["parts"] = [[0, 1 << 60], "no base64", 7]
    path.write_text("\n".join([header, *map(json.dumps, notes)]))
    assert len(restore(path)[0]) == 2
    assert [file_tags.read(song) for song in songs] == [OLD, OLD]


def test_what_a_person_changed_since_stays(path, songs):
    change(path, songs)
    file_tags.write(songs[0], {"genre": ["Mine"]})
    songs[1].unlink()
    found, failures = restore(path)
    assert found == [] and len(failures) == 2
    assert file_tags.read(songs[0])["genre"] == ["Mine"]


def test_cut_anywhere_the_rest_is_restored(path, songs):
    change(path, songs)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    found, failures = restore(path)
    assert found == [str(songs[0])] and not failures
    assert file_tags.read(songs[1]) == NEW


def test_what_is_noted_behind_a_cut_is_restored(path, songs):
    change(path, songs[:1])
    path.write_bytes(path.read_bytes()[:-9])
    change(path, songs[1:])
    assert restore(path) == ([str(songs[1])], [])
    assert [file_tags.read(song) for song in songs] == [NEW, OLD]


def test_no_other_file_is_taken(path, tmp_path):
    path.write_text("precious\n")
    for act in (undo.opened, restore):
        with pytest.raises(ValueError, match="An undo file must be"):
            act(path)
    assert path.read_text() == "precious\n"
    path.unlink()
    path.symlink_to(tmp_path / "precious")
    with pytest.raises(ValueError, match="a link"):
        undo.opened(path)
    with pytest.raises(FileNotFoundError):
        restore(tmp_path / "none")
