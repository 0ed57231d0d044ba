"""Which layers of a body learn, and how fast."""

import re

import keras

from tftag import layers
from tftag.models import clip_model


def freeze(model: clip_model.ClipModel) -> None:
    """Keeps all but the head as it is, moving statistics too."""
    model.front_end.trainable = False
    model.backbone.trainable = False


def thaw(model: clip_model.ClipModel, count: int) -> None:
    """Lets layers of a frozen body learn; batch norms stay.

    Args:
        model: to be trained.
        count: number of layers with a kernel, from the head down; 0 is all.
            Members side by side count as one.
    """
    depths = _depths(model.backbone)
    model.backbone.trainable = True
    for layer in model.backbone.layers:
        is_norm = isinstance(layer, layers.BatchNormalization)
        is_near = not count or depths[layer.name] <= count
        layer.trainable = is_near and not is_norm


def shares_of_rate(
    model: clip_model.ClipModel, decay: float
) -> dict[str, float]:
    """Shares of the learning rate that fall from layer to layer of the body.

    What lies near the waveform is the same for all tags, and a few hundred
    recordings should not unlearn it (Howard and Ruder, 2018,
    https://arxiv.org/abs/1801.06146). Members side by side count as one.

    Args:
        model: to be trained.
        decay: share of one layer with a kernel to the next one above.

    Returns:
        Path of a weight of the backbone -> share.
    """
    depths = _depths(model.backbone)
    return {
        weight.path: decay ** depths[layer.name]
        for layer in model.backbone.layers
        for weight in layer.weights
    }


def _depths(backbone: keras.Model) -> dict[str, int]:
    """Name of a layer -> layers with a kernel down to it, from the head on.

    A batch norm goes with the layer that it comes after.
    """
    with_kernel = {
        _name(layer) for layer in backbone.layers if hasattr(layer, "kernel")
    }
    depths, above = {}, set()
    for layer in reversed(backbone.layers):
        above |= {_name(layer)} & with_kernel
        depths[layer.name] = max(1, len(above))
    return depths


def _name(layer: keras.layers.Layer) -> str:
    name = re.sub(r"^member_\d+_", "", layer.name)
    return re.sub(r"_(conv|norm)$", "", name)
