"""The published taggers as a dual encoder for any words, without training.

A clip is what the two networks say of their 100 outputs, a text how near its
word vector is to the names of these outputs. Both are vectors of one space,
`[100]`, of unit length.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from tftag import words
from tftag.models import backbone, dual_encoder
from tftag.pretrained import musicnn_weights, presets

# The logits of the second network are those above what it says of a recording
# like the mean of its own, and this many times as large.
_SECOND_SCALE = 0.7
# Of nearness the square counts, by straight lines between these cosines, and
# what names have in common is taken out by kernel ridge regression.
_KNOTS = np.array([0.0, 0.1, 0.25, 0.45, 0.7])
_RIDGE = 0.2
# Batch norm's; undone, so that the layer changes nothing.
_EPSILON = 1e-3


def model(word_vectors: words.WordVectors) -> dual_encoder.DualEncoder:
    """Builds the dual encoder; nothing in it was trained on words.

    Args:
        word_vectors: Vectors of unit length of the outputs' names, at least.

    Returns:
        A dual encoder for `musicnn_weights.AUDIO`, of all outputs' names.
    """
    networks = (presets.MSD, presets.MTT)
    arrays = [musicnn_weights.read(one.name) for one in networks]
    names = [word_vectors.embed(one.tags)[0] for one in networks]
    tags = presets.find(presets.DUAL_ENCODER).tags
    count = sum(map(len, names))
    built = dual_encoder.DualEncoder(
        tags,
        word_vectors.embed(tags)[0],
        musicnn_weights.AUDIO,
        dual_encoder.DualEncoderConfig(
            backbone.BackboneConfig(
                architecture="musicnn", pooling="embedding", members=2
            ),
            joint=True,
            dim=count,
            text_units=count * len(_KNOTS),
        ),
    )
    musicnn_weights.fill(built, arrays)
    projection = built.audio_tower.head.get_layer("audio_projection")
    projection.set_weights(_logits(*arrays))
    _fill_text_tower(built.text_tower, names)
    return built


_Matrix = npt.NDArray[Any]


def _logits(
    first: dict[str, npt.NDArray[np.float32]],
    second: dict[str, npt.NDArray[np.float32]],
) -> list[npt.NDArray[np.float32]]:
    """Kernel `[1, 400, 100]` and bias `[1, 100]` of both networks' logits."""
    bias: list[_Matrix] = [
        first["tag_logits/bias"],
        -_SECOND_SCALE
        * second["embedding_norm/beta"]
        @ second["tag_logits/kernel"],
    ]
    kernel = _diagonal(
        first["tag_logits/kernel"], _SECOND_SCALE * second["tag_logits/kernel"]
    )
    return [kernel[np.newaxis], np.concatenate(bias)[np.newaxis]]


def _fill_text_tower(
    tower: keras.Model, names: list[npt.NDArray[np.float32]]
) -> None:
    """Makes the text tower `solve(K + ridge, k(names, word))`.

    The first layer has, for every knot, how far the cosines with all names
    are above it; the second puts the square together; the projection takes
    out what the names of a network have in common.
    """
    count = sum(map(len, names))
    steps = np.diff(np.append(_KNOTS[1:], 1.0) + _KNOTS, prepend=0.0)
    together = np.zeros((1, len(_KNOTS) * count, len(_KNOTS) * count))
    for number, step in enumerate(steps):
        rows = slice(number * count, (number + 1) * count)
        together[0, rows, :count] = step * np.eye(count)
    kernels = [
        np.maximum(own @ own.T - _KNOTS[:, None, None], 0.0).T @ steps
        + _RIDGE * np.eye(len(own))
        for own in names
    ]
    projection = np.zeros((1, len(_KNOTS) * count, count))
    projection[0, :count] = _diagonal(*map(np.linalg.inv, kernels))
    weights = {
        "text_dense_1": [
            np.tile(np.concatenate(names).T, len(_KNOTS)),
            np.repeat(-_KNOTS, count),
        ],
        "text_dense_2": [together, np.zeros((1, together.shape[-1]))],
        "text_projection": [projection, np.zeros((1, count))],
    }
    for name, values in weights.items():
        tower.get_layer(name).set_weights(values)
    for name in ("text_norm_1", "text_norm_2"):
        norm = tower.get_layer(name)
        scale, offset, mean, variance = norm.get_weights()
        norm.set_weights([scale, offset, mean, variance - _EPSILON])


def _diagonal(first: _Matrix, second: _Matrix) -> _Matrix:
    """A matrix of two blocks, and zeros beside them."""
    upper = np.pad(first, [(0, 0), (0, second.shape[1])])
    return np.concatenate(
        [upper, np.pad(second, [(0, 0), (first.shape[1], 0)])]
    )
