"""WAV, AIFF and CAF whose headers leave something out, or say too little."""

import struct

import encoded_audio
import numpy as np
import pytest

from tftag import audio
from tftag.audio.formats import wav_chunks

RATE_HZ = 16_000
_GUID = bytes.fromhex("0100000000001000800000aa00389b71")


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def wav(ints, channels, bits, container, extensible):
    """A WAV of `bits` in `container` bytes each."""
    data = b"".join(
        int(v).to_bytes(container, "little", signed=True) for v in ints
    )
    block = channels * container
    fields = (RATE_HZ, RATE_HZ * block, block, bits)
    kind = 0xFFFE if extensible else 1
    head = struct.pack("<HHIIHH", kind, channels, *fields)
    if extensible:
        head += struct.pack("<HHI", 22, bits, 0) + _GUID
    return riff(chunk(b"fmt ", head), chunk(b"data", data))


def riff(*chunks, form=b"RIFF", size=None):
    """A WAV of these chunks, which may state another length."""
    body = b"WAVE" + b"".join(chunks)
    return form + struct.pack("<I", len(body) if size is None else size) + body


def fmt(channels=1, bits=16, rate_hz=RATE_HZ):
    block = channels * bits // 8
    fields = (rate_hz, rate_hz * block, block, bits)
    return chunk(b"fmt ", struct.pack("<HHIIHH", 1, channels, *fields))


def odd(name, size, filler=b"a"):
    """A chunk of odd length without the byte that belongs behind it."""
    assert size % 2
    return name + struct.pack("<I", size) + filler * size


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("is_high", [False, True])
@pytest.mark.parametrize(
    ("bits", "container"), [(24, 4), (20, 4), (16, 4), (16, 3), (24, 3)]
)
def test_containers_that_are_larger_than_samples(
    read, bits, container, is_high, channels, extensible
):
    x = encoded_audio.melody(0.5, RATE_HZ, channels)
    ints = np.round(x.ravel() * 2 ** (bits - 1)).astype(np.int64)
    shifted = ints << 8 * container - bits if is_high else ints
    found = read(wav(shifted, channels, bits, container, extensible))
    mono = x.astype(float).mean(axis=1)
    expected = np.round(mono / np.abs(mono).max() * audio.FULL_SCALE)
    assert len(found) == len(expected)
    step = max(2, 2 ** (17 - bits))
    assert np.abs(found - expected).max() <= step


def test_ordinary_files_are_left_as_they_are(tmp_path):
    x = encoded_audio.melody(0.1, RATE_HZ)
    for kind, subtype in (
        *(("WAV", each) for each in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT")),
        ("WAVEX", "PCM_24"),
        ("RF64", "PCM_16"),
        ("W64", "PCM_24"),
        ("WAV", "IMA_ADPCM"),
    ):
        path = tmp_path / "a.wav"
        path.write_bytes(encoded_audio.encoded(x, RATE_HZ, kind, subtype))
        (found,) = wav_chunks.find(path)
        assert found.is_whole, (kind, subtype)


def test_a_byte_rate_that_contradicts_is_no_proof(tmp_path):
    data = bytearray(wav(np.arange(99), 1, 24, 4, False))
    data[28:32] = bytes(4)
    (tmp_path / "a.wav").write_bytes(data)
    (found,) = wav_chunks.find(tmp_path / "a.wav")
    assert found.is_whole


@pytest.mark.parametrize(
    "samples",
    # The first byte of the length is a letter, in the second.
    [8_000, 8_216],
)
@pytest.mark.parametrize(
    ("before", "between"),
    [
        ([odd(b"JUNK", 27, bytes(1))], []),
        ([], [odd(b"LIST", 15)]),
        ([odd(b"bext", 603), chunk(b"fact", bytes(4))], [odd(b"junk", 1)] * 2),
    ],
)
def test_a_byte_that_is_left_out_behind_a_chunk(read, before, between, samples):
    x = np.random.default_rng(0).integers(-(2**15), 2**15, samples)
    data = chunk(b"data", x.astype("<i2").tobytes())
    expected = read(riff(fmt(), data))
    assert len(expected) == samples
    for behind in ([], [odd(b"LIST", 3)]):
        found = read(riff(*before, fmt(), *between, data, *behind))
        np.testing.assert_array_equal(found, expected)


def test_a_byte_that_is_there_may_be_any(tmp_path, read):
    data = chunk(b"data", np.arange(-99, 999, dtype="<i2").tobytes())
    expected = read(riff(fmt(), data))
    for filler in (b"\0", b" ", b"a", b"\xff"):
        whole = riff(fmt(), odd(b"LIST", 15) + filler, data)
        np.testing.assert_array_equal(read(whole), expected)
        (found,) = wav_chunks.find(tmp_path / "a")
        assert found.is_whole


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "FLOAT", "ULAW"])
def test_the_bits_of_a_sample_are_those_of_its_block(read, subtype, channels):
    """Which ffmpeg takes for 8 where the header leaves them out."""
    x = encoded_audio.melody(0.5, RATE_HZ, channels)
    data = encoded_audio.encoded(x, RATE_HZ, "WAV", subtype)
    start = data.index(b"data")
    short = riff(chunk(b"fmt ", data[20:34]), data[start:])
    np.testing.assert_array_equal(read(short), read(data))


def aiff_parts(samples, subtype="PCM_16"):
    """COMM and SSND of an AIFF of int16."""
    data = encoded_audio.encoded(samples, RATE_HZ, "AIFF", subtype)
    start = data.index(b"SSND")
    return data[12:38], data[start:]


def aiff(*chunks):
    body = b"AIFF" + b"".join(chunks)
    return b"FORM" + struct.pack(">I", len(body)) + body


@pytest.mark.parametrize("size", [15, 27])
def test_a_byte_that_is_left_out_of_an_aiff(read, size):
    x = np.random.default_rng(0).integers(-(2**15), 2**15, 8_000, np.int16)
    comm, ssnd = aiff_parts(x)
    expected = read(aiff(comm, ssnd))
    assert len(expected) == len(x)
    note = b"ANNO" + struct.pack(">I", size) + b"a" * size
    for chunks in (
        [note, comm, ssnd],
        [comm, note, ssnd],
        [comm, note + bytes(1), note, ssnd, note],
    ):
        np.testing.assert_array_equal(read(aiff(*chunks)), expected)


@pytest.mark.parametrize("bits", [24, 32])
def test_bits_are_those_that_the_coding_of_an_aiff_means(read, bits):
    """QuickTime states 16 for every coding."""
    x = np.random.default_rng(0).integers(-(2**15), 2**15, 8_000, np.int16)
    comm, ssnd = aiff_parts(x, f"PCM_{bits}")
    comm_16 = comm[8:14] + b"\0\x10" + comm[16:26] + b"in%d\0\0" % bits
    body = b"AIFCCOMM" + struct.pack(">I", len(comm_16)) + comm_16 + ssnd
    data = b"FORM" + struct.pack(">I", len(body)) + body
    np.testing.assert_array_equal(read(data), read(aiff(comm, ssnd)))


@pytest.mark.parametrize("stated", [0, 8, 2**32 - 1])
def test_an_aiff_of_a_recorder_that_died_is_whole(read, stated, caplog):
    x = np.random.default_rng(0).integers(-(2**15), 2**15, 8_000, np.int16)
    comm, ssnd = aiff_parts(x)
    died = comm[:10] + bytes(4) + comm[14:]  # no frames, either
    found = read(aiff(died, b"SSND" + struct.pack(">I", stated) + ssnd[8:]))
    np.testing.assert_array_equal(found, read(aiff(comm, ssnd)))
    assert not caplog.records


@pytest.mark.parametrize("has_ffmpeg", [False, True])
@pytest.mark.parametrize("stated", [0, 4, 2**64 - 1])
def test_a_caf_of_a_recorder_that_died_is_whole(
    read, stated, has_ffmpeg, monkeypatch, caplog
):
    x = encoded_audio.melody(0.5, RATE_HZ)
    data = encoded_audio.encoded(x, RATE_HZ, "CAF")
    expected = read(data)
    if not has_ffmpeg:
        monkeypatch.setenv("PATH", "")
    at = data.index(b"data") + 4
    found = read(data[:at] + struct.pack(">Q", stated) + data[at + 8 :])
    np.testing.assert_array_equal(found, expected)
    assert not caplog.records


TAGS = {
    "id3": encoded_audio.id3(5_000),
    "id3v1": b"TAG" + bytes(range(125)),
    "ape": encoded_audio.ape(5_000),
    "lyrics": b"LYRICSBEGIN" + bytes(989) + b"001000LYRICS200",
}


@pytest.mark.parametrize("has_ffmpeg", [False, True])
@pytest.mark.parametrize("kind", ["WAV", "RF64", "W64", "AIFF", "CAF", "AU"])
def test_tags_are_no_samples(read, kind, has_ffmpeg, monkeypatch):
    x = encoded_audio.melody(0.1, RATE_HZ)
    empty = encoded_audio.encoded(x[:0], RATE_HZ, kind)
    short = encoded_audio.encoded(x, RATE_HZ, kind)
    expected = read(short)
    if not has_ffmpeg:
        monkeypatch.setenv("PATH", "")
    for tag in (*TAGS.values(), TAGS["ape"] + TAGS["id3v1"]):
        np.testing.assert_array_equal(read(short + tag), expected)
        with pytest.raises(audio.UnusableAudio, match="There are no samples"):
            read(empty + tag)


@pytest.mark.parametrize("tags", [["ape"], ["lyrics", "id3v1"], ["id3v1"]])
def test_tags_behind_samples_of_no_known_length_are_none(read, tags):
    x = np.random.default_rng(1).integers(-(2**15), 2**15, 8_000)
    samples = x.astype("<i2").tobytes()
    expected = read(riff(fmt(), chunk(b"data", samples)))
    behind = b"".join(TAGS[name] for name in tags)
    for stated in (0, 2**32 - 1):
        data = b"data" + struct.pack("<I", stated) + samples
        found = read(riff(fmt(), data, behind))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("stated", [0, 1, 2**32 - 1])
def test_an_au_of_no_known_length_is_whole(read, stated, monkeypatch):
    x = encoded_audio.melody(0.5, RATE_HZ)
    data = encoded_audio.encoded(x, RATE_HZ, "AU")
    expected = read(data)
    monkeypatch.setenv("PATH", "")
    piped = data[:8] + struct.pack(">I", stated) + data[12:]
    for behind in (b"", TAGS["ape"], TAGS["lyrics"] + TAGS["id3v1"]):
        np.testing.assert_array_equal(read(piped + behind), expected)


def test_bw64_is_rf64(read, monkeypatch):
    x = encoded_audio.melody(0.5, RATE_HZ)
    data = encoded_audio.encoded(x, RATE_HZ, "RF64")
    expected = read(data)
    monkeypatch.setenv("PATH", "")
    np.testing.assert_array_equal(read(b"BW64" + data[4:]), expected)


def test_what_is_behind_a_w64_is_named_or_read(read, caplog):
    x = encoded_audio.melody(0.5, RATE_HZ)
    one = encoded_audio.encoded(x, RATE_HZ, "W64")
    expected = read(one)
    found = read(one + one)
    np.testing.assert_array_equal(found, np.tile(expected, 2))
    assert not caplog.records
    found = read(one + encoded_audio.encoded(x, RATE_HZ, "OGG"))
    np.testing.assert_array_equal(found, expected)
    assert "lie behind the end that its header states" in caplog.text


@pytest.mark.parametrize("form", [b"RF64", b"BW64"])
@pytest.mark.parametrize("stated", [None, 0, 2**64 - 1])
def test_a_recorder_that_died_before_it_stated_64_bits(read, form, stated):
    x = np.random.default_rng(1).integers(-(2**15), 2**15, 8_000)
    audio_bytes = x.astype("<i2").tobytes()
    expected = read(riff(fmt(), chunk(b"data", audio_bytes)))
    sizes = (
        []
        if stated is None
        else [struct.pack("<QQQI", stated, stated, stated, 0)]
    )
    data = b"data" + b"\xff" * 4 + audio_bytes
    parts = [*(chunk(b"ds64", each) for each in sizes), fmt(), data]
    found = read(riff(*parts, form=form, size=2**32 - 1))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("has_ffmpeg", [False, True])
def test_a_recorder_that_died_before_it_stated_any_length(
    read, has_ffmpeg, monkeypatch
):
    x = np.random.default_rng(1).integers(-(2**15), 2**15, 8_000)
    expected = read(riff(fmt(), chunk(b"data", x.astype("<i2").tobytes())))
    if not has_ffmpeg:
        monkeypatch.setenv("PATH", "")
    died = riff(fmt(), chunk(b"data", b""), size=36)
    found = read(died + x.astype("<i2").tobytes())
    np.testing.assert_array_equal(found, expected)
    # Of one that was stopped at once, the tags behind are no samples.
    tags = chunk(b"LIST", b"INFOISFT" + struct.pack("<I", 1_000) + bytes(1_000))
    with pytest.raises(audio.UnusableAudio, match="There are no samples"):
        read(riff(fmt(), chunk(b"data", b""), tags))


def test_of_joined_files_all_are_heard(read, caplog):
    one = encoded_audio.melody(1.0, RATE_HZ)
    other = encoded_audio.melody(1.0, 8_000, 1, seed=1)
    files = [
        encoded_audio.encoded(one, RATE_HZ, "WAV"),
        encoded_audio.encoded(other, 8_000, "WAV", "FLOAT"),
        encoded_audio.encoded(one[:101], RATE_HZ, "WAV", "PCM_24"),
    ]
    expected = np.concatenate([read(data) for data in files])
    found = read(b"".join(files))
    assert len(found) == len(expected)
    assert encoded_audio.alike(found, expected, RATE_HZ) == 1
    assert not caplog.records


def test_what_is_no_wav_has_none(tmp_path):
    for data in (b"", b"RIFF", b"RIFF\0\0\0\0AVI ", bytes(200)):
        (tmp_path / "a").write_bytes(data)
        assert wav_chunks.find(tmp_path / "a") == []
    (tmp_path / "a").write_bytes(b"RIFF\4\0\0\0WAVE" + bytes(1 << 20))
    assert len(wav_chunks.find(tmp_path / "a")) == 1


@pytest.mark.parametrize("name", [b"fmt ", b"data"])
@pytest.mark.parametrize("length", [1 << 63, (1 << 64) - 1])
def test_a_length_beyond_any_file_is_a_damaged_file(tmp_path, name, length):
    data = bytearray(
        encoded_audio.encoded(encoded_audio.melody(0.5), RATE_HZ, "W64")
    )
    struct.pack_into("<Q", data, data.index(name) + 16, length)
    path = tmp_path / "a.w64"
    path.write_bytes(data)
    assert len(wav_chunks.find(path)) == 1


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("shift", [0, 8])
def test_so_are_caf_files_of_larger_containers(read, order, shift, caplog):
    x = encoded_audio.melody(0.5, RATE_HZ, 2)
    ints = np.round(x * 2**23).astype(np.int64) << shift
    data = ints.astype("<i4" if order == "little" else ">i4").tobytes()
    desc = struct.pack(">d4s", RATE_HZ, b"lpcm")
    desc += struct.pack(">5I", 2 * (order == "little"), 8, 1, 2, 24)
    found = read(
        b"caff\0\1\0\0"
        + (b"desc" + struct.pack(">Q", len(desc)) + desc)
        + (b"data" + struct.pack(">Q4x", 4 + len(data)) + data)
    )
    expected = read(encoded_audio.encoded(x, RATE_HZ, "WAV", "PCM_24"))
    np.testing.assert_allclose(found, expected, atol=1)
    assert not caplog.records
