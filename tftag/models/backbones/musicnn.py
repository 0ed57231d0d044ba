"""musicnn: convolutions as long as a timbre is wide, or as a beat is long.

From a standardised log-mel spectrogram to one vector. Filters over 38 and 67
bands and 7 frames look for timbres at any pitch; filters over one band and
128, 64 and 32 frames for what happens in time. Their maxima over all bands go
through three convolutions over 7 frames with residual sums; all four are
pooled over time by maximum and mean.

Pons and Serra, musicnn: pre-trained convolutional neural networks for music
audio tagging, 2019, https://arxiv.org/abs/1909.06654; Pons et al., End-to-end
learning for music audio tagging at scale, 2018,
https://arxiv.org/abs/1711.02520.
"""

from collections.abc import Callable

import keras
from keras import ops

from tftag import layers

# Bands and number of filters, frames and number of filters.
TIMBRAL = ((38, 204), (67, 204))
TEMPORAL = ((128, 51), (64, 51), (32, 51))
# Filters and frames of the convolutions over time, and how many there are.
FILTERS, FRAMES, CONVOLUTIONS = 64, 7, 3
EMBEDDING = 200
# `both`: maximum and mean over time of all features; `embedding`: the dense
# layer behind it, which the published taggers have.
POOLINGS = ("embedding", "both", "both_and_embedding")


_Norm = Callable[..., keras.KerasTensor]


def check_bands(mel_bands: int) -> None:
    """Refuses a spectrogram that no timbral filter fits into.

    Raises:
        ValueError: It has too few bands.
    """
    least = max(bands for bands, _ in TIMBRAL)
    if mel_bands < least:
        raise ValueError(
            f"musicnn takes `mel_bands` >= {least}, the published weights "
            f"96. Received: {mel_bands}."
        )


def vector(
    x: keras.KerasTensor,
    pooling: str,
    batch_norm_momentum: float,
    prefix: str = "",
) -> keras.KerasTensor:
    """Takes a spectrogram through the network.

    Args:
        x: `[batch, frames, mels]`, at least 67 mels.
        pooling: One of `POOLINGS`.
        batch_norm_momentum: Share of the moving statistics that a step keeps.
        prefix: Of the layers' names.

    Returns:
        `[batch, dim]`: 200 values of an embedding, 1,506 pooled ones, or
        those before these.
    """

    def norm(
        x: keras.KerasTensor,
        name: str,
        kind: type[layers.BatchNormalization] = layers.BatchNormalization,
    ) -> keras.KerasTensor:
        return kind(momentum=batch_norm_momentum, name=f"{prefix}{name}_norm")(
            x
        )

    x = norm(ops.expand_dims(x, -1), "input")  # [batch, frames, mels, 1]
    x = ops.concatenate(
        [
            *(_timbral(x, *shape, norm, prefix) for shape in TIMBRAL),
            *(_temporal(x, *shape, norm, prefix) for shape in TEMPORAL),
        ],
        axis=-1,
    )  # [batch, frames, 561]
    features = [x]
    for number in range(1, CONVOLUTIONS + 1):
        name = f"frames_{number}"
        own = keras.layers.Conv1D(
            *(FILTERS, FRAMES),
            padding="same",
            activation="relu",
            name=f"{prefix}{name}",
        )(x)
        own = norm(own, name)
        x = own if number == 1 else x + own
        features.append(x)
    pooled = _pooled(ops.concatenate(features, axis=-1))
    if pooling == "both":
        return pooled
    x = keras.layers.Dense(
        EMBEDDING, activation="relu", name=f"{prefix}embedding"
    )(norm(pooled, "pooled"))
    x = norm(x, "embedding")
    if pooling == "embedding":
        return x
    return ops.concatenate([pooled, x], axis=-1)


def _timbral(
    x: keras.KerasTensor, bands: int, filters: int, norm: _Norm, prefix: str
) -> keras.KerasTensor:
    """Maxima over pitch `[batch, frames, filters]`."""
    name = f"timbral_{bands}"
    x = keras.layers.ZeroPadding2D((FRAMES // 2, 0))(x)
    x = keras.layers.Conv2D(
        filters, (FRAMES, bands), activation="relu", name=f"{prefix}{name}"
    )(x)
    return norm(x, name, layers.NormalizedMaximum)


def _temporal(
    x: keras.KerasTensor, frames: int, filters: int, norm: _Norm, prefix: str
) -> keras.KerasTensor:
    """Maxima over the bands `[batch, frames, filters]`."""
    name = f"temporal_{frames}"
    x = keras.layers.Conv2D(
        filters,
        (frames, 1),
        padding="same",
        activation="relu",
        name=f"{prefix}{name}",
    )(x)
    return norm(x, name, layers.NormalizedMaximum)


def _pooled(x: keras.KerasTensor) -> keras.KerasTensor:
    """Maximum and mean over time, one beside the other."""
    both = ops.stack([ops.max(x, axis=1), ops.mean(x, axis=1)], axis=-1)
    return ops.reshape(both, (-1, 2 * x.shape[-1]))
