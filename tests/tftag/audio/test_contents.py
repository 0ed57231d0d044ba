"""What a file is, and which files of a folder are taken for audio."""

import gzip
import os

import encoded_audio
import ffmpeg_files
import numpy as np
import odd_audio
import pytest

from tftag import audio
from tftag.audio import contents

_X = encoded_audio.melody(0.3, 16_000, 1)
_KINDS = {
    "WAV": contents.WAV,
    "RF64": contents.WAV,
    "W64": contents.WAV,
    "FLAC": contents.FLAC,
    "OGG": contents.OGG,
    "MP3": contents.MP3,
} | dict.fromkeys(
    "AIFF AU CAF SVX VOC NIST PAF PVF AVR IRCAM".split(), contents.OTHER
)


@pytest.mark.parametrize("kind", _KINDS)
def test_formats_are_known_by_what_is_in_them(tmp_path, kind):
    path = tmp_path / "no ending"
    subtype = "PCM_16" if kind == "SVX" else None
    path.write_bytes(encoded_audio.encoded(_X, 16_000, kind, subtype))
    assert contents.kind(path) == (_KINDS[kind], 0)
    assert contents.is_audio(path)


@pytest.mark.parametrize(
    "name",
    ["aac.m4a", "alac.mov", "a.wma", "a.wv", "a.tta", "flac.mka", "adts.aac"]
    + ["opus.webm", "a.ac3", "pcm.avi", "aac.flv", "ac3.vob"]
    + ["a.thd", "a.mlp"],
)
def test_so_are_those_of_ffmpeg(tmp_path, name):
    options = (ffmpeg_files.LOSSLESS | ffmpeg_files.LOSSY)[name]
    path = ffmpeg_files.write(tmp_path, name, options, _X, 16_000)
    path = path.rename(tmp_path / "no ending")
    assert contents.is_audio(path)


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "MP3"])
def test_tags_in_front_do_not_matter(tmp_path, kind):
    path = tmp_path / "a"
    tags = encoded_audio.id3(300) + encoded_audio.id3(20_000, footer=True)
    path.write_bytes(tags + encoded_audio.encoded(_X, 16_000, kind))
    assert contents.kind(path) == (_KINDS[kind], len(tags))


def test_what_is_no_audio_is_not_taken_for_it(tmp_path):
    noise = np.random.default_rng(0)
    others = {
        "cover.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + noise.bytes(9_000),
        "utf16.txt": "\ufeffplaylist".encode("utf-16") * 99,
        "list.m3u": b"#EXTM3U\na.mp3\n",
        "table.csv": b"path,tags\na.mp3,rock\n",
        "photo.heic": b"\0\0\0\x18ftypheic" + bytes(99),
        "photo.webp": b"RIFF\0\0\0\0WEBPVP8 ",
        "empty": b"",
        "index.npz": b"PK\3\4" + noise.bytes(999),
        ".DS_Store": b"\0\0\0\1Bud1" + bytes(99),
        "._song.wav": b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(99),
        "._zeros.mp3": bytes(4_096),
    }
    for seed in range(200):
        others[f"noise{seed}"] = noise.bytes(1_000)
    for name, data in others.items():
        (tmp_path / name).write_bytes(data)
        assert not contents.is_audio(tmp_path / name), name
    os.mkfifo(tmp_path / "pipe")
    assert not contents.is_audio(tmp_path / "pipe")


def test_names_say_it_too(tmp_path):
    for name in (
        *("a.MP3", "a.dff", "a.3gp", "a.mkv", "a.mov", "...and more.wav"),
        *(".hidden.flac", "..ogg.ogg", "a.avi", "a.wmv", "a.mpg"),
    ):
        (tmp_path / name).write_bytes(b"")
        assert contents.is_audio(tmp_path / name), name
    # A song may be called as a Mac calls its copies.
    song = odd_audio.wav(odd_audio.tone())
    (tmp_path / "._and more.wav").write_bytes(song)
    assert contents.is_audio(tmp_path / "._and more.wav")
    assert not contents.is_audio_name("x/._and more.wav")


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "AIFF"])
def test_what_begins_at_a_byte_is_told(tmp_path, kind):
    path = tmp_path / "a"
    path.write_bytes(bytes(77) + encoded_audio.encoded(_X, 16_000, kind))
    assert contents.kind_at(path, 77) == _KINDS[kind]
    assert contents.kind_at(path, 76) == contents.UNKNOWN
    assert contents.kind_at(path, 10**9) == contents.UNKNOWN


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "pull"),
        (b"/annex/objects/SHA256E-s9--0.wav\n", "annex get"),
        (b"\n<!DOCTYPE HTML>\n<title>404</title>", "Fetch it again"),
        (b"<?xml version='1.0'?><Error/>", "Fetch it again"),
        (gzip.compress(b"RIFF"), "Unpack it"),
        (b"7z\xbc\xaf\x27\x1c", "Unpack it"),
    ],
)
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a"])
def test_what_stands_in_the_place_of_audio_is_told(tmp_path, name, data, told):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(audio.UnusableAudio, match=told) as caught:
        audio.decode_file(path, 16_000)
    assert "a player plays it" not in str(caught.value)
    path.write_bytes(bytes(99))
    assert contents.stand_in(path) == ""
