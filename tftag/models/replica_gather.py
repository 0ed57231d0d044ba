"""Brings together what the replicas of a strategy computed."""

from collections.abc import Callable
from typing import Any

import keras


def gather(x: keras.KerasTensor) -> keras.KerasTensor:
    """Joins a tensor of every replica along the batch.

    Each replica of `tf.distribute` sees its part of a batch; a loss that
    compares clips with each other needs them all. Gradients flow back to the
    replica that a row came from, summed over the replicas that used it.

    Outside a strategy, and on backends whose arrays span all devices anyway,
    it returns `x` as it is.

    Args:
        x: `[batch, ...]`; the parts may differ in `batch` only.

    Returns:
        `[replicas * batch, ...]`, the same on every replica.
    """
    if keras.backend.backend() != "tensorflow":
        return x
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    # None where no single replica runs: nothing is divided there.
    if context is None or context.num_replicas_in_sync == 1:
        return x
    devices = context.strategy.extended.worker_devices
    if len(devices) > 1:
        return context.all_gather(x, axis=0)
    # Of a process with one device TensorFlow asks where a tensor is, on the
    # way there and back.
    (device,) = devices

    @tf.custom_gradient
    def placed(tensor: Any) -> tuple[Any, Callable[[Any], Any]]:
        def back(gradient: Any) -> Any:
            with tf.device(device):
                return tf.identity(gradient)

        with tf.device(device):
            return tf.identity(tensor), back

    return placed(context.all_gather(placed(x), axis=0))
