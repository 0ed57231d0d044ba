"""Brings vectors to unit length."""

import math
from typing import Any

import keras
from keras import ops

from tftag.layers.members import equal_parts

# Below it float32 cannot hold the gradient.
_SHORTEST = 1e-30


@keras.saving.register_keras_serializable(package="tftag")
class UnitLength(keras.layers.Layer):
    """Gives a vector unit length, and each member of it an equal share.

    With members, every part is brought to `1 / sqrt(members)`. The whole is
    then of unit length too, and the dot product of two such vectors is the
    mean of the members' cosines: an ensemble is one space to search.

    float32 under every dtype policy. A vector of zeros stays zero.

    >>> import numpy as np
    >>> from tftag import layers
    >>> print(layers.UnitLength()(np.array([[3.0, 4.0]])).numpy())
    [[0.6 0.8]]

    Args:
        members: Number of equal parts of the vector.
    """

    def __init__(self, members: int = 1, **kwargs: Any) -> None:
        """Keeps the arguments and fixes the dtype."""
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.members = members

    def call(self, x: Any) -> Any:
        """Takes `[batch, members * dim]` to the same shape.

        Raises:
            ValueError: The vector has no such number of equal parts.
        """
        x = ops.cast(x, "float32")
        width = x.shape[-1]
        dim = equal_parts.length(width, self.members)
        parts = ops.reshape(x, (-1, self.members, dim))
        # Divided by its largest value first, whose square could overflow. The
        # length is then at least 1, except for a vector without direction:
        # that one stays zero, with a finite gradient.
        size = ops.stop_gradient(
            ops.max(ops.abs(parts), axis=-1, keepdims=True)
        )
        parts = parts / ops.where(size > _SHORTEST, size, 1.0)
        squared = ops.sum(ops.square(parts), axis=-1, keepdims=True)
        length = ops.sqrt(ops.maximum(squared, 0.5))
        return ops.reshape(parts / length, (-1, width)) / math.sqrt(
            self.members
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "members": self.members}
