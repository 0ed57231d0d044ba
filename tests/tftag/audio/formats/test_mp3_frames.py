"""Where the frames of an MP3 are, and that all of them are heard."""

import io

import encoded_audio
import numpy as np
import pytest
import soundfile

from tftag import audio
from tftag.audio import decoders, layout
from tftag.audio.formats import mp3_frames

RATE_HZ = encoded_audio.RATE_HZ


@pytest.fixture(scope="module")
def song():
    return encoded_audio.melody(6.0)


@pytest.fixture(scope="module")
def plain(song, tmp_path_factory):
    return encoded_audio.plain_mp3(tmp_path_factory.mktemp("plain"), song)


def stated(mode, seconds=6.0):
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


def find(tmp_path, data):
    path = tmp_path / "frames.mp3"
    path.write_bytes(data)
    return mp3_frames.find(path)


def test_all_frames_are_found(tmp_path, plain):
    frames = encoded_audio.mp3_frames(plain)
    found = find(tmp_path, plain)
    (part,) = found.parts
    assert part.frames == len(frames)
    assert part.pieces == [(0, len(plain))]
    assert (part.rate_hz, part.frame_samples) == (RATE_HZ, 1_152)
    assert part.stated_frames == part.mark == found.lost_bytes == 0


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 32_000, 48_000])
@pytest.mark.parametrize("kind", ["mp3", "mp2"])
def test_frames_of_every_version_and_layer(tmp_path, kind, rate_hz):
    if kind == "mp2" and rate_hz < 16_000:
        rate_hz = 24_000  # MPEG 2.5 has layer III alone
    x = encoded_audio.melody(1.0, rate_hz, 1)
    coder = {"mp3": "libmp3lame", "mp2": "mp2"}[kind]
    options = f"-c:a {coder} -b:a 32k"
    data = encoded_audio.by_ffmpeg(tmp_path, f"a.{kind}", options, x, rate_hz)
    part = find(tmp_path, data).parts[-1]
    seconds = part.frames * part.frame_samples / part.rate_hz
    assert part.rate_hz == rate_hz
    assert 1.0 <= seconds < 1.3
    assert part.pieces[-1][1] == len(data)


def test_a_picture_at_the_very_end_is_no_music(tmp_path, plain):
    """Not even one that holds frames, as the noise of a picture may."""
    size = len(plain).to_bytes(4, "big")
    frame = b"APIC" + size + bytes(2) + plain
    digits = bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0))
    tag = b"ID3\3\0\0" + digits + frame
    found = find(tmp_path, plain + tag)
    (part,) = found.parts
    assert part.pieces == [(0, len(plain))]
    assert found.lost_bytes == 0
    assert found.covered_bytes == found.all_bytes


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
def test_what_the_first_frame_states(tmp_path, mode):
    data = stated(mode)
    (part,) = find(tmp_path, data).parts
    assert part.stated_frames == part.frames > 200
    mark = data.index(b"Xing" if mode == "VARIABLE" else b"Info")
    assert mark < part.mark < mark + 1_500
    for change in ("flag", "zero"):
        changed = bytearray(data)
        if change == "flag":
            changed[mark + 7] &= ~1
        else:
            changed[mark + 8 : mark + 12] = bytes(4)
        assert find(tmp_path, bytes(changed)).parts[0].stated_frames == 0


@pytest.mark.parametrize("kbits", [128, 32])
def test_the_other_mark_of_encoders_states_a_length(
    tmp_path, plain, read, kbits, caplog
):
    frames = encoded_audio.mp3_frames(plain)
    first = bytearray(frames[0])
    first[36:54] = b"VBRI" + bytes(10) + (len(frames) - 1).to_bytes(4, "big")
    if kbits == 32:  # from which libsndfile estimates four times the length
        first[2] &= 0x0F
        first[2] |= 0x10
        del first[144 * 32_000 // RATE_HZ :]
    data = bytes(first) + b"".join(frames[1:])
    found = find(tmp_path, data)
    assert found.parts[0].stated_frames == len(frames) - 1
    assert encoded_audio.alike(read(data), read(plain), 16_000) == 1
    assert not caplog.records


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
def test_without_a_stated_length_it_is_read_to_its_end(read, mode, caplog):
    data = stated(mode)
    part_start = data.index(b"Xing" if mode == "VARIABLE" else b"Info")
    frame = data.rindex(b"\xff", 0, part_start)
    # The next frame begins as the first did, but for the bit rate.
    rest = data[data.index(data[frame : frame + 2], part_start) :]
    whole, found = read(data), read(rest)
    # The first frame gave the encoder's delay, which is cut off by it.
    assert abs(len(found) - len(whole)) < 2_000
    assert encoded_audio.alike(found, whole, 16_000) == 1
    assert not caplog.records


def test_libsndfile_alone_would_lose_the_end(tmp_path):
    # What open ends are for: should it fail, they can go.
    data = stated("VARIABLE")
    part = find(tmp_path, data).parts[0]
    (tmp_path / "open.mp3").write_bytes(data[part.mark :])
    with soundfile.SoundFile(tmp_path / "open.mp3") as file:
        assert file.frames < 0.8 * 6.0 * RATE_HZ


IN_FRONT = {
    "zeros": bytes(4_096),
    "text": b"ICY 200 OK\r\nicy-name:radio\r\n\r\n",
    "noise": np.random.default_rng(5).bytes(3_000),
    "footer": encoded_audio.id3(500, footer=True),
    "uncounted": encoded_audio.id3(500) + bytes(3_000),
    "two tags": encoded_audio.id3(300) + encoded_audio.id3(200),
    "too long a tag": b"ID3\4\0\0\x7f\x7f\x7f\x7f",
    "ape": encoded_audio.ape(),
    "header of a WAV": b"RIFF\0\0\0\0RMP3data",
}


@pytest.mark.parametrize("name", IN_FRONT)
def test_what_stands_in_front_does_no_harm(read, plain, name, caplog):
    alone = read(plain)
    found = read(IN_FRONT[name] + plain)
    np.testing.assert_array_equal(found, alone)
    assert not caplog.records


@pytest.mark.parametrize("is_in_front", [True, False])
def test_an_mp3_is_heard_however_much_noise_is_around_it(
    tmp_path, plain, is_in_front, caplog
):
    noise = np.random.default_rng(5).bytes(3 * len(plain))
    parts = [b"text", plain, noise]
    (tmp_path / "a.mp3").write_bytes(
        b"".join(parts[::-1] if is_in_front else parts)
    )
    (tmp_path / "alone.mp3").write_bytes(plain)
    found, alone = (
        audio.decode_file(tmp_path / name, 16_000).samples
        for name in ("a.mp3", "alone.mp3")
    )
    np.testing.assert_array_equal(found, alone)
    assert "75.0 % around its frames are no MP3" in caplog.text


def test_a_cut_start_is_heard_from_its_first_frame(read, plain, caplog):
    alone = read(plain)
    assert not caplog.records
    cut = read(plain[777:])
    assert 0.1 * 16_000 > len(alone) - len(cut) > 0
    assert encoded_audio.alike(cut, alone, 16_000) > 0.9
    assert "its start is cut off" in caplog.text


@pytest.mark.parametrize("rate_hz", [24_000, RATE_HZ])
def test_a_start_is_cut_where_sound_of_frames_before_it_is_wanted(
    tmp_path, rate_hz
):
    x = encoded_audio.melody(3.0, rate_hz, 1)
    data = encoded_audio.plain_mp3(tmp_path, x, rate_hz)
    assert not find(tmp_path, data).is_start_cut
    assert find(tmp_path, data[1:]).is_start_cut


@pytest.mark.parametrize("stray", [1, 16, 383, 5_000])
def test_stray_bytes_between_frames_lose_nothing(read, plain, stray, caplog):
    frames = encoded_audio.mp3_frames(plain)
    half = len(frames) // 2
    alone = read(plain)
    for seed in range(6):
        noise = np.random.default_rng(seed).bytes(stray)
        data = b"".join(frames[:half]) + noise + b"".join(frames[half:])
        found = read(data)
        assert abs(len(found) - len(alone)) <= 2 * 1_152
        assert encoded_audio.alike(found, alone, 16_000) > 0.9
        assert "no MP3 and are lost" in caplog.records[seed].getMessage()


def test_tags_between_frames_are_no_loss(read, plain, caplog):
    frames = encoded_audio.mp3_frames(plain)
    half = len(frames) // 2
    for tag in (encoded_audio.id3(300), b"TAG" + bytes(125)):
        found = read(b"".join(frames[:half]) + tag + b"".join(frames[half:]))
        assert abs(len(found) - len(read(plain))) <= 1_152
    assert not caplog.records


def test_overwritten_frames_are_a_loss_that_is_named(read, plain, caplog):
    place = len(plain) // 2
    for sector in (bytes(4_096), np.random.default_rng(1).bytes(4_096)):
        caplog.clear()
        data = plain[:place] + sector + plain[place + 4_096 :]
        found = read(data)
        seconds = (len(read(plain)) - len(found)) / 16_000
        assert 0.2 < seconds < 0.4
        assert "are no MP3 and are lost" in caplog.text
        assert encoded_audio.alike(
            found[-40_000:], read(plain)[-40_000:], 16_000
        )


@pytest.mark.parametrize("mode", ["VARIABLE", "plain"])
def test_of_joined_files_all_are_heard(read, plain, tmp_path, mode, caplog):
    """Of other rates and channels, and of a first frame that counts its own."""
    other = encoded_audio.melody(4.0, 48_000, 1, seed=1)
    other = encoded_audio.plain_mp3(tmp_path, other, 48_000)
    one = stated(mode) if mode != "plain" else plain
    expected = np.concatenate([read(one), read(other), read(one)])
    found = read(one + other + one)
    assert abs(len(found) - len(expected)) < 100
    # Each was at full scale alone: compare the tones, not the level.
    assert encoded_audio.alike(found, expected, 16_000) > 0.9
    assert not caplog.records


def test_a_first_frame_that_states_too_few_is_not_believed(read, caplog):
    data = bytearray(stated("VARIABLE"))
    whole = read(bytes(data))
    mark = data.index(b"Xing")
    data[mark + 8 : mark + 12] = (50).to_bytes(4, "big")
    found = read(bytes(data))
    assert abs(len(found) - len(whole)) < 2_000
    assert not caplog.records


def test_a_first_frame_may_count_the_frames_of_all_that_was_joined(
    tmp_path, read, caplog
):
    """As `ffmpeg -i "concat:a.mp3|b.mp3" -c copy` writes it."""
    one = stated("VARIABLE")
    frames = find(tmp_path, one).parts[0].frames
    data = bytearray(one + one)
    mark = data.index(b"Xing")
    data[mark + 8 : mark + 12] = (2 * frames + 1).to_bytes(4, "big")
    found = read(bytes(data))
    assert abs(len(found) - 2 * len(read(one))) < 1_000
    assert not caplog.records
    read(bytes(data[: 3 * len(data) // 4]))
    assert "% of it is there" in caplog.text
    # That one of them is cut is told.
    for each in (one[: len(one) // 2] + one, one + one[: len(one) // 2]):
        caplog.clear()
        read(each)
        assert caplog.records


def test_noise_of_damaged_frames_is_clipped_as_a_player_does(
    tmp_path, plain, caplog
):
    """A radio's metadata, one byte of zero each time, was recorded with it."""
    parts = [plain[at : at + 2_000] for at in range(0, len(plain), 2_000)]
    path = tmp_path / "radio.mp3"
    path.write_bytes(b"\0".join(parts))
    clipped = audio.decode_file(path, RATE_HZ)
    assert clipped.peak <= 1
    assert "between its frames" in caplog.text
    found = layout.find(path)
    found.has_gaps = False
    with decoders.LibsndfileSource(path, found, found.parts) as source:
        blocks = (block for _, part in source.parts() for block in part)
        assert max(np.abs(block).max() for block in blocks) > 8


def test_noise_and_text_hold_no_frames(tmp_path):
    rng = np.random.default_rng(0)
    for data in (rng.bytes(200_000), b"no audio " * 10_000, bytes(100_000)):
        assert find(tmp_path, data) is None
        assert not mp3_frames.chains(data)


def test_of_a_gap_without_end_nobody_waits(tmp_path, plain):
    path = tmp_path / "sparse.mp3"
    path.write_bytes(plain)
    with open(path, "r+b") as file:
        file.truncate(1 << 40)
    found = mp3_frames.find(path)
    assert found.parts[0].pieces == [(0, len(plain))]
