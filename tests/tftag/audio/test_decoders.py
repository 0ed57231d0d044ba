import re
import subprocess

import encoded_audio
import ffmpeg_files
import numpy as np
import odd_audio
import pytest

from tftag import audio
from tftag.audio import contents, decoders, ffmpeg

RATE_HZ = odd_audio.RATE_HZ
SOME_LOSSY = ["aac.m4a", "adts.aac", "really_aac.mp3", "a.wma", "opus.webm"]
OTHER_LOSSY = [
    pytest.param(name, marks=pytest.mark.slow)
    for name in ffmpeg_files.LOSSY
    if name not in SOME_LOSSY
]


def decoded(path, data=None, rate_hz=RATE_HZ):
    if data is not None:
        path.write_bytes(data)
    return audio.decode_file(path, rate_hz)


def blocks_of(path):
    """By the first decoder: what it is, rate and blocks of one part."""
    with decoders.attempts(path)[0]() as source:
        ((rate_hz, blocks),) = [
            (rate_hz, list(blocks)) for rate_hz, blocks in source.parts()
        ]
    return source, rate_hz, blocks


def test_channels_and_rate_are_those_of_the_file(tmp_path):
    x = odd_audio.tone(2.0, 22_050, channels=3)
    (tmp_path / "a.wav").write_bytes(odd_audio.encoded(x, 22_050))
    source, rate_hz, blocks = blocks_of(tmp_path / "a.wav")
    assert rate_hz == 22_050
    assert not source.by_ffmpeg and not source.complaint
    assert len(blocks) > 1
    np.testing.assert_allclose(np.concatenate(blocks), x, rtol=0, atol=2**-15)


def test_a_block_has_as_many_values_however_many_channels(tmp_path):
    x = odd_audio.tone(0.1, channels=1_000)
    (tmp_path / "a.wav").write_bytes(odd_audio.encoded(x))
    _, _, blocks = blocks_of(tmp_path / "a.wav")
    assert max(block.size for block in blocks) <= 1 << 17
    assert sum(map(len, blocks)) == len(x)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG", "AIFF"])
@pytest.mark.parametrize("seconds", [0.3, 9.0])
def test_what_stands_around_the_audio_does_no_harm(tmp_path, kind, seconds):
    data = odd_audio.encoded(odd_audio.tone(seconds), kind=kind)
    # MP3 without a header that counts frames ends where the last one does.
    alone = decoded(tmp_path / "alone", data)
    for name, junk in odd_audio.behind().items():
        found = decoded(tmp_path / name, data + junk)
        np.testing.assert_array_equal(found.samples, alone.samples)
        assert not found.by_ffmpeg
    if kind in ("MP3", "FLAC"):
        found = decoded(tmp_path / "cover", odd_audio.id3v2(200_000) + data)
        np.testing.assert_array_equal(found.samples, alone.samples)


@pytest.mark.parametrize("name", ["a.wv", "a.tta", "a.ac3", "adts.aac"])
def test_nor_do_tags_behind_what_ffmpeg_reads(tmp_path, name, caplog):
    options = (ffmpeg_files.LOSSLESS | ffmpeg_files.LOSSY)[name]
    x = odd_audio.tone(1.0)
    path = ffmpeg_files.write(tmp_path, name, options, x, RATE_HZ)
    alone, data = decoded(path), path.read_bytes()
    id3v1 = b"TAG" + bytes(125)
    for tags in (id3v1, encoded_audio.ape() + id3v1):
        found = decoded(path, data + tags)
        np.testing.assert_array_equal(found.samples, alone.samples)
    assert not caplog.records


def test_of_joined_recordings_of_a_browser_all_are_heard(tmp_path, caplog):
    parts = []
    for pitch in (440, 660):
        x = odd_audio.tone(1.0) * np.sin(pitch * np.arange(RATE_HZ))[:, None]
        options = ffmpeg_files.LOSSY["opus.webm"]
        path = ffmpeg_files.write(tmp_path, "a.webm", options, x, RATE_HZ)
        parts.append(path.read_bytes())
    found = decoded(path, b"".join(parts)).samples
    assert len(found) == pytest.approx(2 * RATE_HZ, abs=0.05 * RATE_HZ)
    assert not caplog.records


OF_A_SERVER = b"HTTP/1.1 200 OK\r\n\r\n"
OF_A_FLAC = b"fLaC\0\0\0\x22" + bytes(36)


@pytest.mark.parametrize("kind", ["WAV", "OGG", "MP3", "AIFF"])
@pytest.mark.parametrize(
    "junk",
    [b"\0", bytes(3_000), odd_audio.id3v2(300), OF_A_SERVER, OF_A_FLAC],
)
def test_nor_does_what_stands_in_front(tmp_path, kind, junk):
    data = odd_audio.encoded(odd_audio.tone(1.0), kind=kind)
    alone = decoded(tmp_path / "alone", data)
    found = decoded(tmp_path / "behind junk", junk + data)
    np.testing.assert_array_equal(found.samples, alone.samples)
    assert not found.by_ffmpeg


@pytest.mark.parametrize("junk", [bytes(3_000), OF_A_SERVER])
def test_nor_in_front_of_an_m4a(tmp_path, junk):
    """It counts from its own first byte."""
    x, options = odd_audio.tone(1.0), ffmpeg_files.LOSSY["front.m4a"]
    path = ffmpeg_files.write(tmp_path, "a.m4a", options, x, RATE_HZ)
    alone, data = decoded(path), path.read_bytes()
    found = decoded(path, junk + data)
    np.testing.assert_array_equal(found.samples, alone.samples)


def test_the_header_of_a_wav_that_was_compressed_is_no_wav(tmp_path):
    """As OptimFROG keeps it, in front of what is no PCM."""
    data = odd_audio.encoded(odd_audio.tone(2.0))
    packed = np.random.default_rng(0).bytes(len(data) // 2)
    with pytest.raises(audio.UnusableAudio):
        decoded(tmp_path / "a.ofr", b"OFR \x0c\0\0\0" + data[:44] + packed)


CUT = ["WAV", "AIFF", "AU", "CAF", "W64", "RF64", "MP3", "OGG", "FLAC"]


@pytest.mark.parametrize("kind", CUT)
def test_what_ends_early_is_used_and_told(tmp_path, caplog, kind):
    data = odd_audio.encoded(odd_audio.tone(3.0), kind=kind)
    whole = decoded(tmp_path / "whole", data)
    assert not caplog.records
    half = decoded(tmp_path / "half", data[: len(data) // 2])
    assert 0.3 < half.samples.size / whole.samples.size < 0.7
    (record,) = caplog.records
    told = "its end is missing" if kind == "OGG" else "only (4[0-9]|5[0-4])\\."
    assert re.search(rf"half: .*{told}", record.getMessage())


def test_a_damaged_list_behind_the_audio_is_no_loss(tmp_path, caplog):
    x = odd_audio.tone()
    data = odd_audio.wav(x) + b"LIST" + (10**9).to_bytes(4, "little") + bytes(9)
    assert decoded(tmp_path / "a.wav", data).samples.size == len(x)
    assert not caplog.records


@pytest.mark.parametrize("stated", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_a_length_that_nobody_knew_is_no_cut(tmp_path, caplog, stated):
    x = odd_audio.tone()
    data = odd_audio.wav(x, data_bytes=stated)
    assert decoded(tmp_path / "a.wav", data).samples.size == len(x)
    assert not caplog.records


@pytest.mark.parametrize("name", ffmpeg_files.LOSSLESS)
def test_lossless_formats_are_read_exactly(tmp_path, name):
    x = odd_audio.tone(1.0, 44_100, channels=2)
    options = ffmpeg_files.LOSSLESS[name]
    path = ffmpeg_files.write(tmp_path, name, options, x, 44_100)
    found = decoded(path)
    expected = decoded(tmp_path / "a.wav", odd_audio.encoded(x, 44_100))
    np.testing.assert_array_equal(found.samples, expected.samples)
    assert found.peak == expected.peak
    assert found.by_ffmpeg and not expected.by_ffmpeg


@pytest.mark.parametrize("name", SOME_LOSSY + OTHER_LOSSY)
def test_lossy_formats_sound_the_same(tmp_path, name):
    x = odd_audio.tone(1.0, 48_000, channels=2)
    options = ffmpeg_files.LOSSY[name]
    path = ffmpeg_files.write(tmp_path, name, options, x, 48_000)
    found = decoded(path)
    assert found.by_ffmpeg
    assert abs(found.samples.size / RATE_HZ - 1.0) < 0.15
    # Encoders delay: find the shift, within one period of the tone.
    expected = decoded(tmp_path / "a.wav", odd_audio.encoded(x, 48_000))
    middle = expected.samples[6_000:10_000].astype(float)
    best = max(
        np.corrcoef(middle, found.samples[6_000 + s : 10_000 + s])[0, 1]
        for s in range(-40, 40)
    )
    assert best > 0.995


@pytest.mark.parametrize("times", [64, 256, 512])
def test_dsd_of_every_rate_is_heard(tmp_path, times):
    seconds = np.arange(13_230) / 44_100
    tone = 0.5 * np.sin(2 * np.pi * 440 * seconds)
    found = decoded(tmp_path / "a.dsf", ffmpeg_files.dsf(tone, times)).samples
    # The last block is filled up.
    assert 0 <= len(found) / RATE_HZ - 0.3 < 0.02
    spectrum = np.abs(np.fft.rfft(found[: RATE_HZ // 4]))
    assert np.argmax(spectrum[1:]) + 1 == 440 / 4
    assert spectrum[110] > 100 * np.median(spectrum)


@pytest.mark.parametrize(
    ("kind", "subtype", "most"),
    [
        ("WAV", "PCM_16", 0),
        ("WAV", "PCM_24", 0),
        ("WAV", "FLOAT", 0),
        ("WAV", "ALAW", 0),
        ("FLAC", "PCM_16", 0),
        ("FLAC", "PCM_24", 0),
        ("AIFF", "PCM_16", 0),
        ("CAF", "PCM_24", 0),
        ("OGG", "VORBIS", 1e-5),
        ("OGG", "OPUS", 1e-3),
    ],
)
def test_both_decoders_give_the_same(tmp_path, kind, subtype, most):
    """Largest difference, as a share of full scale, before resampling."""
    x = odd_audio.tone(3.0, 48_000, channels=2)
    path = tmp_path / "a"
    path.write_bytes(odd_audio.encoded(x, 48_000, kind, subtype))
    source, rate_hz, blocks = blocks_of(path)
    with ffmpeg.Stream(path) as theirs:
        assert not source.by_ffmpeg
        assert rate_hz == theirs.sample_rate_hz == 48_000
        a, b = np.concatenate(blocks), np.concatenate(list(theirs.blocks()))
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= most


def test_a_cover_in_m4a_is_no_audio(tmp_path):
    x = odd_audio.tone(1.0)
    song = ffmpeg_files.write(tmp_path, "a.m4a", "-c:a alac", x, RATE_HZ)
    both = tmp_path / "b.m4a"
    picture = tmp_path / "cover.png"
    begin = "ffmpeg -v error -nostdin"
    draw = f"{begin} -f lavfi -i color=s=64x64 -frames:v 1 {picture}"
    join = f"{begin} -i {song} -i {picture} -map 0 -map 1 -c:a copy"
    join += f" -c:v mjpeg -disposition:v attached_pic {both}"
    for command in (draw, join):
        subprocess.run(command.split(), check=True, timeout=60)
    np.testing.assert_array_equal(decoded(both).samples, decoded(song).samples)


def test_a_cut_file_is_told_or_refused(tmp_path, caplog):
    x = odd_audio.tone(9.0)
    options = ffmpeg_files.LOSSY["front.m4a"]
    path = ffmpeg_files.write(tmp_path, "front.m4a", options, x, RATE_HZ)
    whole = path.read_bytes()
    half = decoded(tmp_path / "half.m4a", whole[: len(whole) // 2])
    assert 3 < half.samples.size / RATE_HZ < 6
    assert "half.m4a: ffmpeg: " in caplog.text
    options = ffmpeg_files.LOSSY["aac.m4a"]  # its index is at the end
    path = ffmpeg_files.write(tmp_path, "back.m4a", options, x, RATE_HZ)
    whole = path.read_bytes()
    with pytest.raises(audio.UnusableAudio, match="moov atom not found"):
        decoded(tmp_path / "half.m4a", whole[: len(whole) // 2])


def test_an_array_is_refused_with_the_way_out(tmp_path):
    np.save(tmp_path / "a.npy", np.ones(100, np.int16))
    with pytest.raises(decoders.UnusableAudio, match="rate.*WAV") as raised:
        decoders.attempts(tmp_path / "a.npy")
    assert raised.value.reason == "unsupported"


def test_without_ffmpeg_the_reason_says_so(tmp_path, monkeypatch):
    ffmpeg_files.uninstall(tmp_path / "bin", monkeypatch)
    page = b"\0\0\0 ftypM4A " + bytes(100)
    for name, data, reason in [
        ("a.m4a", page, "unsupported"),
        ("a.mp3", page, "unreadable"),
        ("a.raw", bytes(99), "unsupported"),
        (
            "a.flac",
            odd_audio.for_ffmpeg()["bits12.flac"].data,
            "unsupported",
        ),
    ]:
        with pytest.raises(audio.UnusableAudio, match="Install ffmpeg") as c:
            decoded(tmp_path / name, data)
        assert c.value.reason == reason
        assert c.value.by_ffmpeg


@pytest.mark.parametrize("data", [b"<p>Not found</p>" * 999, None])
def test_noise_under_any_name_is_refused(tmp_path, monkeypatch, data):
    ffmpeg_files.uninstall(tmp_path / "bin", monkeypatch)
    data = data or np.random.default_rng(0).bytes(9_000)
    for suffix in contents.SUFFIXES:
        with pytest.raises(audio.UnusableAudio) as caught:
            decoded(tmp_path / f"a{suffix}", data)
        assert caught.value.reason in ("unreadable", "unsupported")


def test_a_film_without_sound_is_named(tmp_path):
    path = tmp_path / "a.mp4"
    draw = "ffmpeg -v error -nostdin -f lavfi -i testsrc=d=1:s=64x64 -c:v mpeg4"
    subprocess.run([*draw.split(), path], check=True, timeout=60)
    with pytest.raises(audio.UnusableAudio, match="it has no sound track"):
        decoded(path)


@pytest.mark.parametrize("number", [0, 1])
def test_a_track_that_nobody_decodes_does_not_hide_another(
    tmp_path, number, caplog
):
    x = odd_audio.tone(1.0)
    path = ffmpeg_files.write(tmp_path, "a.mka", "-c:a flac", x, RATE_HZ)
    expected = decoded(path).samples
    options = "-map 0 -map 0 -c:a flac"
    data = ffmpeg_files.write(tmp_path, "b.mka", options, x, RATE_HZ)
    ours, *others = data.read_bytes().split(b"A_FLAC")
    assert len(others) == 2
    names = [b"A_FLAC", b"A_FLAC"]
    names[number] = b"A_NONE"
    data = ours + names[0] + others[0] + names[1] + others[1]
    np.testing.assert_array_equal(decoded(path, data).samples, expected)
    told = "only its sound track 2 can be decoded"
    assert [told in each.message for each in caplog.records] == [
        True for _ in range(1 - number)
    ]
    neither = ours + b"A_NONE" + others[0] + b"A_NONE" + others[1]
    with pytest.raises(audio.UnusableAudio, match="[Dd]ecoder"):
        decoded(path, neither)


def test_ffmpeg_is_asked_last_and_both_reasons_are_told(tmp_path, monkeypatch):
    program = "sys.exit('nothing for me')"
    ffmpeg_files.stand_in(tmp_path / "bin", program, monkeypatch)
    with pytest.raises(audio.UnusableAudio) as caught:
        decoded(tmp_path / "a.m4a", bytes(99))
    assert str(caught.value).endswith(
        "a.m4a: Format not recognised. ffmpeg: nothing for me. Where a player "
        "plays it, save it from there as WAV or FLAC."
    )
    assert caught.value.reason == "unsupported"
    program = "header(); say(struct.pack('>2f', .5, .25)); sys.exit('torn')"
    ffmpeg_files.stand_in(tmp_path / "bin", program, monkeypatch)
    with pytest.raises(audio.UnusableAudio, match="ffmpeg: torn") as caught:
        decoded(tmp_path / "a.m4a", bytes(99))
    assert caught.value.reason == "unreadable"
    assert caught.value.by_ffmpeg
    wav = odd_audio.wav(odd_audio.tone())
    assert not decoded(tmp_path / "a.wav", wav).by_ffmpeg


def test_more_than_a_file_holds_is_refused(tmp_path):
    """Some versions of ffmpeg give twice as much of Speex, and noise."""
    x = odd_audio.tone(2.0)
    path = ffmpeg_files.write(tmp_path, "a.spx", "-c:a libspeex", x, RATE_HZ)
    try:
        samples = decoded(path).samples
    except audio.UnusableAudio as error:
        noise = r"gives 4\.\d s of 2\.\d s|NaN or infinite"
        assert re.search(noise, str(error))
    else:
        assert len(samples) == pytest.approx(len(x), rel=0.05)
