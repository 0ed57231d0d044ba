"""Batch normalisation by TensorFlow's fused kernel."""

import contextlib
import contextvars
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

_FUSED_DTYPES = ("float16", "bfloat16", "float32")
_Offsets = Mapping["BatchNormalization", npt.NDArray[np.float32]]
_offsets = contextvars.ContextVar[_Offsets]("offsets")


@contextlib.contextmanager
def folded(offsets: _Offsets) -> Iterator[None]:
    """What is traced meanwhile adds offsets in place of batch norms.

    Args:
        offsets: float32 `[dim]` of each batch norm; its scale has to be in the
            kernel of the layer before it.
    """
    token = _offsets.set(offsets)
    try:
        yield
    finally:
        _offsets.reset(token)


@keras.saving.register_keras_serializable(package="tftag")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, faster and repeatable on TensorFlow.

    Output, moving statistics and gradients are those of Keras' layer, which
    takes moments and scales in separate operations; this one runs the fused
    kernel on `[batch, frames, mels, dim]`, `[batch, frames, dim]` and
    `[batch, dim]`.
    Whatever the kernel does not cover (other backends, ranks and axes,
    masks, `renorm`, `synchronized`, float64) is computed by Keras' layer.

    Args:
        momentum: Share of the moving statistics that a step keeps.
        epsilon: Added to the variance.
        **kwargs: Further arguments of `keras.layers.BatchNormalization`.
    """

    def __init__(
        self, momentum: float = 0.99, epsilon: float = 1e-3, **kwargs: Any
    ) -> None:
        """Passes the arguments on."""
        super().__init__(momentum=momentum, epsilon=epsilon, **kwargs)

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> Any:
        """Normalises the last axis.

        Args:
            inputs: `[batch, ..., dim]`.
            training: Whether to use the statistics of the batch, and to
                move the stored ones towards them. A frozen layer
                (`trainable = False`) uses the stored ones in either case.
            mask: As in Keras' layer.

        Returns:
            The shape of `inputs`, in the layer's compute dtype.
        """
        if not training and (offset := _offsets.get({}).get(self)) is not None:
            return inputs + ops.cast(offset, inputs.dtype)
        # Frozen in training: the kernel has no deterministic gradient for
        # stored statistics on a GPU.
        frozen = training and not self.trainable
        if frozen or mask is not None or not self._is_fused(inputs):
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        gamma = self.gamma if self.scale else ops.ones_like(self.moving_mean)
        beta = self.beta if self.center else ops.zeros_like(self.moving_mean)
        x = inputs
        while len(x.shape) < 4:
            x = x[:, None]
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=x,
            scale=ops.convert_to_tensor(gamma),
            offset=ops.convert_to_tensor(beta),
            mean=ops.convert_to_tensor(self.moving_mean),
            variance=ops.convert_to_tensor(self.moving_variance),
            epsilon=self.epsilon,
            data_format="NHWC",
            is_training=bool(training),
        )
        if training:
            self._move_statistics(inputs, mean, variance)
        while len(outputs.shape) > len(inputs.shape):
            outputs = outputs[:, 0]
        return outputs

    def _is_fused(self, inputs: Any) -> bool:
        rank = len(inputs.shape)
        return (
            keras.backend.backend() == "tensorflow"
            and rank in (2, 3, 4)
            and self.axis in (-1, rank - 1)
            and not self.renorm
            and not self.synchronized
            and keras.backend.standardize_dtype(inputs.dtype) in _FUSED_DTYPES
        )

    def _move_statistics(self, inputs: Any, mean: Any, variance: Any) -> None:
        count = ops.cast(ops.prod(ops.shape(inputs)[:-1]), "float32")
        # The kernel returns the variance divided by count - 1 (by 1 where
        # count is 1); Keras keeps the one divided by count.
        variance *= ops.maximum(count - 1, 1) / ops.maximum(count, 1)
        keep = self.momentum
        self.moving_mean.assign(self.moving_mean * keep + mean * (1 - keep))
        self.moving_variance.assign(
            self.moving_variance * keep + variance * (1 - keep)
        )
