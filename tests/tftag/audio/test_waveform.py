"""Channels that cancel, one sample above all, and memory that is bounded."""

import contextlib

import encoded_audio
import numpy as np
import pytest

from tftag import audio
from tftag.audio import sample_file, waveform

RATE_HZ = 16_000


class Source:
    """Parts of a file, and how often it was opened."""

    opened = 0
    held_seconds = 0.0

    def __init__(self, *parts):
        self._parts = parts

    @contextlib.contextmanager
    def __call__(self):
        self.opened += 1
        yield self

    def parts(self):
        for rate_hz, x in self._parts:
            yield rate_hz, (x[i : i + 5_000] for i in range(0, len(x), 5_000))


def of(*parts):
    source = Source(*parts)
    found = waveform.Waveform(source, RATE_HZ)
    return found.recording(), found, source


def test_parts_of_any_rate_follow_one_another():
    parts = [
        (RATE_HZ, encoded_audio.melody(1.0, RATE_HZ, 1)),
        (44_100, encoded_audio.melody(1.0, 44_100, 2, seed=1)),
        (8_000, encoded_audio.melody(0.5, 8_000, 3, seed=2)),
    ]
    recording, _, source = of(*parts)
    assert recording.samples.size == round(2.5 * RATE_HZ)
    assert source.opened == 1
    alone = [of(part)[0] for part in parts]
    scaled = np.concatenate(
        [each.samples * (each.peak / recording.peak) for each in alone]
    )
    assert np.abs(recording.samples - scaled).max() <= 1


@pytest.mark.parametrize("against", [-1.0, -0.9, -1.1])
@pytest.mark.parametrize("noise", [0, 1e-4, 0.02])
def test_of_channels_that_cancel_one_is_used(against, noise):
    x = encoded_audio.melody(1.0, RATE_HZ, 1)
    rng = np.random.default_rng(0)
    stereo = np.concatenate([x, against * x], axis=1)
    stereo += noise * rng.standard_normal(stereo.shape).astype(np.float32)
    recording, found, source = of((RATE_HZ, stereo))
    loudest = int(against < -1)
    expected = audio.to_full_scale(stereo[:, loudest]).samples
    if noise < 0.02:
        channel = 1 + loudest if abs(against) != 1 else None
        assert channel is None or f"channel {channel} alone" in found.remark
    assert np.abs(np.corrcoef(recording.samples, expected)[0, 1]) > 0.98
    assert source.opened == 2


def test_channels_that_do_not_cancel_are_averaged():
    rng = np.random.default_rng(0)
    x = encoded_audio.melody(1.0, RATE_HZ, 1)
    silent = np.zeros_like(x)
    for channels in (
        [x, x],
        [x, silent],
        [silent, x, silent, silent, silent, silent, silent, silent],
        [x, -0.5 * x],
        [rng.standard_normal(x.shape).astype(np.float32) for _ in range(6)],
        [x, encoded_audio.melody(1.0, RATE_HZ, 1, seed=3)],
    ):
        both = np.concatenate(channels, axis=1)
        recording, found, source = of((RATE_HZ, both))
        expected = audio.to_full_scale(audio.to_mono(both)).samples
        np.testing.assert_array_equal(recording.samples, expected)
        assert source.opened == 1 and not found.remark


def test_a_pair_that_cancels_among_silent_channels_is_heard():
    x = encoded_audio.melody(1.0, RATE_HZ, 1)
    silent = np.zeros_like(x)
    surround = np.concatenate([silent, silent, x, -x, silent], axis=1)
    recording, found, _ = of((RATE_HZ, surround))
    expected = audio.to_full_scale(x[:, 0]).samples
    np.testing.assert_array_equal(recording.samples, expected)
    assert "channel 3" in found.remark


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_passage_whose_channels_cancel_is_told(share):
    x = np.random.default_rng(0).standard_normal((200_000, 1)) * 0.1
    x = x.astype(np.float32)
    other = x.copy()
    other[: round(share * len(x))] *= -1
    _, found, source = of((RATE_HZ, np.concatenate([x, other], axis=1)))
    assert source.opened == 1
    assert f"cancel each other (one is inverted) in {100 * share:.0f} %" in (
        found.remark
    )


@pytest.mark.parametrize("value", [1e30, -1e6, 3e38])
@pytest.mark.parametrize("rate_hz", [RATE_HZ, 44_100])
def test_one_sample_does_not_set_the_scale_for_all(value, rate_hz):
    x = encoded_audio.melody(2.0, rate_hz, 1)
    x[777] = value
    with pytest.raises(audio.UnusableAudio, match="damaged|infinite") as caught:
        of((rate_hz, x))
    assert caught.value.reason == "unreadable"


def test_loud_files_and_lone_clicks_are_no_damage():
    x = encoded_audio.melody(1.0, RATE_HZ, 1)
    click = np.zeros_like(x)
    click[777] = 1
    for each in (x, 30_000 * x, 1e9 * x, click, 1e-6 * x):
        recording, _, _ = of((RATE_HZ, each.astype(np.float32)))
        assert np.abs(recording.samples.astype(int)).max() == audio.FULL_SCALE


@pytest.mark.parametrize("rate_hz", [192_000, 44_100])
def test_any_length_from_one_sample_on_is_a_recording(rate_hz):
    for length in range(1, 40):
        x = np.full((length, 1), -0.25, np.float32)
        recording, _, _ = of((rate_hz, x))
        expected = length * RATE_HZ / rate_hz
        assert max(1, expected - 1) <= recording.samples.size <= expected + 1
        assert np.abs(recording.samples.astype(int)).max() == audio.FULL_SCALE


@pytest.mark.parametrize("held_seconds", [0.0, 4.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_long_recordings_are_read_twice_and_come_out_equal(
    monkeypatch, channels, held_seconds
):
    x = encoded_audio.melody(4.0, 44_100, channels)
    short, _, source = of((44_100, x))
    assert source.opened == 1
    monkeypatch.setattr(waveform, "_KEPT_SECONDS", 1)
    monkeypatch.setattr(sample_file, "LEAST_BYTES", 2)
    monkeypatch.setattr(Source, "held_seconds", held_seconds)
    long, found, source = of((44_100, x))
    assert source.opened == 2 and found._kept is None
    assert sample_file.is_in_file(long.samples)
    np.testing.assert_array_equal(long.samples, short.samples)
    assert long.peak == short.peak


def test_what_is_over_the_limit_is_named(monkeypatch):
    x = encoded_audio.melody(2.0, RATE_HZ, 1)
    monkeypatch.setattr(waveform, "MAX_SECONDS", 1)
    with pytest.raises(audio.UnusableAudio, match="longer than") as caught:
        of((RATE_HZ, x))
    assert caught.value.reason == "too long"


def test_a_file_that_changes_between_two_readings_is_named(monkeypatch):
    monkeypatch.setattr(waveform, "_KEPT_SECONDS", 1)
    x = encoded_audio.melody(2.0, RATE_HZ, 1)
    for other in (x[:-100], np.concatenate([x, x])):
        source = Source((RATE_HZ, x))
        found = waveform.Waveform(source, RATE_HZ)
        source._parts = ((RATE_HZ, other),)
        with pytest.raises(audio.UnusableAudio, match="It changed"):
            found.recording()


@pytest.mark.parametrize("kind", ["FLAC", "WAV", "MP3", "OGG"])
def test_a_header_of_a_long_file_is_enough(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(waveform, "MAX_SECONDS", 2)
    x = encoded_audio.melody(3.0, RATE_HZ, 1)
    path = tmp_path / "a"
    path.write_bytes(encoded_audio.encoded(x, RATE_HZ, kind))
    with pytest.raises(audio.UnusableAudio, match="a: It is longer") as caught:
        audio.decode_file(path, RATE_HZ)
    assert caught.value.reason == "too long"
