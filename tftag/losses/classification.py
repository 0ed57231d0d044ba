"""Losses of taggers: logits against the tags that a clip has.

All return the mean over tags and batch, compute in float32, and take labels
in [0, 1], as mixup makes them. Logits of several members, `[batch, members,
tags]`, need labels `[batch, 1, tags]`.
"""

import functools
import inspect
import math
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

    >>> import numpy as np
    >>> from tftag import losses
    >>> labels, logits = np.array([[1.0, 0.0]]), np.array([[2.0, 0.0]])
    >>> f"{losses.BinaryCrossentropy()(labels, logits):.3f}"  # of .127, .693
    '0.410'
    >>> f"{losses.BinaryCrossentropy([1.0, 0.0])(labels, logits):.3f}"
    '0.063'

    Args:
        weights: `[tags]`, >= 0, or None for 1 everywhere. Kept in a
            variable: `assign_weights` changes them between steps.

    Raises:
        ValueError: The weights are not one finite number >= 0 per tag.
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
        """Returns `[batch]` from labels and logits `[batch, tags]`.

        Raises:
            ValueError: As `check_labels`, or the weights are not one per tag.
        """
        check_labels(y_true, y_pred)
        _check_weights_fit(self.weights, y_pred)
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

    >>> import numpy as np
    >>> from tftag import losses
    >>> labels, logits = np.array([[1.0]]), np.array([[0.0]])  # p = 1 / 2
    >>> f"{losses.FocalCrossentropy(gamma=2.0)(labels, logits):.4f}"
    '0.1733'

    Args:
        gamma: >= 0; 0 gives binary cross-entropy.

    Raises:
        ValueError: `gamma` is below 0, or not finite.
    """

    def __init__(
        self,
        gamma: float = 2.0,
        name: str = "focal_crossentropy",
        **kwargs: Any,
    ) -> None:
        """Checks `gamma`."""
        super().__init__(name=name, **kwargs)
        if not 0 <= gamma < math.inf:
            raise ValueError(
                f"`gamma` must be finite and >= 0. Received: {gamma}."
            )
        self.gamma = gamma

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns `[batch]` from labels and logits `[batch, tags]`.

        Raises:
            ValueError: As `check_labels`.
        """
        check_labels(y_true, y_pred)
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

    >>> import numpy as np
    >>> from tftag import losses
    >>> labels, logits = np.array([[1.0]]), np.array([[-20.0]])
    >>> f"{losses.SigmoidBinaryCrossentropy()(labels, logits):.1f}"
    '16.1'
    >>> f"{losses.BinaryCrossentropy()(labels, logits):.1f}"
    '20.0'

    Args:
        clip: how near to 0 and 1 a probability may come; 0 does not clip.

    Raises:
        ValueError: `clip` is not in [0, 0.5).
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
        """Returns `[batch]` from labels and logits `[batch, tags]`.

        Raises:
            ValueError: As `check_labels`.
        """
        check_labels(y_true, y_pred)
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


def check_labels(labels: Any, logits: Any) -> None:
    """Refuses what would be broadcast over tags, clips or members.

    Labels `[batch, tags]` against `[batch, members, tags]` give a number where
    batch and members happen to be equal, as labels of a single tag do against
    logits of many, and it means nothing.

    Args:
        labels: `[batch, tags]`, or `[batch, members or 1, tags]`.
        logits: `[batch, tags]`, or `[batch, members, tags]`.

    Raises:
        ValueError: Of these shapes, as far as they are known, another one.
    """
    given, wanted = tuple(labels.shape), tuple(logits.shape)
    fits = len(given) == len(wanted) and all(
        None in pair
        or pair[0] == pair[1]
        or (pair[0] == 1 and axis == 1 and len(wanted) == 3)
        for axis, pair in enumerate(zip(given, wanted, strict=True))
    )
    if not fits:
        raise ValueError(
            "Labels must have the axes of the logits, one number per clip and "
            "tag; for the logits of several members use `labels[:, None]`. "
            f"Received: labels of shape {given}, logits of shape {wanted}."
        )


def _check_weights_fit(weights: Any, logits: Any) -> None:
    """Refuses what would be broadcast: one weight of all tags, or one tag."""
    tags = logits.shape[-1]
    if weights is not None and tags not in (None, weights.shape[0]):
        raise ValueError(
            f"`weights` must be one per tag, {tags}. "
            f"Received: {weights.shape[0]} weights."
        )


def _checked_weights(weights: Any) -> Any:
    weights = np.asarray(weights, "float32")
    if weights.ndim != 1 or not np.all((weights >= 0) & np.isfinite(weights)):
        raise ValueError(
            "`weights` must be one finite number >= 0 per tag. "
            f"Received: {weights.tolist()}."
        )
    return weights
