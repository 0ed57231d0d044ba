"""Batch norms that follow a convolution, made part of it for inference."""

from typing import Any

import keras
import numpy as np


def folded(model: keras.Model) -> keras.Model:
    """Copies a functional model; its answers in inference stay the same.

    A batch norm that alone sees the output of a convolution multiplies and
    shifts each filter by what stays fixed after training: so can the kernel
    and a bias (Jacob et al. 2018, https://arxiv.org/abs/1712.05877, 3.2).

    Args:
        model: With layers of its own, or none that can be folded.

    Returns:
        A copy without these norms; only for inference.
    """
    norms = _norms_by_convolution(model)
    gone = {norm.name for norm in norms.values()}

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if layer.name in norms:
            config["use_bias"] = True
        elif layer.name in gone:
            return keras.layers.Identity(name=layer.name)
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=clone)
    for layer in model.layers:
        if layer.name in norms:
            weights = _folded_weights(layer, norms[layer.name])
            copy.get_layer(layer.name).set_weights(weights)
        elif layer.name not in gone:
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy


def _norms_by_convolution(
    model: keras.Model,
) -> dict[str, keras.layers.BatchNormalization]:
    """The norms that can go, by the name of the convolution before them."""
    found = {}
    for norm in model.layers:
        if not isinstance(norm, keras.layers.BatchNormalization):
            continue
        for layer in model.layers:
            if (
                isinstance(layer, keras.layers.Conv2D)
                and layer.output is norm.input
                and layer.activation is keras.activations.linear
                and layer.data_format == "channels_last"
                and norm.axis in (-1, 3)
                and _readers(model, norm.input) == 1
            ):
                found[layer.name] = norm
    return found


def _readers(model: keras.Model, tensor: keras.KerasTensor) -> int:
    """How many operations of a model take a tensor; outputs count as one."""
    readers = sum(
        any(given is tensor for given in keras.tree.flatten(operation.input))
        for operation in model.operations
        if not isinstance(operation, keras.layers.InputLayer)
    )
    return readers + sum(given is tensor for given in model.outputs)


def _folded_weights(
    convolution: keras.layers.Conv2D, norm: keras.layers.BatchNormalization
) -> list[Any]:
    """Kernel and bias that do what both did."""
    kernel, *bias = (
        weight.astype("f8") for weight in convolution.get_weights()
    )
    mean, variance = (
        np.asarray(weight, "f8")
        for weight in (norm.moving_mean, norm.moving_variance)
    )
    scale = 1.0 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        scale *= np.asarray(norm.gamma, "f8")
    shift = (sum(bias) - mean) * scale
    if norm.center:
        shift = shift + np.asarray(norm.beta, "f8")
    return [kernel * scale, shift]
