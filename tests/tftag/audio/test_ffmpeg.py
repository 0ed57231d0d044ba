import errno
import os
import socket
import subprocess
import time

import encoded_audio
import ffmpeg_files
import numpy as np
import odd_audio
import pytest

from tftag.audio import decoders, ffmpeg

RATE_HZ = 16_000


def samples(path):
    """All samples `[frames, channels]`, and the rate."""
    with ffmpeg.Stream(path) as stream:
        blocks = list(stream.blocks())
    return np.concatenate(blocks), stream.sample_rate_hz


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(odd_audio.encoded(odd_audio.tone()))
    return path


@pytest.mark.parametrize("channels", [1, 6])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_samples_are_those_of_the_file(tmp_path, subtype, channels):
    # Longer than a block and than the pipe.
    x = odd_audio.tone(5.0, channels=channels).astype(np.float32)
    data = odd_audio.encoded(x, 44_101, subtype=subtype)
    (tmp_path / "a.wav").write_bytes(data)
    found, rate_hz = samples(tmp_path / "a.wav")
    assert rate_hz == 44_101
    steps = {"PCM_16": 2**-15, "PCM_24": 2**-23}.get(subtype, 0)
    np.testing.assert_allclose(found, x, rtol=0, atol=steps)


@pytest.mark.parametrize("bits", [12, 16, 20])
def test_flac_of_any_number_of_bits_is_exact(tmp_path, bits):
    rng = np.random.default_rng(bits)
    top = 2 ** (bits - 1)
    whole = rng.integers(-top, top, 192 * 150)
    path = tmp_path / "a.flac"
    path.write_bytes(odd_audio.flac_bits.encode(whole, bits, RATE_HZ))
    found, _ = samples(path)
    np.testing.assert_array_equal(found[:, 0] * top, whole)


def test_nothing_else_is_opened(tmp_path):
    """Playlists and scripts in every disguise; a server listens."""
    song = tmp_path / "song.wav"
    song.write_bytes(odd_audio.encoded(odd_audio.tone()))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = "http://127.0.0.1:{}/a.wav".format(server.getsockname()[1])
        hls = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n"
        concat = "ffconcat version 1.0\nfile '{}'\n"
        for name in ("a.m3u8", "a.wav"):
            for text in (hls, concat):
                for target in (address, str(song)):
                    path = tmp_path / name
                    path.write_text(text.format(target))
                    # Newer ones do not take it for a playlist at all.
                    refused = "takes it for .*other files|Not detecting"
                    with pytest.raises(ffmpeg.FfmpegError, match=refused):
                        samples(path)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("name", ["-i", "http:%03d\n.wav", "concat:a|b"])
def test_a_name_is_only_a_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    data = odd_audio.encoded(odd_audio.tone())
    (tmp_path / name).write_bytes(data)
    assert samples(name)[0].shape == (4_800, 1)
    raw = name.encode() + b"\xff"
    with open(raw, "wb") as file:
        file.write(data)
    assert samples(os.fsdecode(raw))[0].shape == (4_800, 1)


def run(file, program, folder, monkeypatch):
    ffmpeg_files.stand_in(folder, program, monkeypatch)
    return samples(file)


def test_the_limits_are_asked_for(file, tmp_path, monkeypatch):
    program = """
given = " ".join(sys.argv[1:])
for wanted in ("-nostdin ", "-timelimit 600 ", "-threads 1 ", "-vn ",
               "-protocol_whitelist file ", "-format_whitelist ",
               " -map 0:a:0 ", "-max_alloc "):
    assert wanted in given, wanted
assert "a.wav" not in given
assert sys.stdin.read() == ""
assert os.getsid(0) == os.getpid()
source = sys.argv[sys.argv.index("-i") + 1].removeprefix("file:")
header(offset=32)
say(struct.pack(">f", len(open(source, "rb").read())))
"""
    found, rate_hz = run(file, program, tmp_path / "bin", monkeypatch)
    assert found.tolist() == [[file.stat().st_size]]
    assert rate_hz == 8_000


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("header()\nwhile True: say(bytes(1 << 16))", "longer than"),
        ("time.sleep(60)", "no answer in 0.5 seconds"),
        ("header(); say(bytes(99)); time.sleep(60)", "no answer"),
        ("header(); os.close(1); time.sleep(60)", "not come to an end"),
        ("header(); os.close(1); os.close(2); time.sleep(60)", "to an end"),
        ("sys.exit('[mov @ 0x12ab] no moov\\nsecond')", "^mov: no moov$"),
        ("header(); say(bytes(99)); sys.exit(7)", "^exit code 7$"),
        ("sys.exit(0)", "no samples"),
        ("header(channels=10**6)", "1000000 channels"),
        ("header(channels=0)", "0 channels"),
        ("header(coding=3)", "coding 3"),
        ("say(b'no header at all, but text'); sys.exit(1)", "coding"),
        ("os.kill(os.getpid(), 11)", r"crashed \(signal 11\)"),
    ],
)
def test_an_end_that_is_none(file, tmp_path, monkeypatch, program, message):
    monkeypatch.setattr(ffmpeg, "_STALLED_SECONDS", 0.5)
    monkeypatch.setattr(ffmpeg, "_MAX_HOURS", 0.01)
    started = []

    def popen(*arguments, **options):
        started.append(opened(*arguments, **options))
        return started[-1]

    opened = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", popen)
    begin = time.monotonic()
    with pytest.raises(ffmpeg.FfmpegError, match=message):
        run(file, program, tmp_path / "bin", monkeypatch)
    assert time.monotonic() - begin < 20
    assert [process.poll() is None for process in started] == [False]


def test_no_process_stays_where_no_more_files_can_be_opened(
    file, tmp_path, monkeypatch
):
    def full():
        raise OSError(errno.EMFILE, "Too many open files")

    started = []
    real = ffmpeg._start
    monkeypatch.setattr(
        ffmpeg, "_start", lambda *given: started.append(real(*given))
    )
    monkeypatch.setattr(ffmpeg.selectors, "DefaultSelector", full)
    with pytest.raises(OSError, match="Too many"):
        run(file, "time.sleep(60)", tmp_path / "bin", monkeypatch)
    assert started == []


def test_many_complaints_do_not_block(file, tmp_path, monkeypatch):
    program = """
sys.stderr.write("[mjpeg @ 0x1] bad cover\\n" * 10**4)
sys.stderr.write("[au @ 0x1] Application provided invalid dts\\n" * 10**4)
sys.stderr.write("[mjpeg @ 0x1] bad cover\\n[aac @ 0x7f] lost\\n" * 10**5)
header(channels=2)
sys.stderr.write("more\\n" * 10**5)
say(struct.pack(">4f", 1, 2, 3, 4) * 10**5)
sys.stderr.write("more\\n" * 10**5)
say(b"half")
"""
    ffmpeg_files.stand_in(tmp_path / "bin", program, monkeypatch)
    with ffmpeg.Stream(file) as stream:
        found = np.concatenate(list(stream.blocks()))
    assert found.shape == (2 * 10**5, 2)
    assert (found == np.tile([[1, 2], [3, 4]], (10**5, 1))).all()
    assert stream.complaint == "aac: lost"


def test_memory_does_not_follow_the_length(file, tmp_path, monkeypatch):
    program = "header()\nfor _ in range(400): say(bytes(1 << 16))"
    ffmpeg_files.stand_in(tmp_path / "bin", program, monkeypatch)
    most = 0
    with ffmpeg.Stream(file) as stream:
        for block in stream.blocks():
            most = max(most, len(block), len(stream._unread) // 4)
    assert most <= ffmpeg._BLOCK_FRAMES + (1 << 14)


def test_which_ffmpeg_it_is(file, tmp_path, monkeypatch):
    ffmpeg_files.uninstall(tmp_path / "none", monkeypatch)
    assert ffmpeg.version() is None
    with pytest.raises(ffmpeg.FfmpegError, match="not installed"):
        ffmpeg.Stream(file)
    ffmpeg_files.stand_in(tmp_path / "bin", "", monkeypatch)
    assert ffmpeg.version() == "0.1-test"
    (tmp_path / "bin" / "ffmpeg").write_bytes(b"\x7fELF no program")
    with pytest.raises(ffmpeg.FfmpegError, match="cannot be started"):
        ffmpeg.Stream(file)


def test_a_missing_file_is_an_error_of_its_own(tmp_path, monkeypatch):
    ffmpeg_files.stand_in(tmp_path / "bin", "", monkeypatch)
    with pytest.raises(FileNotFoundError):
        ffmpeg.Stream(tmp_path / "gone.m4a")


@pytest.mark.parametrize("tag_bytes", [1, 128])
def test_what_stands_behind_a_tag_counts_from_its_own_start(
    tmp_path, tag_bytes
):
    """MPEG-4 states where its audio is, and no tag stands before it."""
    x = odd_audio.tone(1.0, channels=2)
    path = ffmpeg_files.write(tmp_path, "a.m4a", "-c:a aac", x, RATE_HZ)
    expected, _ = samples(path)
    path.write_bytes(encoded_audio.id3(tag_bytes) + path.read_bytes())
    with decoders.attempts(path)[-1]() as stream:
        found = np.concatenate(list(stream.blocks()))
    np.testing.assert_array_equal(found, expected)
    assert not stream.complaint


def test_blocks_that_fail_their_checksum_are_told(tmp_path):
    x = odd_audio.tone(3.0, channels=2)
    path = ffmpeg_files.write(tmp_path, "a.tta", "-c:a tta", x, RATE_HZ)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 500] = bytes(500)
    path.write_bytes(data)
    with ffmpeg.Stream(path) as stream:
        frames = sum(map(len, stream.blocks()))
    assert frames > len(x) / 2 and "CRC" in stream.complaint
