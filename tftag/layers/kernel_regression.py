"""What similar recordings say of a clip: kernel regression over vectors."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tftag")
class KernelRegression(keras.layers.Layer):
    """Adds up what recordings near a vector speak for.

    A recording counts `exp(-|x - recording|^2 / width^2)`, and the weighted sum
    of the coefficients is cut off at 0: near recordings with a tag speak for
    it, but those without say little where most have it not. All weights are
    fitted in closed form, none is trained. Until then the answer is 0.

    >>> import numpy as np
    >>> from tftag import layers
    >>> layer = layers.KernelRegression(tag_count=2, recordings=1)
    >>> layer.build((None, 3))
    >>> weights = np.zeros((1, 3)), np.array([[0.8, -0.5]]), np.float32(2.0)
    >>> layer.set_weights(weights)
    >>> np.asarray(layer(np.array([[0.0, 0.0, 2.0]]))).round(2)
    array([[0.29, 0.  ]], dtype=float32)

    Args:
        tag_count: Number of tags.
        recordings: Number of recordings that vectors are compared with.
    """

    def __init__(self, tag_count: int, recordings: int, **kwargs: Any) -> None:
        """Keeps the arguments."""
        super().__init__(**kwargs)
        self.tag_count = tag_count
        self.recordings = recordings

    def build(self, input_shape: Any) -> None:
        """Makes places, coefficients and width."""
        shapes = {
            "vectors": (self.recordings, input_shape[-1]),
            "coefficients": (self.recordings, self.tag_count),
            "width": (),
        }
        self.vectors, self.coefficients, self.width = (
            self.add_weight(
                name=name,
                shape=shape,
                initializer="ones" if name == "width" else "zeros",
                trainable=False,
            )
            for name, shape in shapes.items()
        )

    def call(self, x: Any) -> Any:
        """Takes `[batch, dim]` to `[batch, tags]`, 0 or more."""
        squares = (
            ops.sum(ops.square(x), axis=1, keepdims=True)
            - 2 * ops.matmul(x, ops.transpose(self.vectors))
            + ops.sum(ops.square(self.vectors), axis=1)
        )
        nearness = ops.exp(-squares / ops.square(self.width))
        return ops.relu(ops.matmul(nearness, self.coefficients))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, Any]:
        """Returns `[batch, tags]`."""
        return (input_shape[0], self.tag_count)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        own = {"tag_count": self.tag_count, "recordings": self.recordings}
        return {**super().get_config(), **own}
