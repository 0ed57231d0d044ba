"""Metrics of the logits and of the loss's gradient, epoch by epoch."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops


class LogitTrace(keras.metrics.Metric):
    """A metric of the logits or of the loss's gradient at them.

    Losses differ in their gradient at the logits; below that, the network is
    the same. The gradient is that of one recording's loss, summed over the
    tags.

    Args:
        name: an entry of `MEASURES`.
        loss: from labels and logits.
    """

    def __init__(self, name: str, loss: keras.losses.Loss):
        """Starts at 0."""
        super().__init__(name=name, dtype="float32")
        self._loss = loss
        self._measure, self._is_largest = MEASURES[name]
        self._total = self.add_variable((), "zeros", name="total")
        self._count = self.add_variable((), "zeros", name="count")

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Adds a batch: labels and logits `[batch, (members,) tags]`."""
        logits = ops.cast(ops.stop_gradient(y_pred), "float32")
        labels = ops.cast(y_true, "float32")
        with tf.GradientTape() as tape:
            tape.watch(logits)
            losses = self._loss.call(labels, logits)
        found = self._measure(labels, logits, tape.gradient(losses, logits))
        if self._is_largest:
            self._total.assign(ops.maximum(self._total, found))
            self._count.assign(1.0)
        else:
            self._total.assign_add(found)
            self._count.assign_add(1.0)

    def result(self) -> Any:
        """The largest of the epoch's batches, or their mean."""
        return self._total / ops.maximum(self._count, 1.0)


def traces(loss: keras.losses.Loss) -> list[LogitTrace]:
    """All of them, for `compile(metrics=...)`."""
    return [LogitTrace(name, loss) for name in MEASURES]


def _largest(labels, logits, gradient):
    return ops.max(ops.abs(logits))


def _gradient(labels, logits, gradient):
    return ops.mean(ops.sum(ops.abs(gradient), axis=-1))


def _stuck(labels, logits, gradient):
    """Share of the logits on the wrong side that nothing pulls back."""
    is_wrong = ops.cast((labels > 0.5) != (logits > 0.0), "float32")
    is_still = ops.cast(gradient == 0.0, "float32")
    return ops.sum(is_wrong * is_still) / ops.maximum(ops.sum(is_wrong), 1.0)


# What is measured, and whether the largest of an epoch's batches counts (or
# their mean).
MEASURES = {
    "largest_logit": (_largest, True),
    "logit_gradient": (_gradient, False),
    "stuck_share": (_stuck, False),
}
