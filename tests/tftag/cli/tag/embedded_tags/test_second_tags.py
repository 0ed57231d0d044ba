import struct

import odd_audio
import pytest
from mutagen import apev2, flac, id3

from tftag.cli.tag.embedded_tags import file_tags, second_tags

NONE = {"genre": [], "mood": []}


@pytest.fixture
def song(tmp_path):
    def made(kind, name):
        data = odd_audio.encoded(odd_audio.tone(0.5), kind=kind)
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return made


def test_an_ape_tag_of_an_mp3_is_read(song):
    path = song("MP3", "a.mp3")
    assert second_tags.read(path) == NONE
    tags = apev2.APEv2()
    tags["Genre"], tags["Mood"] = ["Dub", "Ska"], "Calm"
    tags.save(path)
    assert file_tags.read(path) == NONE
    assert second_tags.read(path) == {"genre": ["Dub", "Ska"], "mood": ["Calm"]}


def test_an_id3_tag_of_a_flac_is_read(song):
    path = song("FLAC", "a.flac")
    tags = id3.ID3()
    tags.add(id3.TCON(encoding=3, text=["Dub"]))
    tags.save(path)
    assert flac.FLAC(path).tags is None or "genre" not in flac.FLAC(path)
    assert second_tags.read(path) == {**NONE, "genre": ["Dub"]}


def listed(*texts):
    """A list of a WAV: names and texts, of even and odd lengths."""
    info = b"INFO"
    for name, text in texts:
        info += struct.pack("<4sI", name, len(text)) + text
        info += bytes(len(text) % 2)
    return struct.pack("<4sI", b"LIST", len(info)) + info


@pytest.mark.parametrize("is_before", [False, True])
def test_the_genre_in_the_list_of_a_wav_is_read(song, is_before):
    path = song("WAV", "a.wav")
    data = path.read_bytes()
    texts = listed((b"INAM", b"odd\0\0"), (b"IGNR", "Été\0".encode()))
    data = (
        data[:12] + texts + data[12:]
        if is_before
        else data + bytes(len(data) % 2) + texts
    )
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    assert file_tags.read(path) == NONE
    assert second_tags.read(path) == {**NONE, "genre": ["Été"]}


@pytest.mark.parametrize("size", [0, 7, 0xFFFFFFFF])
def test_a_list_that_states_another_size_has_no_genre(tmp_path, size):
    path = tmp_path / "a.wav"
    broken = struct.pack("<4sI4s4sI", b"LIST", size, b"INFO", b"IGNR", size)
    path.write_bytes(b"RIFF\xff\xff\xff\xffWAVE" + broken)
    assert second_tags.read(path) == NONE
