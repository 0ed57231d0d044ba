"""How triplets of a tag, a clip that has it and one that has not are drawn.

Each function takes labels `[batch, 1, tags]` in [0, 1] and cosines
`[batch, members, tags]`, and returns two arrays of probabilities:

- `positive`, `[batch, 1, tags]`: of a tag and a clip that has it; they add up
  to 1 over the whole array.
- `negative`, `[batch, 1 or members, tags]`: of a clip that has not, given the
  tag; they add up to 1 over the batch.

A soft label counts by its size among the positives, a tag by its strongest
label where tags are drawn first; a negative must have nothing of the tag.
Tags without a positive or a negative in the batch are never drawn; where
there is no other tag, all is 0.

Won et al. (2020, https://arxiv.org/abs/2010.13540) compare the first three.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

_Floats = npt.NDArray[np.floating[Any]]

_TINY = 1e-12


@keras.saving.register_keras_serializable(package="tftag")
def random(labels: _Floats, cosines: Any) -> tuple[Any, Any]:
    """Every pair of the batch alike: frequent tags are drawn often."""
    usable = _usable(labels)
    return usable / ops.maximum(ops.sum(usable), _TINY), _uniform(labels)


@keras.saving.register_keras_serializable(package="tftag")
def balanced(labels: _Floats, cosines: Any) -> tuple[Any, Any]:
    """A tag first, each as often, then a clip that has it and one not."""
    return _tags_first(labels), _uniform(labels)


@keras.saving.register_keras_serializable(package="tftag")
def distance_weighted(labels: _Floats, cosines: Any) -> tuple[Any, Any]:
    """`balanced`, and near negatives more often: by `(cosine + 1) / 2`.

    That is what the code of Won et al. does. The paper that the name comes
    from weighs by the inverse density of distances on a sphere instead (Wu et
    al. 2017, https://arxiv.org/abs/1706.07567).
    """
    nearness = ops.maximum((cosines + 1) / 2, _TINY)
    return _tags_first(labels), _shares(_absent(labels) * nearness)


@keras.saving.register_keras_serializable(package="tftag")
def hard(labels: _Floats, cosines: Any) -> tuple[Any, Any]:
    """`balanced`, and always the nearest negative; equal ones share."""
    # Cosines lie above -1 - rounding: -2 is never the largest.
    candidates = ops.where(_absent(labels) > 0, cosines, -2.0)
    nearest = candidates == ops.max(candidates, axis=0, keepdims=True)
    return _tags_first(labels), _shares(
        _absent(labels) * ops.cast(nearest, cosines.dtype)
    )


# What `--negatives` may be.
SAMPLINGS = {
    "random": random,
    "balanced": balanced,
    "distance": distance_weighted,
    "hard": hard,
}


def _absent(labels: _Floats) -> Any:
    return ops.cast(labels <= 0, labels.dtype)


def _usable(labels: _Floats) -> Any:
    """Labels of the tags that have a negative in the batch, else 0."""
    return labels * ops.max(_absent(labels), axis=0, keepdims=True)


def _uniform(labels: _Floats) -> Any:
    return _shares(_absent(labels))


def _tags_first(labels: _Floats) -> Any:
    usable = _usable(labels)
    strength = ops.max(usable, axis=0, keepdims=True)
    tags = strength / ops.maximum(ops.sum(strength), _TINY)
    return tags * _shares(usable)


def _shares(weights: Any) -> Any:
    """Weights divided by their sum over the batch; 0 where that is 0."""
    return weights / ops.maximum(ops.sum(weights, axis=0, keepdims=True), _TINY)
