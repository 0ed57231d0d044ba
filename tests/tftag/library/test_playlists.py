import os

import pytest

from tftag.library import playlists


def written(folder, songs):
    with playlists.opened(folder) as lists:
        for path, tags in songs:
            lists.add(path, tags)


def test_a_playlist_per_tag(tmp_path):
    folder = tmp_path / "lists"
    odd = os.fsdecode(b"/music/\xff.wav")
    songs = [("/music/a.mp3", ["jazz", "pop/rock"]), (odd, ["jazz"])]
    written(folder, [*songs, ("/music/none.mp3", [])])
    assert sorted(os.listdir(folder)) == ["jazz.m3u8", "pop_rock.m3u8"]
    lines = (folder / "jazz.m3u8").read_bytes().split(b"\n")
    assert lines[0] == b"#EXTM3U" and lines[2] == b"#PLAYLIST:jazz"
    assert lines[3:] == [b"/music/a.mp3", b"/music/\xff.wav", b""]
    written(folder, songs[:1])
    assert b"\xff" not in (folder / "jazz.m3u8").read_bytes()


def test_no_name_leads_out_of_the_folder():
    for tag in ("../../etc/x", "..", "/x", "", "a\nb", "é" * 300):
        name = playlists.file_name(tag)
        assert "/" not in name and "\n" not in name
        assert name not in (".m3u8", "..m3u8") and len(name.encode()) < 255


def test_no_other_file_is_replaced(tmp_path):
    mine = tmp_path / "jazz.m3u8"
    mine.write_text("#EXTM3U\n/my/own.mp3\n")
    with pytest.raises(ValueError, match="no other file's place"):
        written(tmp_path, [("/a.mp3", ["jazz"])])
    assert mine.read_text() == "#EXTM3U\n/my/own.mp3\n"
    with pytest.raises(ValueError, match="line end"):
        written(tmp_path, [("/a\nb.mp3", ["blues"])])
    assert os.listdir(tmp_path) == ["jazz.m3u8"]
