import os

import pytest

from tftag.cli.tag import playlists, shards


def written(folder, songs, *shard):
    with playlists.opened(folder, shards.Shard(*shard)) as lists:
        for path, tags in songs:
            lists.add(path, tags)


def listed(folder):
    """The recordings of each playlist."""
    return {
        path.name: [
            line
            for line in path.read_text().splitlines()
            if not line.startswith("#")
        ]
        for path in folder.iterdir()
    }


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


def test_a_recording_is_once_in_a_playlist_of_two_tags(tmp_path):
    both = ["pop/rock", "rock", "pop_rock"]
    written(tmp_path, [("/a", both), ("/b", both[2:])])
    assert listed(tmp_path) == {
        "pop_rock.m3u8": ["/a", "/b"],
        "rock.m3u8": ["/a"],
    }


def test_what_nobody_has_any_more_goes_and_nothing_else(tmp_path):
    mine = tmp_path / "mine.m3u8"
    mine.write_text("#EXTM3U\n/my/own.mp3\n")
    written(tmp_path, [("/a", ["jazz"]), ("/b", ["rock"])])
    written(tmp_path, [("/a", ["rock"])])
    expected = {"rock.m3u8": ["/a"], "mine.m3u8": ["/my/own.mp3"]}
    assert listed(tmp_path) == expected
    written(tmp_path, [])  # the disk is not there
    with pytest.raises(KeyboardInterrupt):
        with playlists.opened(tmp_path) as lists:
            lists.add("/a", ["jazz"])
            raise KeyboardInterrupt
    assert listed(tmp_path) == expected
    written(tmp_path, [("/a", [])])
    assert listed(tmp_path) == {"mine.m3u8": ["/my/own.mp3"]}


def test_no_part_takes_the_place_of_another(tmp_path):
    with playlists.opened(tmp_path, shards.Shard(1, 2)) as lists:
        written(tmp_path, [("/b", ["jazz", "rock"])], 2, 2)
        lists.add("/a", ["jazz"])
    assert listed(tmp_path) == {
        "jazz.1-of-2.m3u8": ["/a"],
        "jazz.2-of-2.m3u8": ["/b"],
        "rock.2-of-2.m3u8": ["/b"],
    }
    written(tmp_path, [("/b", ["jazz"])], 2, 2)
    assert sorted(listed(tmp_path)) == ["jazz.1-of-2.m3u8", "jazz.2-of-2.m3u8"]
    written(tmp_path, [("/a", ["jazz"])])
    assert listed(tmp_path) == {"jazz.m3u8": ["/a"]}


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
