import errno
import os
import wave

import numpy as np
import pytest
import soundfile
import soxr

from tftag import audio
from tftag.audio import contents

RATE_HZ = 16_000


def noise(samples, channels=1, seed=0):
    """Pink-ish noise at a level that no coder clips."""
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.standard_normal((samples, channels)), axis=0) * 0.002
    x += 0.05 * rng.standard_normal((samples, channels))
    return np.clip(x, -0.9, 0.9).astype(np.float32)


def sine(hz, rate_hz, seconds=1.0, level=0.25):
    return level * np.sin(
        2 * np.pi * hz * np.arange(round(rate_hz * seconds)) / rate_hz
    )


def reference(path, rate_hz):
    """The definition, in one go and without regard for memory."""
    x, source_hz = soundfile.read(path, dtype="float32", always_2d=True)
    x = x.mean(axis=1)
    if source_hz != rate_hz:
        x = soxr.resample(x, source_hz, rate_hz, quality="HQ")
    peak = np.abs(x).max()
    return np.rint(x / peak * np.float32(32_767)).astype(np.int16), peak


FILES = [
    ("a.wav", "WAV", "PCM_16", 16_000, 1),
    ("a.wav", "WAV", "PCM_24", 44_101, 2),
    ("a.wav", "WAV", "FLOAT", 8_000, 1),
    ("a.wav", "WAV", "DOUBLE", 192_000, 8),
    ("a.wav", "WAV", "ALAW", 8_000, 1),
    ("a.wav", "WAV", "IMA_ADPCM", 22_050, 2),
    ("a.rf64", "RF64", "PCM_16", 48_000, 2),
    ("a.flac", "FLAC", "PCM_16", 44_100, 2),
    ("a.flac", "FLAC", "PCM_24", 96_000, 3),
    ("a.ogg", "OGG", "VORBIS", 44_100, 2),
    ("a.opus", "OGG", "OPUS", 48_000, 1),
    ("a.mp3", "MP3", "MPEG_LAYER_III", 44_100, 2),
    ("a.aiff", "AIFF", "PCM_S8", 11_025, 1),
]


@pytest.mark.parametrize("name, kind, subtype, rate_hz, channels", FILES)
def test_blocks_give_what_one_piece_gives_and_decoding_is_idempotent(
    tmp_path, name, kind, subtype, rate_hz, channels
):
    path = tmp_path / name
    # More than one block, and no multiple of one.
    x = noise(150_001, channels)
    soundfile.write(path, x, rate_hz, format=kind, subtype=subtype)
    recording = audio.decode_file(path, RATE_HZ)
    expected, peak = reference(path, RATE_HZ)
    np.testing.assert_array_equal(recording.samples, expected)
    assert recording.peak == peak
    assert recording.samples.dtype == np.int16
    assert np.abs(recording.samples.astype(int)).max() == audio.FULL_SCALE

    prepared = tmp_path / "prepared.wav"
    audio.write_wav(prepared, recording.samples, RATE_HZ)
    again = audio.decode_file(prepared, RATE_HZ)
    np.testing.assert_array_equal(again.samples, recording.samples)


def test_big_endian_wav_reads_like_little_endian(tmp_path):
    x = noise(5_000)
    soundfile.write(tmp_path / "rifx.wav", x, RATE_HZ, endian="BIG")
    soundfile.write(tmp_path / "riff.wav", x, RATE_HZ)
    assert (tmp_path / "rifx.wav").read_bytes()[:4] == b"RIFX"
    np.testing.assert_array_equal(
        audio.decode_file(tmp_path / "rifx.wav", RATE_HZ).samples,
        audio.decode_file(tmp_path / "riff.wav", RATE_HZ).samples,
    )


def test_every_int16_survives(tmp_path):
    samples = np.arange(-32_767, 32_768).astype(np.int16)
    audio.write_wav(tmp_path / "all.wav", samples, RATE_HZ)
    np.testing.assert_array_equal(
        audio.decode_file(tmp_path / "all.wav", RATE_HZ).samples, samples
    )


def test_resampling_keeps_a_tone_and_removes_what_does_not_fit(tmp_path):
    rate_hz = 48_000
    x = sine(1_000, rate_hz) + sine(11_000, rate_hz)
    soundfile.write(tmp_path / "two.wav", x, rate_hz, subtype="FLOAT")
    samples = audio.decode_file(tmp_path / "two.wav", RATE_HZ).samples
    inner = samples[2_000:14_000] * np.hanning(12_000)
    spectrum = np.abs(np.fft.rfft(inner))
    hz = np.fft.rfftfreq(12_000, 1 / RATE_HZ)
    assert hz[spectrum.argmax()] == pytest.approx(1_000, abs=1)
    away = spectrum[np.abs(hz - 1_000) > 20].max()
    assert 20 * np.log10(away / spectrum.max()) < -80  # 16 bits: about -98


@pytest.mark.parametrize("order", ["C", "F"])
def test_mono_is_the_mean_of_the_channels(order):
    for channels in range(1, 17):
        x = np.asarray(noise(500, channels), np.float32, order=order)
        found, mean = audio.to_mono(x), x.mean(axis=1)
        assert found.dtype == np.float32 and found.shape == (500,)
        np.testing.assert_array_equal(found, mean)


def test_level_and_channels_do_not_matter(tmp_path):
    x = noise(20_000)[:, 0]
    soundfile.write(tmp_path / "a.wav", x, 44_100, subtype="FLOAT")
    loud = np.stack([3 * x, 5 * x], axis=1)  # beyond full scale
    soundfile.write(tmp_path / "b.wav", loud, 44_100, subtype="FLOAT")
    a = audio.decode_file(tmp_path / "a.wav", RATE_HZ)
    b = audio.decode_file(tmp_path / "b.wav", RATE_HZ)
    assert np.abs(a.samples.astype(int) - b.samples).max() <= 1
    assert b.peak == pytest.approx(4 * a.peak, rel=1e-5)
    assert b.peak > 1


def test_a_missing_file_is_not_unusable_audio(tmp_path):
    with pytest.raises(FileNotFoundError):
        audio.decode_file(tmp_path / "none.wav", RATE_HZ)


def test_of_a_disk_that_fails_the_file_is_named(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(errno.EIO, "Input/output error")  # as read() has it

    monkeypatch.setattr(contents, "kind", fails)
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(OSError, match="Input/output error.*a.wav"):
        audio.decode_file(tmp_path / "a.wav", RATE_HZ)


@pytest.mark.skipif(
    not os.path.exists("/proc/self/mem"), reason="no file that cannot be read"
)
def test_so_it_is_where_its_first_byte_cannot_be_read():
    with pytest.raises(OSError, match="'/proc/self/mem'"):
        audio.decode_file("/proc/self/mem", RATE_HZ)


def test_nobody_waits_for_a_pipe_that_looks_like_a_file(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(audio.UnusableAudio, match="a.wav: It is a pipe"):
        audio.decode_file(tmp_path / "a.wav", RATE_HZ)


def test_to_full_scale_accepts_any_unit_and_refuses_nothing_to_hear():
    x = noise(100)[:, 0]
    for unit in (1e-3, 1.0, 1e6):
        recording = audio.to_full_scale(unit * x)
        assert np.abs(recording.samples).max() == audio.FULL_SCALE
        assert recording.peak == pytest.approx(unit * np.abs(x).max())
    for x, reason in [
        (np.zeros(5), "silent"),
        (np.zeros(0), "empty"),
        (np.array([1.0, np.nan]), "unreadable"),
    ]:
        with pytest.raises(audio.UnusableAudio) as caught:
            audio.to_full_scale(x)
        assert caught.value.reason == reason
    with pytest.raises(ValueError, match="shape"):
        audio.to_full_scale(np.ones((2, 5)))


def test_write_wav_is_canonical(tmp_path):
    samples = np.array([1, -2, 32_767], np.int16)
    assert audio.write_wav(tmp_path / "a.wav", samples, 22_050) == 44
    data = (tmp_path / "a.wav").read_bytes()
    assert np.frombuffer(data, "<i2", offset=44).tolist() == samples.tolist()
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (1, 2, 22_050, 3)
    with pytest.raises(ValueError, match="int16"):
        audio.write_wav(tmp_path / "b.wav", samples / 2, 22_050)


@pytest.mark.parametrize("step_seconds", [None, 0.5, 1.7])
def test_clips_reach_both_ends_and_leave_no_gap(step_seconds):
    spec = audio.AudioSpec(
        sample_rate_hz=100,
        clip_seconds=1.0,
        clip_step_seconds=step_seconds,
        max_hz=50.0,
    )
    for samples in [0, 1, 99, 100]:
        assert audio.clip_starts(samples, spec).tolist() == [0]
    for samples in range(101, 700):
        starts = audio.clip_starts(samples, spec)
        assert starts[0] == 0
        assert starts[-1] == samples - spec.clip_samples
        steps = np.diff(starts)
        assert steps.max() <= spec.clip_step_samples
        assert steps.max() - steps.min() <= 1
        if len(starts) > 2:  # none too many
            spare = samples - spec.clip_samples
            assert spare / (len(starts) - 2) > spec.clip_step_samples


def test_spec_counts():
    spec = audio.AudioSpec()
    assert spec.clip_samples == 480_000
    assert spec.clip_step_samples == 480_000
    assert spec.clip_frames == 938
    assert [spec.frames(n) for n in (0, 511, 512)] == [1, 1, 2]


@pytest.mark.parametrize(
    "field, value",
    [
        ("sample_rate_hz", 0),
        ("sample_rate_hz", 16_000.5),
        ("hop_samples", -1),
        ("clip_seconds", 0.0),
        ("clip_seconds", float("nan")),
        ("clip_seconds", 1e-9),
        ("clip_step_seconds", -1.0),
        ("log_floor", 0.0),
        ("mel_scale", "mel9"),
        ("edges", "wrap9"),
        ("max_hz", 8_001.0),
        ("min_hz", 8_000.0),
        ("min_hz", -1.0),
    ],
)
def test_spec_refuses(field, value):
    with pytest.raises(ValueError, match=f"{field}.*Received"):
        audio.AudioSpec(**{field: value})


def test_octaves_do_not_reach_0_hz():
    with pytest.raises(ValueError, match="octave needs `min_hz` > 0.*0"):
        audio.AudioSpec(mel_scale="octave", min_hz=0.0)
