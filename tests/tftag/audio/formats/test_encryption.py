"""Encrypted files: what a decoder makes of them is no music."""

import encoded_audio
import pytest

from tftag import audio
from tftag.audio.formats import encryption, mp4_movie

RATE_HZ = 48_000
PLAIN = {
    "a.m4a": "-c:a aac",
    "pieces.m4a": "-c:a aac -movflags frag_keyframe+empty_moov",
    "a.mp4": "-c:a libopus -strict -2",
    "a.wma": "-c:a wmav2",
    "a.webm": "-c:a libopus",
}
CENC = (
    " -encryption_scheme cenc-aes-ctr -encryption_key "
    + "76a6c65c5ea762046bd749a2e632ccbb -encryption_kid "
    + "a7e61c373e219033c21091fa607bf3b8"
)
ASF_KEYS = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")


def by_ffmpeg(folder, name, options):
    x = encoded_audio.melody(1.0, RATE_HZ)
    return encoded_audio.by_ffmpeg(folder, name, options, x, RATE_HZ)


@pytest.mark.parametrize("name", PLAIN)
def test_ordinary_files_are_not_encrypted(tmp_path, name):
    by_ffmpeg(tmp_path, name, PLAIN[name])
    movie = mp4_movie.read(tmp_path / name)
    assert not encryption.is_there(tmp_path / name, movie)


def refused(path):
    with pytest.raises(audio.UnusableAudio, match="encrypted") as caught:
        audio.decode_file(path, 16_000)
    return caught.value.reason == "unsupported"


@pytest.mark.parametrize("coding", ["libopus -strict -2", "libvorbis", "aac"])
@pytest.mark.parametrize("tag", [b"", encoded_audio.id3(300)])
def test_packets_without_a_key_are_no_music(tmp_path, coding, tag):
    data = by_ffmpeg(tmp_path, "a.mp4", f"-c:a {coding}{CENC}")
    (tmp_path / "b.mp4").write_bytes(tag + data)
    assert refused(tmp_path / "b.mp4")


@pytest.mark.parametrize("entry", [b"drms", b"aavd"])  # FairPlay, Audible
def test_what_shops_protect_is_named(tmp_path, entry):
    data = by_ffmpeg(tmp_path, "a.m4a", PLAIN["a.m4a"])
    place = data.index(b"mp4a", data.index(b"stsd"))
    (tmp_path / "a.m4a").write_bytes(data[:place] + entry + data[place + 4 :])
    assert refused(tmp_path / "a.m4a")


def test_a_licence_in_a_wma_is_named(tmp_path):
    data = by_ffmpeg(tmp_path, "a.wma", PLAIN["a.wma"])
    size, count = (
        int.from_bytes(data[start:end], "little")
        for start, end in ((16, 24), (24, 28))
    )
    keys = ASF_KEYS + (28).to_bytes(8, "little") + bytes(4)
    head = data[:16] + (size + len(keys)).to_bytes(8, "little")
    head += (count + 1).to_bytes(4, "little") + data[28:30] + keys
    (tmp_path / "a.wma").write_bytes(head + data[30:])
    assert refused(tmp_path / "a.wma")


def test_an_encrypted_track_of_matroska_is_named(tmp_path):
    encoding = bytes.fromhex("6d808d 62408a 50338101 50358547e18105")
    # In the description of the track, before the first cluster.
    data = by_ffmpeg(tmp_path, "a.webm", PLAIN["a.webm"])
    place = data.index(b"\x1fC\xb6u")
    for start, is_encrypted in ((place, True), (len(data), False)):
        (tmp_path / "b.webm").write_bytes(
            data[:start] + encoding + data[start:]
        )
        assert encryption.is_there(tmp_path / "b.webm", b"") == is_encrypted


def test_damaged_lengths_encrypt_nothing(tmp_path):
    for data in (
        b"",
        bytes(99),
        b"\0\0\0\x01moov",
        b"\0\0\0\x18ftypM4A " + bytes(12) + b"\0\0\0\x01mdat" + b"\xff" * 8,
        b"\xff\xff\xff\xffmoov",
    ):
        (tmp_path / "a").write_bytes(data)
        movie = mp4_movie.read(tmp_path / "a")
        assert not encryption.is_there(tmp_path / "a", movie)
