"""Unseen tags from a tagger and word vectors alone: no dual encoder."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.words import unit_vectors


def conse(
    probabilities: npt.NDArray[np.floating[Any]],
    seen_vectors: npt.NDArray[np.floating[Any]],
    target_vectors: npt.NDArray[np.floating[Any]],
    nearest: int = 10,
) -> npt.NDArray[np.floating[Any]]:
    """Scores a tag by what the tagger says of the nearest seen tags.

    After ConSE (Norouzi et al., Zero-shot learning by convex combination of
    semantic embeddings, 2014, https://arxiv.org/abs/1312.5650), with the tag
    rather than the recording as the convex combination: the weights are the
    cosines between word vectors, those below 0 as 0, divided by their sum.
    Scores are means of probabilities, so that targets can be compared as far
    as the probabilities can: give calibrated ones.

    Args:
        probabilities: of the tagger, `[recordings, seen]`.
        seen_vectors: word vectors of its tags, `[seen, dim]`.
        target_vectors: of the tags to score, `[targets, dim]`.
        nearest: how many seen tags to ask; all where there are fewer. Equal
            cosines go by index.

    Returns:
        float64 `[recordings, targets]`, within the range of `probabilities`.

    Raises:
        ValueError: shapes do not fit, a vector is 0 or not finite, or a
            target has no seen tag with a cosine above 0.

    Example:
        >>> # As near to the first seen tag as to the second.
        >>> conse([[0.2, 0.6]], [[1, 0], [0, 1]], [[1, 1]]).round(3).tolist()
        [[0.4]]
    """
    probabilities = np.asarray(probabilities, np.float64)
    seen = unit_vectors.unit(seen_vectors, "seen_vectors")
    targets = unit_vectors.unit(target_vectors, "target_vectors")
    if (
        probabilities.ndim != 2
        or probabilities.shape[1] != len(seen)
        or seen.shape[1] != targets.shape[1]
    ):
        raise ValueError(
            "`probabilities` must be [recordings, seen], the vectors "
            "[seen, dim] and [targets, dim]. Received: shapes "
            f"{probabilities.shape}, {seen.shape} and {targets.shape}."
        )
    if nearest < 1:
        raise ValueError(f"`nearest` must be at least 1. Received: {nearest}.")
    cosines = targets @ seen.T
    # Cosines of equal vectors differ in their last bits.
    order = np.argsort(-cosines.round(9), axis=1, kind="stable")[:, :nearest]
    weights = np.zeros_like(cosines)
    near = np.take_along_axis(cosines, order, axis=1)
    np.put_along_axis(weights, order, np.maximum(near, 0.0), axis=1)
    total = weights.sum(axis=1, keepdims=True)
    if not total.all():
        raise ValueError(
            "Each target needs a seen tag that its word vector points towards; "
            "leave out those without. Received: targets "
            f"{np.flatnonzero(total == 0).tolist()} with no cosine above 0."
        )
    return probabilities @ (weights / total).T
