"""An MP3 that does not state its length is read to its end."""

import io
import os

import numpy as np
import pytest
import soundfile

from tftag import audio
from tftag.audio import open_ended_mp3

RATE_HZ = 44_100


def mp3(mode, seconds=6.0):
    """A quiet tone, then noise: the bit rate of the start misleads."""
    n = round(seconds * RATE_HZ)
    tone = 0.05 * np.sin(2 * np.pi * 440 * np.arange(n // 4) / RATE_HZ)
    noise = np.random.default_rng(0).uniform(-0.9, 0.9, n - len(tone))
    file = io.BytesIO()
    soundfile.write(
        file,
        np.concatenate([tone, noise]).astype(np.float32),
        RATE_HZ,
        format="MP3",
        bitrate_mode=mode,
        compression_level=0.2,
    )
    return file.getvalue()


def without_length(data):
    """The same without its first frame, which states the length."""
    start = next(data.index(m) for m in (b"Xing", b"Info") if m in data)
    frame = data.rindex(b"\xff", 0, start)
    # The next frame begins as the first did, but for the bit rate.
    return data[data.index(data[frame : frame + 2], start) :]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mp3")
    for mode in ("VARIABLE", "CONSTANT"):
        data = mp3(mode)
        (folder / f"{mode}.mp3").write_bytes(data)
        (folder / f"{mode}_open.mp3").write_bytes(without_length(data))
    return folder


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
def test_the_length_is_stated_or_not(folder, mode):
    assert open_ended_mp3.states_length(folder / f"{mode}.mp3")
    assert not open_ended_mp3.states_length(folder / f"{mode}_open.mp3")


def test_tags_in_front_are_passed_over(folder, tmp_path):
    # Two of them, as careless programs leave behind; 300 = 2 * 128 + 44.
    tag = b"ID3\3\0\0\0\0\2\x2c" + bytes(300)
    for name, stated in (("VARIABLE", True), ("VARIABLE_open", False)):
        path = tmp_path / f"{name}.mp3"
        path.write_bytes(2 * tag + (folder / f"{name}.mp3").read_bytes())
        assert open_ended_mp3.states_length(path) == stated


@pytest.mark.parametrize("change", ["flag", "zero"])
def test_a_header_without_the_number_of_frames_states_none(
    folder, tmp_path, change
):
    data = bytearray((folder / "VARIABLE.mp3").read_bytes())
    mark = data.index(b"Xing")
    if change == "flag":
        data[mark + 7] &= ~1
    else:
        data[mark + 8 : mark + 12] = bytes(4)
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    assert not open_ended_mp3.states_length(path)
    found = audio.decode_file(path, RATE_HZ).samples
    assert abs(len(found) - 6.0 * RATE_HZ) < 4_000


def test_the_other_mark_of_encoders_states_a_length(tmp_path):
    for frames, stated in ((b"\0\0\1\0", True), (bytes(4), False)):
        path = tmp_path / "a.mp3"
        path.write_bytes(bytes(36) + b"VBRI" + bytes(10) + frames + bytes(99))
        assert open_ended_mp3.states_length(path) == stated


def test_what_lies_behind_the_stated_end(folder, tmp_path):
    data = (folder / "VARIABLE.mp3").read_bytes()
    # The header counts the bytes of the first frame too, or does not.
    assert open_ended_mp3.share_behind_the_end(folder / "VARIABLE.mp3") < 0.02
    path = tmp_path / "a.mp3"
    for times in (2, 3):
        path.write_bytes(times * data)
        found = open_ended_mp3.share_behind_the_end(path)
        assert abs(found - (1 - 1 / times)) < 0.02
    counts = (len(data) - 36).to_bytes(4, "big") + b"\0\0\1\0"
    path.write_bytes(bytes(36) + b"VBRI" + bytes(6) + counts + bytes(len(data)))
    assert open_ended_mp3.share_behind_the_end(path) < 0.01
    unstated = bytearray(2 * data)
    unstated[data.index(b"Xing") + 7] &= ~2
    path.write_bytes(unstated)
    assert open_ended_mp3.share_behind_the_end(path) == 0
    assert open_ended_mp3.states_length(path)


def test_libsndfile_alone_would_lose_the_end(folder):
    # What this module is for: should it fail, the module can go.
    with soundfile.SoundFile(folder / "VARIABLE_open.mp3") as file:
        assert file.frames < 0.8 * 6.0 * RATE_HZ


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
def test_it_is_read_to_its_end(folder, mode, caplog):
    whole = audio.decode_file(folder / f"{mode}.mp3", RATE_HZ).samples
    found = audio.decode_file(folder / f"{mode}_open.mp3", RATE_HZ).samples
    # The first frame gave the encoder's delay, which is cut off by it.
    assert abs(len(found) - len(whole)) < 4_000
    assert not caplog.records
    # The end is the same noise, a few samples later.
    part = found[-40_000:-20_000].astype(float)
    around = whole[-50_000:-10_000].astype(float)
    likeness = np.correlate(around, part, "valid")
    place = likeness.argmax()
    match = around[place : place + len(part)]
    assert np.corrcoef(match, part)[0, 1] > 0.999


def test_what_follows_the_music_does_no_harm(folder, tmp_path):
    data = (folder / "CONSTANT_open.mp3").read_bytes()
    path = tmp_path / "a.mp3"
    path.write_bytes(data + b"TAG" + bytes(125))
    expected = audio.decode_file(folder / "CONSTANT_open.mp3", RATE_HZ).samples
    found = audio.decode_file(path, RATE_HZ).samples
    assert len(found) == len(expected)


def test_the_file_holds_its_bytes_then_nothing_then_zeros(tmp_path):
    path = tmp_path / "some"
    path.write_bytes(bytes(range(1, 101)))
    file = open_ended_mp3.OpenEndedFile(path)
    assert file.read(10) == bytes(range(1, 11)) and file.tell() == 10
    assert file.seek(90) == 90
    assert file.read(50) == bytes(range(91, 101))
    assert file.read(50) == b""
    end = file.seek(0, os.SEEK_END)
    assert end > 40 * 100
    assert file.seek(-128, os.SEEK_CUR) == end - 128
    assert file.read(500) == bytes(128)
    assert file.read(1) == b""
    file.close()
