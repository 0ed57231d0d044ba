"""One dense layer per member of an ensemble, side by side."""

from typing import Any

import keras
from keras import ops

from tftag.layers.members import equal_parts


@keras.saving.register_keras_serializable(package="tftag")
class MemberLogits(keras.layers.Layer):
    """Gives the logits of every member of an ensemble.

    Each member sees its own part of the vector. In training each has a loss
    of its own, so that they stay different; their mean is the answer.

    >>> import numpy as np
    >>> from tftag import layers
    >>> layers.MemberLogits(tag_count=3, members=2)(np.ones((1, 8))).shape
    TensorShape([1, 2, 3])

    Args:
        tag_count: Number of tags.
        members: Number of equal parts of the vector.
    """

    def __init__(self, tag_count: int, members: int = 1, **kwargs: Any) -> None:
        """Keeps the arguments."""
        super().__init__(**kwargs)
        self.tag_count = tag_count
        self.members = members

    def build(self, input_shape: Any) -> None:
        """Makes a kernel `[members * dim, tags]` and a bias `[tags]`.

        Raises:
            ValueError: The vector has no such number of equal parts.
        """
        dim = equal_parts.length(input_shape[-1], self.members)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.members * dim, self.tag_count),
            initializer="glorot_uniform",
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.tag_count,), initializer="zeros"
        )

    def call(self, x: Any) -> Any:
        """Takes `[batch, members * dim]` to `[batch, members, tags]`."""
        width = self.kernel.shape[0] // self.members
        x = ops.reshape(x, (-1, self.members, width))
        kernel = ops.reshape(self.kernel, (self.members, width, self.tag_count))
        return ops.einsum("bmd,mdt->bmt", x, kernel) + self.bias

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, Any, Any]:
        """Returns `[batch, members, tags]`."""
        return (input_shape[0], self.members, self.tag_count)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        own = {"tag_count": self.tag_count, "members": self.members}
        return {**super().get_config(), **own}
