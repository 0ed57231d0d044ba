"""Word vectors of the tags, kept in the model."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt


@keras.saving.register_keras_serializable(package="tftag")
class TagVectors(keras.layers.Layer):
    """Answers anything with its weight `[tags, word_dim]`.

    So a functional model can start from a constant and save it with its
    weights: what it was trained on travels with it. Nothing is trained here;
    it starts as zeros, and `assign` fills it.

    >>> import numpy as np
    >>> from tftag import layers
    >>> layer = layers.TagVectors(tag_count=2, word_dim=3)
    >>> layer.build(None)
    >>> layer.assign(np.eye(2, 3))
    >>> layer(np.zeros(1)).numpy().tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]

    Args:
        tag_count: Number of tags.
        word_dim: Length of a word vector.
    """

    def __init__(self, tag_count: int, word_dim: int, **kwargs: Any) -> None:
        """Keeps the arguments."""
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.tag_count = tag_count
        self.word_dim = word_dim

    def build(self, input_shape: Any) -> None:
        """Makes the weight."""
        self.vectors = self.add_weight(
            name="vectors",
            shape=(self.tag_count, self.word_dim),
            initializer="zeros",
            trainable=False,
        )

    def call(self, inputs: Any) -> Any:
        """Returns `[tags, word_dim]`; `inputs` only marks the place."""
        return keras.ops.convert_to_tensor(self.vectors)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, Any]:
        """Returns `(tags, word_dim)`."""
        return (self.tag_count, self.word_dim)

    def assign(self, vectors: npt.NDArray[np.floating[Any]]) -> None:
        """Fills a built layer with float `[tags, word_dim]`."""
        self.vectors.assign(vectors)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        own = {"tag_count": self.tag_count, "word_dim": self.word_dim}
        return {**super().get_config(), **own}
