"""Masks bands and frames of a spectrogram, where it is told to."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tftag")
class SpecAugment(keras.layers.Layer):
    """Sets masked mel bands and frames to 0.

    The masks of SpecAugment (Park et al. 2019, https://arxiv.org/abs/1904.08779)
    without its time warping. The layer draws nothing: the masks come with the
    example, so example 17 of epoch 3 can be rebuilt.

    >>> import numpy as np
    >>> from tftag import layers
    >>> spectrogram = np.ones((1, 2, 4), np.float32)
    >>> second_and_third_band = np.array([[[1, 2]]])
    >>> no_frame = np.zeros((1, 0, 2), int)
    >>> masks = second_and_third_band, no_frame
    >>> np.asarray(layers.SpecAugment()(spectrogram, *masks)).tolist()
    [[[1.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0]]]
    """

    def call(self, x: Any, mel_masks: Any, time_masks: Any) -> Any:
        """Applies the masks.

        Args:
            x: `[batch, frames, mels]`.
            mel_masks: int `[batch, masks, 2]`: first band and number of
                bands; `masks` may be 0, and so may a width.
            time_masks: int `[batch, masks, 2]`: first frame and number of
                frames.

        Returns:
            `[batch, frames, mels]`, 0 where any mask applies.
        """
        frames, mels = ops.shape(x)[1:]
        masked = ops.logical_or(
            _covered(time_masks, frames)[:, :, None],
            _covered(mel_masks, mels)[:, None, :],
        )
        return ops.where(masked, ops.zeros_like(x), x)

    def compute_output_shape(
        self, x_shape: Any, mel_masks_shape: Any, time_masks_shape: Any
    ) -> Any:
        """Returns the shape of the spectrogram."""
        return x_shape


def _covered(masks: Any, length: Any) -> Any:
    """Which positions lie in a mask: bool `[batch, length]`."""
    start, width = masks[:, :, 0:1], masks[:, :, 1:2]
    position = ops.arange(length, dtype=masks.dtype)[None, None, :]
    inside = ops.logical_and(position >= start, position < start + width)
    return ops.any(inside, axis=1)
