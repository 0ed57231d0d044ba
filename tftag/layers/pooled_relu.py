"""Maximum over neighbours and ReLU, in whichever order costs less."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tftag")
class PooledReLU(keras.layers.MaxPooling2D):
    """`keras.layers.MaxPooling2D` and `keras.layers.ReLU`.

    ReLU is monotonic, so max(relu(x)) = relu(max(x)), to the last bit. In
    training the maximum comes first: ReLU and its gradient then run on a
    quarter of the values. Otherwise ReLU does: TensorFlow and ONNX Runtime
    make it part of the convolution before it, where it costs nothing. The
    arguments are those of `keras.layers.MaxPooling2D`.

    >>> import numpy as np
    >>> from tftag import layers
    >>> x = np.array([[-4.0, -3.0, 1.0, 2.0]]).reshape(1, 2, 2, 1)
    >>> layers.PooledReLU(2)(x).numpy().ravel().tolist()
    [2.0]
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Takes `[batch, frames, mels, dim]` to the pooled shape."""
        if training:
            return ops.relu(super().call(inputs))
        return super().call(ops.relu(inputs))
