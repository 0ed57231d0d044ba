import io
import re
import struct

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from tftag import audio
from tftag.export.signatures import wav_in_graph

RATE = 8_000


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def decode(wavs):
    return wav_in_graph.decode_wavs(wavs, RATE)


def wav(samples, rate_hz=RATE, subtype="PCM_16", container="WAV"):
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, subtype, format=container)
    return file.getvalue()


def noise(frames, channels=1, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(-20_000, 20_000, (frames, channels)).astype(np.int16)


@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
def test_channels_are_averaged_and_rows_padded(container):
    recordings = [noise(700, 2), noise(1), noise(33, 6), noise(700, 1, seed=1)]
    waveform, lengths, problems = decode(
        [wav(r, container=container) for r in recordings]
    )
    assert not any(problems.numpy())
    assert waveform.shape == (4, 700)
    np.testing.assert_array_equal(lengths, [700, 1, 33, 700])
    for row, recording in zip(waveform.numpy(), recordings, strict=True):
        mean = recording.mean(axis=1)
        np.testing.assert_allclose(row[: len(mean)], mean, atol=2e-3)
        assert not row[len(mean) :].any()


def test_it_reads_what_decode_file_reads(tmp_path):
    data = wav(noise(5_000, 2))
    (tmp_path / "stereo.wav").write_bytes(data)
    decoded = audio.decode_file(tmp_path / "stereo.wav", RATE).samples
    waveform, _, _ = decode([data])
    in_graph = audio.to_full_scale(waveform.numpy()[0]).samples
    np.testing.assert_array_equal(in_graph, decoded)


@pytest.mark.parametrize("frames", [1, 50, 5_000, 150_001])
@pytest.mark.parametrize(
    "gains", [(1, -1), (-0.5, 0.6), (1, -0.97, 0.3), (1, 1), (1, -0.3), (0, 1)]
)
def test_channels_that_cancel_are_heard_as_by_decode_file(
    tmp_path, gains, frames
):
    # Some dither, so that what is left of an average is noise, not silence.
    dither = np.random.default_rng(1).integers(-2, 3, (frames, len(gains)))
    channels = noise(frames) * np.array(gains) + dither
    data = wav(np.rint(channels).astype(np.int16))
    (tmp_path / "phase.wav").write_bytes(data)
    decoded = audio.decode_file(tmp_path / "phase.wav", RATE).samples
    waveform, _, problems = decode([data, wav(noise(9))])
    assert not any(problems.numpy())
    in_graph = audio.to_full_scale(waveform.numpy()[0, :frames]).samples
    np.testing.assert_allclose(in_graph, decoded, atol=1)


def chunk(name, content):
    return (
        struct.pack("<4sI", name, len(content))
        + content
        + b"\0" * (len(content) % 2)
    )


def test_chunks_before_the_data_are_passed_over():
    plain = wav(noise(50))
    listed = chunk(b"LIST", b"data fmt odd!") + chunk(b"JUNK", b"")
    for data in (
        plain[:12] + listed + plain[12:],
        plain[:36] + listed + plain[36:] + listed,
    ):
        waveform, lengths, _ = decode([data])
        assert lengths.numpy() == [50]
        np.testing.assert_array_equal(waveform[0], noise(50)[:, 0])


@pytest.mark.parametrize("name", [b"LIST", b"JUNK", b"cue ", b"bext"])
@pytest.mark.parametrize("frames", [50, 8_216])
def test_a_byte_may_be_left_out_behind_a_chunk(name, frames):
    plain = wav(noise(frames))
    # The first byte of the length of data is a letter, in one of them.
    short = struct.pack("<4sI", name, 15) + b"a" * 15
    for filler in (b"", b"\0", b"\xff"):
        for at in (12, 36):
            data = plain[:at] + short + filler + plain[at:]
            waveform, lengths, _ = decode([data])
            assert lengths.numpy() == [frames]
            np.testing.assert_array_equal(waveform[0], noise(frames)[:, 0])


def test_the_oldest_headers_leave_out_the_bits():
    short = chunk(b"fmt ", PLAIN[20:34])
    waveform, lengths, _ = decode([PLAIN[:12] + short + PLAIN[36:]])
    assert lengths.numpy() == [50]
    np.testing.assert_array_equal(waveform[0], noise(50)[:, 0])


def test_what_is_behind_no_samples_is_none():
    empty = wav(noise(0))
    for behind in (
        chunk(b"LIST", bytes(90)),
        b"TAG" + bytes(125),
        b"APETAGEX" + bytes(200),
        b"ID3\3\0\0\0\0\1\0" + bytes(128),
    ):
        _, lengths, problems = decode([empty + behind, PLAIN])
        np.testing.assert_array_equal(lengths, [0, 50])
        assert problems.numpy()[0] == b"There are no samples."


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 100])
def test_the_size_may_be_unknown_and_the_file_cut_short(size):
    plain = wav(noise(50))
    data = plain[:40] + struct.pack("<I", size) + plain[44:-5]
    waveform, _, _ = decode([data])  # 95 bytes are 47 samples
    np.testing.assert_array_equal(waveform[0], noise(47 + 3)[:47, 0])


def test_no_files_are_no_rows():
    waveform, lengths, problems = decode(tf.zeros([0], tf.string))
    assert waveform.shape == (0, 1)
    assert lengths.shape == problems.shape == (0,)


PLAIN = wav(noise(50))


def test_a_file_of_nothing_but_chunks_is_not_read_to_its_end():
    few, many = (
        PLAIN[:36] + chunk(b"JUNK", b"") * count + PLAIN[36:]
        for count in (900, 1_000)
    )
    _, lengths, problems = decode([few, many])
    np.testing.assert_array_equal(lengths, [50, 0])
    assert b"first 1000" in problems.numpy()[1]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (wav(noise(9), subtype="PCM_24"), "16-bit PCM.*code 1, 24 bits"),
        (wav(noise(9), subtype="PCM_U8"), "16-bit PCM.*code 1, 8 bits"),
        (wav(noise(9), subtype="FLOAT"), "16-bit PCM.*code 3, 32 bits"),
        (wav(noise(9), subtype="ULAW"), "16-bit PCM.*code 7, 8 bits"),
        (
            wav(noise(9), subtype="FLOAT", container="WAVEX"),
            "16-bit PCM.*code 3, 32 bits",
        ),
        (wav(noise(9), 44_100), "must be 8000 Hz. Received: 44100 Hz"),
        (wav(noise(9), container="FLAC"), "RIFF WAVE.*begin with `fLaC`"),
        (wav(noise(9), container="RF64"), "RIFF WAVE.*begin with `RF64`"),
        (b"", "RIFF WAVE.*Received: 0 bytes"),
        (b"\xff\xfb\x90", r"RIFF WAVE.*Received: 3 bytes .* `\?\?\?`"),
        (PLAIN[:12], "no `fmt ` and `data` chunk"),
        (PLAIN[:40], "no `fmt ` and `data` chunk"),
        (PLAIN[:12] + PLAIN[36:], "no `fmt ` and `data` chunk"),
        (PLAIN[:44], "no samples"),
        (PLAIN[:45], "no samples"),
        (PLAIN[:22] + b"\0\0" + PLAIN[24:], "0 channels"),
        (PLAIN + PLAIN, "more than one WAV"),
        (PLAIN[:40] + b"\x65" + PLAIN[41:] + b"\1\0" + PLAIN, "more than one"),
        (PLAIN[:44] + PLAIN, "more than one WAV"),
    ],
)
def test_what_it_refuses_is_named_and_costs_no_other_row(data, message):
    waveform, lengths, problems = decode([PLAIN, data, PLAIN])
    first, refused, last = problems.numpy()
    assert first == last == b""
    assert re.search(message, refused.decode())
    np.testing.assert_array_equal(lengths, [50, 0, 50])
    for row in (0, 2):
        np.testing.assert_array_equal(waveform[row], noise(50)[:, 0])
    waveform, lengths, problems = decode([data])
    np.testing.assert_array_equal(waveform, [[0.0]])
    assert lengths.numpy() == [0] and problems.numpy() == [refused]
