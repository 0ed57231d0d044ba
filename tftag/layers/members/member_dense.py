"""A dense layer for each member of an ensemble."""

import math
from typing import Any

import keras
from keras import ops

from tftag.layers.members import equal_parts


@keras.saving.register_keras_serializable(package="tftag")
class MemberDense(keras.layers.Layer):
    """Takes each member's part of a vector to a new part.

    The members stand one after the other, before and after; nothing passes
    from one to another. One member is `keras.layers.Dense`.

    >>> import numpy as np
    >>> from tftag import layers
    >>> layers.MemberDense(units=5, members=2)(np.ones((1, 6))).shape
    TensorShape([1, 10])

    Args:
        units: Length of each new part.
        members: Number of equal parts of the vector.
    """

    def __init__(self, units: int, members: int = 1, **kwargs: Any) -> None:
        """Keeps the arguments."""
        super().__init__(**kwargs)
        self.units = units
        self.members = members

    def build(self, input_shape: Any) -> None:
        """Makes a kernel `[members, dim, units]` and a bias.

        Raises:
            ValueError: The vector has no such number of equal parts.
        """
        dim = equal_parts.length(input_shape[-1], self.members)
        # Glorot's limit of one member: Keras would read the members of a
        # three-dimensional kernel as the positions of a convolution.
        limit = math.sqrt(6 / (dim + self.units))
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.members, dim, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit),
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(self.members, self.units),
            initializer="zeros",
        )

    def call(self, x: Any) -> Any:
        """Takes `[batch, members * dim]` to `[batch, members * units]`."""
        x = ops.reshape(x, (-1, *self.kernel.shape[:2]))
        x = ops.einsum("bmd,mdu->bmu", x, self.kernel) + self.bias
        return ops.reshape(x, (-1, self.members * self.units))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, Any]:
        """Returns `[batch, members * units]`."""
        return (input_shape[0], self.members * self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        own = {"units": self.units, "members": self.members}
        return {**super().get_config(), **own}
