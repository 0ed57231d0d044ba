"""Files that hold more than their header states: a part would go unheard."""

import logging
import re
import struct

import encoded_audio
import numpy as np
import pytest

from tftag import audio
from tftag.audio.formats import stated_end

RATE_HZ = 16_000
MOST = 0.01
BY_LIBSNDFILE = ["WAV", "RF64", "AIFF", "CAF", "AU"]
BY_FFMPEG = {
    "a.m4a": "-c:a aac",
    "front.m4a": "-c:a aac -movflags faststart",
    "pieces.m4a": "-c:a aac -movflags frag_keyframe+empty_moov",
    "a.mov": "-c:a alac",
    "a.3gp": "-c:a aac",
    "a.wma": "-c:a wmav2",
    "a.tta": "-c:a tta",
    "a.wv": "-c:a wavpack",
    "alac.caf": "-c:a alac",
    "a.flv": "-c:a aac",
    "a.voc": "-c:a pcm_s16le",
}
MELODY = encoded_audio.melody(1.0, RATE_HZ)


@pytest.fixture
def share(tmp_path):
    def share(data):
        path = tmp_path / "a"
        path.write_bytes(data)
        return stated_end.unread_share(path)

    return share


def by_ffmpeg(folder, name):
    options = BY_FFMPEG[name]
    return encoded_audio.by_ffmpeg(folder, name, options, MELODY, RATE_HZ)


@pytest.mark.parametrize("kind", [*BY_LIBSNDFILE, "W64", "VOC", "FLAC"])
@pytest.mark.parametrize("seconds", [0.01, 0.5])
def test_what_libsndfile_writes_ends_where_it_states(share, kind, seconds):
    # An odd number of bytes, which is filled up.
    x = encoded_audio.melody(seconds, RATE_HZ, channels=1)[:-1]
    subtype = "PCM_U8" if kind in ("WAV", "RF64") else "PCM_S8"
    if kind in ("W64", "VOC"):
        subtype = None
    assert share(encoded_audio.encoded(x, RATE_HZ, kind, subtype)) < MOST


@pytest.mark.parametrize("name", BY_FFMPEG)
def test_of_files_by_ffmpeg_the_second_is_behind(tmp_path, share, name):
    data = by_ffmpeg(tmp_path, name)
    assert share(data) < MOST
    assert share(data + data) == pytest.approx(0.5, abs=0.01)
    assert share(data[: len(data) // 2]) < MOST  # cut: others say so


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.flv", "-c:a libmp3lame"),
        ("a.wma", "-c:a libmp3lame"),
        ("a.avi", "-c:a libmp3lame"),
    ],
)
def test_of_a_file_that_was_cut_the_share_is_told(
    tmp_path, name, options, caplog
):
    path = tmp_path / "a"
    data = encoded_audio.by_ffmpeg(tmp_path, name, options, MELODY, 44_100)
    for share, telling in ((1.0, 1.0), (0.6, 0.6), (2.0, 1.0)):
        path.write_bytes((data + data)[: round(share * len(data))])
        told = stated_end.there_share(path)
        assert told == pytest.approx(telling, abs=0.01)
    for place in range(0, len(data) // 2, 5):  # whatever the header lacks
        path.write_bytes(data[:place])
        assert 0 <= stated_end.there_share(path) <= 1
    path.write_bytes(data[: round(0.6 * len(data))])
    audio.decode_file(path, RATE_HZ)
    assert re.search(r"only (59|60)\.\d % of it is there", caplog.text)


def test_blocks_of_further_channels_are_no_second_file(tmp_path, share):
    """WavPack has one for each two of them, with the number of the first."""
    six = np.repeat(MELODY, 3, axis=1)
    options = BY_FFMPEG["a.wv"]
    data = encoded_audio.by_ffmpeg(tmp_path, "a.wv", options, six, RATE_HZ)
    assert data.count(b"wvpk") > 3
    assert share(data) == 0
    assert share(data + data) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("kind", ["AIFF", "CAF", "AU", "W64"])
def test_of_joined_files_the_second_is_behind(share, kind):
    data = encoded_audio.encoded(MELODY, RATE_HZ, kind)
    assert share(data + data) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("kind", BY_LIBSNDFILE)
@pytest.mark.parametrize("other", ["FLAC", "MP3", "OGG"])
def test_a_file_of_another_kind_is_behind(share, kind, other):
    data = encoded_audio.encoded(MELODY, RATE_HZ, kind)
    behind = encoded_audio.encoded(MELODY, RATE_HZ, other)
    expected = len(behind) / len(data + behind)
    assert share(data + behind) == pytest.approx(expected, abs=0.01)
    # Behind a tag, as MP3 has it.
    assert share(data + encoded_audio.id3(500) + behind) > expected - 0.03


@pytest.mark.parametrize("kind", BY_LIBSNDFILE)
def test_tags_are_not_missed(share, kind):
    data = encoded_audio.encoded(MELODY, RATE_HZ, kind)
    for tag in (encoded_audio.id3(5_000), encoded_audio.ape(5_000)):
        assert share(data + tag) < MOST


@pytest.mark.parametrize(
    ("kind", "mark", "skip", "fields"),
    [
        ("WAV", b"data", 4, "<I"),
        ("RF64", b"ds64", 16, "<Q"),
        ("AIFF", b"SSND", 4, ">I"),
        ("CAF", b"data", 4, ">Q"),
        ("AU", b".snd", 8, ">I"),
    ],
)
def test_a_header_that_states_half_of_it_is_told(
    tmp_path, caplog, kind, mark, skip, fields
):
    data = bytearray(encoded_audio.encoded(MELODY, RATE_HZ, kind))
    place = data.index(mark) + skip
    (stated,) = struct.unpack_from(fields, data, place)
    struct.pack_into(fields, data, place, stated // 8 * 4)
    (tmp_path / "a").write_bytes(data)
    with caplog.at_level(logging.WARNING):
        found = audio.decode_file(tmp_path / "a", RATE_HZ).samples
    told = re.search(r"(4[7-9]|50)\.\d % of it lie behind", caplog.text)
    assert told or len(found) == len(MELODY)


@pytest.mark.parametrize("length", [0, 0x7FFFF000, 0xFFFFFFFF])
def test_a_length_that_a_pipe_stated_is_none(share, length):
    data = bytearray(encoded_audio.encoded(MELODY, RATE_HZ, "WAV"))
    struct.pack_into("<I", data, data.index(b"data") + 4, length)
    assert share(data) == 0


def test_a_second_chunk_of_audio_is_behind(share):
    data = encoded_audio.encoded(MELODY, RATE_HZ, "WAV")
    start = data.index(b"data")
    assert share(data + data[start:]) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("kind", ["FLAC", "OGG"])
def test_what_no_frame_can_hold_is_told(tmp_path, caplog, kind):
    data = encoded_audio.encoded(MELODY, RATE_HZ, kind)
    behind = encoded_audio.encoded(
        encoded_audio.melody(20.0, RATE_HZ), RATE_HZ, "MP3"
    )
    (tmp_path / "a").write_bytes(data + behind)
    with caplog.at_level(logging.WARNING):
        found = audio.decode_file(tmp_path / "a", RATE_HZ).samples
    assert len(found) == len(MELODY)
    assert "behind the end that its header states" in caplog.text


def test_damaged_lengths_end_nothing(share):
    rng = np.random.default_rng(0)
    kinds = [*BY_LIBSNDFILE, "W64"]
    good = [encoded_audio.encoded(MELODY[:200], RATE_HZ, k) for k in kinds]
    for data in good:
        for _ in range(60):
            changed = bytearray(data)
            at = rng.integers(0, min(160, len(data)), 4)
            for place in at:
                changed[place] = rng.choice([0, 255, rng.integers(256)])
            assert 0 <= share(changed) <= 1
