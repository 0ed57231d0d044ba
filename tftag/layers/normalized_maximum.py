"""Batch normalisation and the maximum over bands, in one."""

from typing import Any

import keras
from keras import ops

from tftag.layers import batch_normalization


@keras.saving.register_keras_serializable(package="tftag")
class NormalizedMaximum(batch_normalization.BatchNormalization):
    """The maximum over all bands of what batch norm makes of them.

    Stored statistics make a straight line of every filter, and the largest
    value of a line is at one of its ends: only the largest and the smallest
    value of each filter are normalised, not all bands. The arguments and
    weights are those of `BatchNormalization`.
    """

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> Any:
        """Takes `[batch, frames, bands, dim]` to `[batch, frames, dim]`."""
        if not (training and self.trainable):
            ends = [ops.max(inputs, axis=2), ops.min(inputs, axis=2)]
            inputs = ops.stack(ends, axis=2)
        return ops.max(super().call(inputs, training, mask), axis=2)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Returns `[batch, frames, dim]`."""
        batch, frames, _, dim = input_shape
        return (batch, frames, dim)
