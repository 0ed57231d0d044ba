"""A text tower that needs no training: words by the outputs they are near to.

A clip's vector holds the outputs of a network, a text's vector the weights
with which the text follows from the names of these outputs: by kernel ridge
regression over the names, as a Gaussian process interpolates (Rasmussen and
Williams, Gaussian Processes for Machine Learning, 2006, eq. 2.25). Their
product estimates the output that the network would have for that text. Both
are `[outputs]`.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from tftag.models import dual_encoder

_Floats = npt.NDArray[np.floating[Any]]

# Nearness is the squared cosine, drawn by straight lines between these cosines.
KNOTS = np.array([0.0, 0.1, 0.25, 0.45, 0.7])
# Slopes that begin at the knots.
_STEPS = np.diff(np.append(KNOTS[1:], 1.0) + KNOTS, prepend=0.0)
# Batch norm's; undone, so that the layer changes nothing.
_EPSILON = 1e-3


def nearness(cosines: _Floats) -> _Floats:
    """Squares of cosines, 0 below 0, as the text tower approximates them.

    >>> import numpy as np
    >>> nearness(np.array([-0.5, 0.25, 1.0])).round(4).tolist()
    [0.0, 0.0625, 1.0]

    Args:
        cosines: Of any shape.

    Returns:
        The same shape.
    """
    return np.maximum(np.asarray(cosines)[..., None] - KNOTS, 0.0) @ _STEPS


def weighting(names: _Floats, noise: float) -> _Floats:
    """How much each output counts for a text, by its nearness to each name.

    Args:
        names: Word vectors of unit length `[outputs, word_dim]`.
        noise: Variance of what an output has beyond its name.

    Returns:
        `[outputs, outputs]`; times `nearness(names @ word)` it is the weight
        of every output.
    """
    kinship = nearness(names @ names.T)
    return np.linalg.inv(kinship + noise * np.eye(len(names)))


def text_units(outputs: int) -> int:
    """Returns the width of a text tower for this many outputs."""
    return outputs * len(KNOTS)


def fill_text_tower(
    tower: keras.Model, names: _Floats, weighting: _Floats
) -> None:
    """Sets a text tower to `weighting.T @ nearness(names @ word)`.

    The first layer computes, for every knot, how far the cosine with each name
    exceeds it; the second sums these up to the square; the projection weighs
    the names.

    Args:
        tower: Of a dual encoder with one member, `text_units` wide.
        names: Word vectors of unit length `[outputs, word_dim]`.
        weighting: `[outputs, dim]`, from nearness to each name to the text's
            vector.
    """
    count = len(names)
    together = np.zeros((1, text_units(count), text_units(count)))
    for number, step in enumerate(_STEPS):
        rows = slice(number * count, (number + 1) * count)
        together[0, rows, :count] = step * np.eye(count)
    dim = weighting.shape[1]
    projection = np.zeros((1, text_units(count), dim))
    projection[0, :count] = weighting
    weights = {
        "text_dense_1": [
            np.tile(names.T, len(KNOTS)),
            np.repeat(-KNOTS, count),
        ],
        "text_dense_2": [together, np.zeros((1, together.shape[-1]))],
        "text_projection": [projection, np.zeros((1, dim))],
    }
    for name, values in weights.items():
        tower.get_layer(name).set_weights(values)
    for name in ("text_norm_1", "text_norm_2"):
        norm = tower.get_layer(name)
        scale, offset, mean, variance = norm.get_weights()
        norm.set_weights([scale, offset, mean, variance - _EPSILON])


def fill_projection(
    model: dual_encoder.DualEncoder, kernel: _Floats, bias: _Floats
) -> None:
    """Sets the audio projection to these outputs.

    Args:
        model: A dual encoder with one member.
        kernel: `[dim of the projection's input, outputs]`.
        bias: `[outputs]`.
    """
    model.audio_tower.head.get_layer("audio_projection").set_weights(
        [kernel[np.newaxis], bias[np.newaxis]]
    )
