"""A network whose weights are constants of the graphs it is in."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tftag import layers
from tftag.layers import batch_normalization


def frozen(model: keras.Model) -> Callable[[Any], Any]:
    """Makes the weights of a model constants, and batch norms offsets.

    oneDNN lays the kernels of convolutions out for its own once where they are
    constants, and runs them as they lie, or lays them out in every call, where
    they are variables. Where a batch norm follows a convolution, the kernel has
    its scale, and what is left of it is added as part of the convolution.
    TensorFlow does so by itself in float32, but takes a pass over all values
    in bfloat16.

    Args:
        model: Its weights as they are now count.

    Returns:
        What runs it.
    """
    kernels, offsets = {}, {}
    for convolution, norm in _pairs(model):
        scale, offsets[norm] = _scale_and_offset(norm)
        kernel = convolution.kernel
        kernels[id(kernel)] = kernel.numpy() * scale
    values = [(w, kernels.get(id(w), w.numpy())) for w in model.weights]

    def run(inputs: Any) -> Any:
        constants = [(weight, tf.constant(value)) for weight, value in values]
        with (
            keras.StatelessScope(constants),
            batch_normalization.folded(offsets),
        ):
            return model(inputs, training=False)

    return run


def _pairs(
    model: keras.Model,
) -> Iterator[tuple[keras.layers.Conv2D, layers.BatchNormalization]]:
    """Convolutions that nothing but a batch norm follows, and that."""
    for norm in model._flatten_layers():
        if not isinstance(norm, layers.BatchNormalization):
            continue
        for node in norm._inbound_nodes:
            before = node.parent_nodes[0].operation
            if (
                isinstance(before, keras.layers.Conv2D)
                and before._outbound_nodes == norm._inbound_nodes
                and before.activation is keras.activations.linear
                and not before.use_bias
            ):
                yield before, norm


def _scale_and_offset(
    norm: layers.BatchNormalization,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What a batch norm multiplies by, and then adds, float32 `[dim]`."""
    mean, variance = norm.moving_mean.numpy(), norm.moving_variance.numpy()
    scale = 1 / np.sqrt(variance + np.float32(norm.epsilon))
    if norm.scale:
        scale *= norm.gamma.numpy()
    offset = -mean * scale
    if norm.center:
        offset += norm.beta.numpy()
    return scale, offset
