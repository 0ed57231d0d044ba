import odd_audio
import pytest

from tftag.cli.tag import file_tags, undo

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


def change(path, songs, after=NEW):
    with undo.opened(path) as notes:
        for song in songs:
            undo.note(notes, song, file_tags.read(song), after)
            file_tags.write(song, after)


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
