import types

import numpy as np
import pytest
import tensorflow as tf
import tiny_tagger

from tftag import audio
from tftag.export import verification


@pytest.mark.parametrize("change", [0.01, np.nan])
def test_it_sees_another_model(tagger_loaded, change):
    other = tiny_tagger.build()
    _, bias = other.head.weights
    bias.assign(bias + np.eye(1, len(tiny_tagger.NAMES))[0] * change)
    difference = verification.largest_difference(
        tagger_loaded, other, tiny_tagger.SPEC, 8
    )
    assert not difference <= 1e-4


@pytest.mark.parametrize("clips_at_once", [1, 2, 4, 10])
def test_alone_together_and_more_than_the_network_sees(clips_at_once):
    spec, asked = tiny_tagger.SPEC, {}

    def one(waveform):
        asked[tuple(waveform.shape)] = None
        return {"x": tf.zeros([len(waveform), 1])}

    def padded(waveform, length_samples):
        asked["padded"] = length_samples.numpy().tolist()
        return {"x": tf.zeros([len(waveform), 1])}

    difference = verification.of_recordings(
        types.SimpleNamespace(signatures={"one": one, "padded": padded}),
        lambda recordings: np.zeros((len(recordings), 1)),
        *(spec, clips_at_once, ("one", "padded"), "x"),
    )
    assert difference == 0
    clips = [len(audio.clip_starts(n, spec)) for n in asked["padded"]]
    assert clips[:2] == [1, 1] and clips[2] > 2
    assert sum(clips) > clips_at_once
    one_sample, clip, several = asked.pop("padded")
    assert set(asked) == {(3, clip), (1, one_sample), (1, several)}
    assert (one_sample, clip) == (1, spec.clip_samples)
    assert several % clip


def test_the_signals_are_a_click_noise_and_a_sine():
    rate_hz = tiny_tagger.SPEC.sample_rate_hz
    click, noise, sine = verification.signals(tiny_tagger.SPEC, rate_hz)
    assert np.flatnonzero(click) == [0]
    np.testing.assert_allclose([noise.mean(), noise.std()], [0, 1], atol=0.05)
    spectrum = np.abs(np.fft.rfft(sine))
    assert spectrum.argmax() == 440
    # From the first sample on: one sample is a recording, too.
    assert noise[0] and sine[0]
