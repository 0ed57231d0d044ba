"""An exponential moving average of a model's weights."""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf


class WeightAverage:
    """Averages the weights of a model exponentially over its steps.

    Polyak and Juditsky (1992). Moving statistics of batch norm are averaged
    like weights, so they fit the averaged weights. Keras' own `use_ema`
    overwrites the weights at the end of every `fit`, which a resumed run calls
    more often.

    Args:
        model: built.
        decay: per step, in [0, 1); early steps use less, `(1 + n) / (10 + n)`
            at step n, so the random start is soon forgotten.

    Attributes:
        variables: the averages, in the order of `model.weights`.
    """

    def __init__(self, model: keras.Model, decay: float):
        """Starts at the weights."""
        self.decay = decay
        self._weights = list(model.weights)
        # By way of numpy: from the tensor, Keras makes a second name of the
        # same variable.
        self.variables = [
            keras.Variable(np.array(w.numpy()), dtype=w.dtype, trainable=False)
            for w in self._weights
        ]
        self._update = tf.function(self._move, autograph=False)

    def update(self, step: int) -> None:
        """Moves the averages towards the weights after step `step` (from 1)."""
        self._update(tf.constant(step, tf.float32))

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Puts the averages into the model for the duration of the block."""
        kept = [tf.identity(weight.value) for weight in self._weights]
        for average, weight in zip(self.variables, self._weights, strict=True):
            weight.assign(average.value)
        try:
            yield
        finally:
            for weight, value in zip(self._weights, kept, strict=True):
                weight.assign(value)

    def _move(self, step):
        decay = tf.minimum(self.decay, (1.0 + step) / (10.0 + step))
        for average, weight in zip(self.variables, self._weights, strict=True):
            # In this form a weight that rests stays what it is, to the bit.
            away = tf.cast(weight.value - average.value, tf.float32)
            average.value.assign_add(
                tf.cast((1.0 - decay) * away, average.dtype)
            )
