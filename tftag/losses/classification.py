"""Losses of taggers: logits against the tags that a clip has.

All return the mean over tags and batch, compute in float32, and take labels
in [0, 1], as mixup makes them. Logits of several members, `[batch, members,
tags]`, need labels `[batch, 1, tags]`.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="tftag")
class BinaryCrossentropy(keras.losses.Loss):
    """Binary cross-entropy from logits, with an optional weight per tag.

    Stable at any logit. Weights are used as they are: `mean(w * loss)`, not
    divided by their sum; weights with mean 1 keep the scale of the loss.

    Args:
        weights: `[tags]`, >= 0, or None for 1 everywhere. Kept in a
            variable: `assign_weights` changes them between steps.
    """

    def __init__(
        self,
        weights: Any = None,
        name: str = "binary_crossentropy",
        **kwargs: Any,
    ) -> None:
        """Puts the weights into a variable."""
        super().__init__(name=name, **kwargs)
        self.weights = None
        if weights is not None:
            self.weights = keras.Variable(
                _checked_weights(weights), trainable=False, dtype="float32"
            )

    def assign_weights(self, weights: Any) -> None:
        """Replaces the weights, `[tags]`.

        Takes effect at the next step; on the JAX backend, whose compiled step
        holds them as constants, when the step is compiled again.

        Raises:
            ValueError: The loss was made without weights, or these are no
                weights.
        """
        if self.weights is None:
            raise ValueError(
                "The loss must start with `weights` to have them changed: "
                "pass ones to `BinaryCrossentropy`. Received: weights=None."
            )
        self.weights.assign(_checked_weights(weights))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns `[batch]` from labels and logits `[batch, tags]`."""
        _check_ranks(y_true, y_pred)
        # Not max(x, 0) - x * y + log1p(exp(-|x|)): its gradient is wrong at
        # 0, where untrained models with a zero bias stand.
        losses = y_true * ops.softplus(-y_pred)
        losses += (1 - y_true) * ops.softplus(y_pred)
        if self.weights is not None:
            losses *= ops.convert_to_tensor(self.weights)
        return ops.mean(losses, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, with the present weights."""
        weights = self.weights
        if weights is not None:
            weights = ops.convert_to_numpy(weights).tolist()
        return {**super().get_config(), "weights": weights}


@keras.saving.register_keras_serializable(package="tftag")
class FocalCrossentropy(keras.losses.Loss):
    """Focal loss from logits (Lin et al. 2017).

    Binary cross-entropy times `(1 - p) ** gamma`, where `p` is the
    probability given to the truth: what is right already counts less.
    https://arxiv.org/abs/1708.02002, equation 4, without its `alpha`.

    Args:
        gamma: >= 0; 0 gives binary cross-entropy.
    """

    def __init__(
        self,
        gamma: float = 2.0,
        name: str = "focal_crossentropy",
        **kwargs: Any,
    ) -> None:
        """Checks `gamma`."""
        super().__init__(name=name, **kwargs)
        if not gamma >= 0:
            raise ValueError(f"`gamma` must be >= 0. Received: {gamma}.")
        self.gamma = gamma

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns `[batch]` from labels and logits `[batch, tags]`."""
        _check_ranks(y_true, y_pred)
        present = ops.softplus(-y_pred)  # -log p
        absent = ops.softplus(y_pred)  # -log (1 - p)
        # Powers by way of the logs: sigmoid(x) ** gamma has an infinite
        # slope at 0 where gamma < 1.
        losses = y_true * present * ops.exp(-self.gamma * absent)
        losses += (1 - y_true) * absent * ops.exp(-self.gamma * present)
        return ops.mean(losses, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "gamma": self.gamma}


@keras.saving.register_keras_serializable(package="tftag")
class SigmoidBinaryCrossentropy(keras.losses.Loss):
    """Binary cross-entropy the unstable way: sigmoid, clip, log.

    The form of a sigmoid layer followed by cross-entropy on probabilities,
    kept for comparison. Probabilities are clipped to [1e-7, 1 - 1e-7], and
    the gradient of a clipped one is 0: a tag at logit -20 that should be
    present costs 16.1 and is never corrected, while `BinaryCrossentropy`
    moves it with slope -1. Without clipping, the loss is no number as soon as
    a probability rounds to 1, which float32's does from logit 16.7 on, be it
    right or wrong.

    Args:
        clip: how near to 0 and 1 a probability may come; 0 does not clip.
    """

    def __init__(
        self,
        clip: float = 1e-7,
        name: str = "sigmoid_binary_crossentropy",
        **kwargs: Any,
    ) -> None:
        """Checks `clip`."""
        super().__init__(name=name, **kwargs)
        if not 0 <= clip < 0.5:
            raise ValueError(f"`clip` must be in [0, 0.5). Received: {clip}.")
        self.clip = clip

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns `[batch]` from labels and logits `[batch, tags]`."""
        _check_ranks(y_true, y_pred)
        probability = ops.sigmoid(y_pred)
        if self.clip:
            probability = ops.clip(probability, self.clip, 1 - self.clip)
        losses = y_true * ops.log(probability)
        losses += (1 - y_true) * ops.log(1 - probability)
        return -ops.mean(losses, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "clip": self.clip}


# What `--loss` of a tagger may be. Each is called without arguments, or with
# the `weights` of the tags if it takes any.
LOSSES: dict[str, Callable[..., keras.losses.Loss]] = {
    "bce": BinaryCrossentropy,
    "focal": FocalCrossentropy,
    "sigmoid_bce": SigmoidBinaryCrossentropy,
    "sigmoid_bce_unclipped": functools.partial(
        SigmoidBinaryCrossentropy, clip=0.0
    ),
}


def weighted_losses() -> list[str]:
    """Names of the `LOSSES` that take a weight per tag."""
    return [
        name
        for name, loss in LOSSES.items()
        if "weights" in inspect.signature(loss).parameters
    ]


def _check_ranks(y_true: Any, y_pred: Any) -> None:
    """Refuses what would broadcast over the wrong axis.

    Labels `[batch, tags]` against `[batch, members, tags]` give a number where
    batch and members happen to be equal, and it means nothing.
    """
    if len(y_true.shape) != len(y_pred.shape):
        raise ValueError(
            "Labels must have as many axes as the logits; for the logits of "
            "several members use `labels[:, None]`. Received: labels of shape "
            f"{tuple(y_true.shape)}, logits of shape {tuple(y_pred.shape)}."
        )


def _checked_weights(weights: Any) -> Any:
    weights = np.asarray(weights, "float32")
    if weights.ndim != 1 or not np.all((weights >= 0) & np.isfinite(weights)):
        raise ValueError(
            "`weights` must be one finite number >= 0 per tag. "
            f"Received: {weights.tolist()}."
        )
    return weights
