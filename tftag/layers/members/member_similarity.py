"""How near clips and tags are, for each member of an ensemble."""

import math
from typing import Any

import keras
from keras import ops

from tftag.layers.members import equal_parts

# As in CLIP (https://arxiv.org/abs/2103.00020): beyond it training is unstable.
MAX_SCALE = 100.0


@keras.saving.register_keras_serializable(package="tftag")
class MemberSimilarity(keras.layers.Layer):
    """`scale * cosine + bias` of every clip with every tag, per member.

    Scale (the inverse temperature) and bias belong to each member. The scale
    is learned as its log and held to at most `MAX_SCALE` after every step of
    the optimizer. The bias is that of SigLIP
    (https://arxiv.org/abs/2303.15343); a softmax does not see it.

    float32 under every dtype policy: a hundredth of cosine decides.

    >>> import numpy as np
    >>> from tftag import layers
    >>> clips = np.array([[1.0, 0.0]])
    >>> tags = np.array([[1.0, 0.0], [0.6, 0.8]])
    >>> similarity = layers.MemberSimilarity(initial_scale=10, initial_bias=-3)
    >>> similarity(clips, tags).numpy().round(3).tolist()
    [[[7.0, 3.0]]]

    Args:
        members: Number of equal parts of both vectors.
        initial_scale: Scale before training, in (0, `MAX_SCALE`].
        initial_bias: Bias before training.
        learned: Whether the two are trained.

    Raises:
        ValueError: `initial_scale` is out of its range.
    """

    def __init__(
        self,
        members: int = 1,
        initial_scale: float = 1.0,
        initial_bias: float = 0.0,
        learned: bool = True,
        **kwargs: Any,
    ) -> None:
        """Checks the scale and fixes the dtype."""
        super().__init__(**{**kwargs, "dtype": "float32"})
        if not 0 < initial_scale <= MAX_SCALE:
            raise ValueError(
                f"`initial_scale` must be in (0, {MAX_SCALE:g}]. "
                f"Received: {initial_scale}."
            )
        self.members = members
        self.initial_scale = initial_scale
        self.initial_bias = initial_bias
        self.learned = learned

    def build(self, clips_shape: Any, tags_shape: Any) -> None:
        """Makes a log scale and a bias `[members]`."""
        self.log_scale = self.add_weight(
            name="log_scale",
            shape=(self.members,),
            initializer=keras.initializers.Constant(
                math.log(self.initial_scale)
            ),
            # Not a minimum in `call`: past it the gradient would be 0, and
            # the scale could not come back.
            constraint=_at_most_max_scale,
            trainable=self.learned,
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(self.members,),
            initializer=keras.initializers.Constant(self.initial_bias),
            trainable=self.learned,
        )

    def call(self, clips: Any, tags: Any) -> Any:
        """Compares.

        Args:
            clips: `[batch, members * dim]`, what `UnitLength` gives.
            tags: `[tags, members * dim]`, the same.

        Returns:
            float32 `[batch, members, tags]`.

        Raises:
            ValueError: The vectors have no such number of equal parts.
        """
        dim = equal_parts.length(clips.shape[-1], self.members)
        shape = (-1, self.members, dim)
        cosines = self.members * ops.einsum(
            "bmd,tmd->bmt",
            ops.reshape(ops.cast(clips, "float32"), shape),
            ops.reshape(ops.cast(tags, "float32"), shape),
        )
        scale = ops.exp(self.log_scale)[:, None]
        return scale * cosines + ops.expand_dims(self.bias, -1)

    def compute_output_shape(
        self, clips_shape: Any, tags_shape: Any
    ) -> tuple[Any, Any, Any]:
        """Returns `(batch, members, tags)`."""
        return (clips_shape[0], self.members, tags_shape[0])

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "members": self.members,
            "initial_scale": self.initial_scale,
            "initial_bias": self.initial_bias,
            "learned": self.learned,
        }


def _at_most_max_scale(log_scale: Any) -> Any:
    return ops.minimum(log_scale, math.log(MAX_SCALE))
