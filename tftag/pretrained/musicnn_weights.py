"""The published musicnn taggers, as taggers of this package."""

import pathlib

import keras
import numpy as np

from tftag import audio
from tftag.models import backbone, tagger

# Patches of 187 frames, with no frame centred beyond them.
AUDIO = audio.AudioSpec(
    sample_rate_hz=16_000,
    clip_seconds=186 * 256 / 16_000,
    window_samples=512,
    hop_samples=256,
    mel_bands=96,
    min_hz=0.0,
    max_hz=8_000.0,
    log_floor=1e-4,
    mel_scale="slaney",
    mel_norm="slaney",
    edges="reflect",
    compression="log10",
)
_FOLDER = pathlib.Path(__file__).parent


def read(name: str) -> dict[str, np.ndarray]:
    """Reads the arrays of a network, as its authors published them.

    Args:
        name: `msd_musicnn` or `mtt_musicnn`.

    Returns:
        float32 arrays by `layer/part`, the names of `models.musicnn`.
    """
    with np.load(_FOLDER / f"{name}.npz") as arrays:
        return dict(arrays)


def model(name: str) -> keras.Model:
    """Builds a published tagger with its weights.

    Args:
        name: `msd_musicnn` or `mtt_musicnn`.

    Returns:
        What `models.tagger.tagger` builds for `AUDIO`: from
        `{"waveform": [batch, samples], "peak": [batch]}` to float32 logits
        `[batch, 50]`.
    """
    arrays = read(name)
    config = tagger.TaggerConfig(
        backbone.BackboneConfig(architecture="musicnn", pooling="embedding")
    )
    built = tagger.tagger(AUDIO, config, len(arrays["tag_logits/bias"]))
    assign(built, [arrays])
    head = built.get_layer("tag_logits")
    head.set_weights([arrays["tag_logits/kernel"], arrays["tag_logits/bias"]])
    return built


def assign(built: keras.Model, members: list[dict[str, np.ndarray]]) -> None:
    """Gives a network the bodies of published taggers.

    Args:
        built: Has the layers `mel_norm` and `backbone`, of `AUDIO`.
        members: What `read` gives, for each member of the backbone.
    """
    mel_norm = built.get_layer("mel_norm")
    mean, variance = (
        members[0][f"input_norm/moving_{part}"] for part in ("mean", "variance")
    )
    shape = mel_norm.moving_mean.shape
    mel_norm.set_weights(
        [np.broadcast_to(mean, shape), np.broadcast_to(variance, shape)]
    )
    body = built.get_layer("backbone")
    for number, arrays in enumerate(members, start=1):
        prefix = f"member_{number}_" if len(members) > 1 else ""
        arrays = _behind(mel_norm, mean, variance, arrays)
        for layer in body.layers:
            own = layer.name.removeprefix(prefix)
            if layer.weights and layer.name.startswith(prefix):
                layer.set_weights(
                    [arrays[f"{own}/{weight.name}"] for weight in layer.weights]
                )


def _behind(mel_norm, mean, variance, arrays):
    """Rewrites the statistics of the input for a spectrogram standardised."""
    scale = np.sqrt(variance.astype(np.float64) + mel_norm.epsilon)
    own_mean, own_variance = (
        arrays[f"input_norm/moving_{part}"].astype(np.float64)
        for part in ("mean", "variance")
    )
    own_scale = np.sqrt(own_variance + mel_norm.epsilon) / scale
    return {
        **arrays,
        "input_norm/moving_mean": (own_mean - mean) / scale,
        "input_norm/moving_variance": own_scale**2 - mel_norm.epsilon,
    }
