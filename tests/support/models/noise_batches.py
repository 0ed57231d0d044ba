"""Batches of noise for small networks, as the pipeline would make them."""

import keras
import numpy as np
from keras import ops

from tftag import audio, losses

SPEC = audio.AudioSpec(
    sample_rate_hz=4_000,
    clip_seconds=0.5,
    window_samples=128,
    hop_samples=64,
    mel_bands=16,
    max_hz=2_000.0,
)  # 32 frames


NAMES = ("calm", "high", "low", "noise", "quick")


def noise(batch=3, samples=2_000, seed=0):
    """Noise at full scale, int16 `[batch, samples]`, with its peak."""
    rng = np.random.default_rng(seed)
    waveform = rng.integers(-32_767, 32_768, (batch, samples), "int16")
    return {"waveform": waveform, "peak": np.full(batch, 32_767.0, "float32")}


def low_and_high():
    """Two low tones and two high ones, and which is which `[4, 2]`."""
    hz = np.array([[200], [250], [1_000], [1_200]])
    waveform = np.sin(2 * np.pi * hz * np.arange(2_000) / 4_000)
    truth = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], "float32")
    return {"waveform": waveform, "peak": np.ones(4, "float32")}, truth


def masks(batch=3, width=0):
    """Two masks per clip and axis: `width` from place 1, and none."""
    drawn = np.zeros((batch, 2, 2), "int32")
    drawn[:, 0] = (1, width)
    return {"mel_masks": drawn, "time_masks": drawn}


def call(model, x):
    """What a model says outside training, as a numpy array."""
    return ops.convert_to_numpy(model(x, training=False))


def check_masked(model, training, members):
    """What is trained shares every weight, and has masks and members apart.

    Args:
        model: Of four tags.
        training: The same with SpecAugment, as it is trained.
        members: How many it has.
    """

    def mean_of_members(**wide):
        return call(training, {**inputs, **masks(**wide)}).mean(axis=1)

    assert training.output.shape == (None, members, 4)
    assert {id(v) for v in training.variables} == {
        id(v) for v in model.variables
    }
    inputs = noise()
    before = call(model, inputs)
    np.testing.assert_allclose(mean_of_members(), before, atol=1e-5)
    assert np.abs(mean_of_members(width=9) - before).max() > 1e-4
    training.compile(keras.optimizers.SGD(0.1), losses.BinaryCrossentropy())
    truth = np.ones((len(before), 1, 4), "float32")
    training.fit({**inputs, **masks(width=2)}, truth, verbose=0)
    after = call(model, inputs)
    assert np.abs(after - before).min() > 1e-6
    np.testing.assert_allclose(mean_of_members(), after, atol=1e-5)
