"""Batches of noise for small networks, as the pipeline would make them."""

import numpy as np
from keras import ops

from tftag import audio

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


def masks(batch=3, width=0):
    """Two masks per clip and axis: `width` from place 1, and none."""
    drawn = np.zeros((batch, 2, 2), "int32")
    drawn[:, 0] = (1, width)
    return {"mel_masks": drawn, "time_masks": drawn}


def call(model, x):
    """What a model says outside training, as a numpy array."""
    return ops.convert_to_numpy(model(x, training=False))
