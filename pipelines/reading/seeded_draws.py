"""Stateless draws: the same seed gives the same draw wherever it is made.

A seed is an integer tensor `[2]`.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

# Two whole numbers, or a tensor of them.
Seed = Sequence[int] | np.ndarray


def rows(seed: Seed, count: int, probabilities: np.ndarray | None) -> tf.Tensor:
    """Draws the order of the recordings of an epoch.

    Args:
        seed: The seed.
        count: Number of recordings, of which as many are drawn.
        probabilities: Of each recording `[count]`, to draw with replacement;
            `None` shuffles instead.

    Returns:
        int64 `[count]`.
    """
    if probabilities is None:
        order = tf.range(count, dtype=tf.int64)
        return tf.random.experimental.stateless_shuffle(order, seed)
    upper_edges = np.cumsum(probabilities)[:-1]
    return tf.searchsorted(
        tf.constant(upper_edges),
        _uniform(seed, [count]),
        side="right",
        out_type=tf.int64,
    )


def row_probabilities(labels: np.ndarray, tag_balance: float) -> np.ndarray:
    """Weighs each recording by how rare its tags are.

    Args:
        labels: 0 or 1 `[tracks, tags]`.
        tag_balance: Exponent of `sum(1 / recordings of tag)` over the tags of
            a recording. One without tags counts like the least likely one
            with tags.

    Returns:
        float64 `[tracks]`, adding up to 1.

    Raises:
        ValueError: No recording has a tag.
    """
    recordings_of_tag = labels.sum(axis=0, dtype=np.int64)
    rarity = np.einsum(
        "rt,t->r", labels, 1.0 / np.maximum(recordings_of_tag, 1)
    )
    tagged = rarity > 0
    if not tagged.any():
        raise ValueError(
            "`tag_balance` needs recordings with tags of the vocabulary. "
            f"Received: tag_balance={tag_balance}, {len(labels)} recordings "
            "without."
        )
    rarity[~tagged] = rarity[tagged].min()
    weights = rarity**tag_balance
    return weights / weights.sum()


def starts(seed: Seed, samples: tf.Tensor, clip_samples: int) -> tf.Tensor:
    """Draws the first sample of a clip of each recording.

    Args:
        seed: The seed.
        samples: Lengths of the recordings, int64 `[tracks]`.
        clip_samples: Length of a clip.

    Returns:
        int64 `[tracks]`, uniform over 0 to `samples - clip_samples`
        inclusive; 0 for a recording no longer than a clip.
    """
    choices = tf.maximum(samples - clip_samples, 0) + 1
    drawn = _uniform(seed, tf.shape(samples)) * tf.cast(choices, tf.float64)
    return tf.cast(drawn, tf.int64)


def masks(
    seed: Seed, shape: list[int], max_width: int, length: int
) -> tf.Tensor:
    """Draws SpecAugment's masks along one axis.

    The width is uniform over 0 to `max_width`, then the start is uniform over
    those that keep the mask inside (https://arxiv.org/abs/1904.08779).

    Args:
        seed: The seed.
        shape: `[clips, masks]`, the number of clips and of masks per clip.
        max_width: Largest width, in cells of the axis.
        length: Cells of the axis.

    Returns:
        Starts and widths, int32 `[clips, masks, 2]`.
    """
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    width = tf.floor(_uniform(seeds[0], shape) * (max_width + 1))
    start = tf.floor(_uniform(seeds[1], shape) * (length - width + 1))
    return tf.cast(tf.stack([start, width], axis=-1), tf.int32)


def mixup_weights(seed: Seed, count: int, alpha: float) -> tf.Tensor:
    """Draws from Beta(alpha, alpha), as a ratio of gammas.

    Args:
        seed: The seed.
        count: How many.
        alpha: 1 is uniform; near 0, one of the two nearly vanishes.

    Returns:
        float32 `[count]`, 0 to 1.
    """
    first, second = (
        tf.random.stateless_gamma([count], each, alpha, dtype=tf.float64)
        for each in tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    )
    # Both are 0 where a tiny alpha leaves the range of float64.
    weight = tf.math.divide_no_nan(first, first + second)
    return tf.cast(weight, tf.float32)


def _uniform(seed, shape):
    """Draws float64 in 0 <= x < 1."""
    return tf.random.stateless_uniform(shape, seed, dtype=tf.float64)
