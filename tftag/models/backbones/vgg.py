"""vgg: five small convolutions, and what is left of the picture behind them.

From a standardised log-mel spectrogram to one vector. Each convolution over
3 frames and 3 bands is followed by ReLU, batch norm and a maximum over
neighbours; the last maxima leave a few positions in time, whose filters stand
one after the other, not pooled.

Choi, Fazekas and Sandler, Automatic tagging using deep convolutional neural
networks, 2016, https://arxiv.org/abs/1606.00298; here as Pons and Serra
published it beside musicnn, 2019, https://arxiv.org/abs/1909.06654.
"""

import keras
from keras import ops

from tftag import layers

FILTERS = 128
# Frames and bands of each maximum, and its step in both.
POOLS = (((4, 1), 2), ((2, 2), 2), ((2, 2), 2), ((2, 2), 2), ((4, 4), 4))
POOLINGS = ("embedding",)


def check(frames: int, mel_bands: int) -> None:
    """Refuses a spectrogram that is gone before the last maximum.

    Args:
        frames: Of a clip or patch.
        mel_bands: Of the spectrogram.

    Raises:
        ValueError: It has too few of either.
    """
    for name, axis, given in (("frames", 0, frames), ("bands", 1, mel_bands)):
        least = 1
        for size, step in reversed(POOLS):
            least = (least - 1) * step + size[axis]
        if given < least:
            raise ValueError(
                f"vgg takes {name} >= {least}, the published weights 187 "
                f"frames of 96 bands. Received: {given}."
            )


def vector(
    x: keras.KerasTensor, batch_norm_momentum: float, prefix: str = ""
) -> keras.KerasTensor:
    """Takes a spectrogram through the network.

    Args:
        x: `[batch, frames, mels]`, of a fixed number of frames.
        batch_norm_momentum: Share of the moving statistics that a step keeps.
        prefix: Of the layers' names.

    Returns:
        `[batch, dim]`: 256 values of 187 frames and 96 bands.
    """

    def norm(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return layers.BatchNormalization(
            momentum=batch_norm_momentum, name=f"{prefix}{name}_norm"
        )(x)

    x = norm(ops.expand_dims(x, -1), "input")  # [batch, frames, mels, 1]
    for number, (size, step) in enumerate(POOLS, start=1):
        name = f"conv_{number}"
        x = keras.layers.Conv2D(
            *(FILTERS, 3),
            padding="same",
            activation="relu",
            name=f"{prefix}{name}",
        )(x)
        x = keras.layers.MaxPooling2D(size, step)(norm(x, name))
    return keras.layers.Flatten()(x)
