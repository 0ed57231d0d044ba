"""Losses of dual encoders: how near clips and tags are, and should be.

All take labels `[batch, tags]` or `[batch, 1, tags]` in [0, 1] and logits
`[batch, tags]` or `[batch, members, tags]`, compute in float32 and return the
mean of the members. `call` gives a number per member, none per clip: a pair
belongs to no single clip, so there is no weight per clip either. (Not one
number in all: Keras does not divide such a loss by the number of replicas.)
Temperature and bias are learned by the model, not here.

**The pairwise sigmoid loss** of SigLIP (Zhai et al. 2023,
https://arxiv.org/abs/2303.15343) needs no class: its sum over texts of
`-log sigmoid(z * logit)` with `z` = 1 for pairs and -1 for others is, term by
term, binary cross-entropy from logits. `classification.BinaryCrossentropy` is
that loss divided by the number of tags, and takes clips with many tags, soft
labels and members as they are.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from tftag.losses import classification
from tftag.losses import negatives as negatives_lib

# Instead of log(0): no logit comes near, and sums of it stay finite.
_NEVER = -1e30
_TINY = 1e-12


@keras.saving.register_keras_serializable(package="tftag")
class MultiPositiveInfoNCE(keras.losses.Loss):
    """InfoNCE where every tag of a clip is a positive, both ways.

    Clip to tags: each positive of a clip against the tags it does not have,
    averaged over its positives, as the outer sum of SupCon (Khosla et al.
    2020, https://arxiv.org/abs/2004.11362, equation 2). Other than there, the
    other positives are left out of the denominator: they need not be pushed
    away to bring this one near. Tag to clips: the same across the batch, so
    clips that share a tag are no negatives of each other. The loss is the mean
    of the two, each the mean over clips (tags) that have a positive at all.

    A soft label `y` is a positive with weight `y` and a negative with weight
    `1 - y`; a clip (tag) counts as much as its strongest label.

    >>> import numpy as np
    >>> from tftag import losses
    >>> labels = np.array([[1.0, 0.0], [0.0, 1.0]])  # each clip has one tag
    >>> f"{losses.MultiPositiveInfoNCE()(labels, 4 * labels):.3f}"  # told apart
    '0.018'
    >>> f"{losses.MultiPositiveInfoNCE()(labels, 0 * labels):.3f}"  # by chance
    '0.693'
    """

    def __init__(
        self, name: str = "multi_positive_info_nce", **kwargs: Any
    ) -> None:
        """Passes the arguments on."""
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns `[members]` from labels and logits.

        Raises:
            ValueError: Their shapes do not fit.
        """
        labels, logits = _with_members(y_true, y_pred)
        clip_to_tags = _against_negatives(labels, logits, axis=-1)
        tag_to_clips = _against_negatives(labels, logits, axis=0)
        return (clip_to_tags + tag_to_clips) / 2


@keras.saving.register_keras_serializable(package="tftag")
class TripletMargin(keras.losses.Loss):
    """A tag is nearer to a clip that has it than to one that has not.

    The triplet loss of Won et al. (2020, https://arxiv.org/abs/2010.13540):
    `max(0, margin - cos(tag, positive) + cos(tag, negative))`. They draw
    triplets; here all pairs of the batch are at hand, so the loss is the
    expected value over the draw, and its gradient that of the expected value
    with the draw's probabilities held fixed, as a draw would hold them.

    Logits must be cosines: `DualEncoderConfig(initial_scale=1,
    initial_bias=0, learned_scale=False)`. Takes memory for `batch * batch *
    members * tags` numbers.

    >>> import numpy as np
    >>> from tftag import losses
    >>> labels = np.array([[1.0], [0.0]])  # the first clip has the tag
    >>> cosines = np.array([[0.5], [0.3]])
    >>> f"{losses.TripletMargin(margin=0.4)(labels, cosines):.1f}"
    '0.2'

    Args:
        sampling: How triplets are drawn, a function of `losses.negatives`.
        margin: > 0, in units of cosine.

    Attributes:
        on_cosines: It takes no scale and no bias: see above.

    Raises:
        ValueError: `sampling` cannot be called, or `margin` is not finite
            and above 0.
    """

    on_cosines = True

    def __init__(
        self,
        sampling: Any = negatives_lib.distance_weighted,
        margin: float = 0.4,
        name: str = "triplet_margin",
        **kwargs: Any,
    ) -> None:
        """Checks the arguments."""
        super().__init__(name=name, **kwargs)
        if isinstance(sampling, dict):  # out of a saved config
            sampling = keras.saving.deserialize_keras_object(sampling)
        if not callable(sampling):
            raise ValueError(
                "`sampling` must be a function such as "
                f"`negatives.distance_weighted`. Received: {sampling!r}."
            )
        if not (margin > 0 and math.isfinite(margin)):
            raise ValueError(f"`margin` must be > 0. Received: {margin}.")
        self.sampling = sampling
        self.margin = margin

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns `[members]` from labels and cosines.

        Raises:
            ValueError: Their shapes do not fit.
        """
        labels, cosines = _with_members(y_true, y_pred)
        positive, negative = (
            ops.stop_gradient(share) for share in self.sampling(labels, cosines)
        )
        # [positive clip, negative clip, members, tags]
        hinge = ops.relu(self.margin - cosines[:, None] + cosines[None])
        return ops.sum(
            hinge * positive[:, None] * negative[None], axis=(0, 1, 3)
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "sampling": keras.saving.serialize_keras_object(self.sampling),
            "margin": self.margin,
        }


def _pairwise_sigmoid() -> Any:
    return classification.BinaryCrossentropy(name="sigmoid_contrastive")


# What `--loss` of a dual encoder may be. Each is called without arguments, or
# with a function of `negatives.SAMPLINGS` if it takes a `sampling`.
LOSSES: dict[str, Callable[..., keras.losses.Loss]] = {
    "sigmoid": _pairwise_sigmoid,
    "infonce": MultiPositiveInfoNCE,
    "triplet": TripletMargin,
}


def draws_negatives(loss: Callable[..., keras.losses.Loss]) -> bool:
    """Whether an entry of `LOSSES` takes a `sampling`."""
    return "sampling" in inspect.signature(loss).parameters


def _with_members(labels: Any, logits: Any) -> tuple[Any, Any]:
    """Labels `[batch, 1, tags]` and logits `[batch, members, tags]`."""
    labels, logits = (
        ops.expand_dims(x, 1) if len(x.shape) == 2 else x
        for x in (labels, logits)
    )
    classification.check_labels(labels, logits)
    # All members have the labels of their clip: labels of each would be
    # counted as those of more clips.
    if labels.shape[1] not in (None, 1):
        raise ValueError(
            "Labels must be [batch, tags] or [batch, 1, tags], the same for "
            f"all members. Received: labels of shape {tuple(labels.shape)}."
        )
    return labels, logits


def _against_negatives(
    labels: npt.NDArray[np.floating[Any]],
    logits: npt.NDArray[np.floating[Any]],
    axis: Any,
) -> Any:
    """Cross-entropy of positives against negatives on `axis`: [members]."""
    absent = 1 - labels
    weighted = logits + ops.log(ops.where(absent > 0, absent, 1.0))
    negatives = ops.logsumexp(
        ops.where(absent > 0, weighted, _NEVER), axis=axis, keepdims=True
    )
    # -log of e^s / (y e^s + sum of all (1 - y') e^s'), where the sum includes
    # the soft positive itself: with it, e^s stands there exactly once.
    log_label = ops.log(ops.where(labels > 0, labels, 1.0))
    losses = log_label + ops.softplus(negatives - logits - log_label)
    total = ops.sum(labels, axis=axis)
    means = ops.sum(labels * losses, axis=axis) / ops.maximum(total, _TINY)
    counts = ops.max(labels, axis=axis)
    # Members stand on the second axis of [batch, members] and the first of
    # [members, tags].
    per_member = ops.sum(counts * means, axis=0 if axis == -1 else -1)
    return per_member / ops.maximum(ops.sum(counts), _TINY)
