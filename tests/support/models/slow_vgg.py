"""vgg in NumPy, float64, one shift and one neighbour after the other.

Written from the paper and the shapes of the published arrays, apart from the
layers: what a published tagger must answer.
"""

import itertools

import numpy as np
import slow_musicnn

# Frames and bands of each maximum, and its step.
POOLS = ((4, 1, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2), (4, 4, 4))


def features(mels, arrays):
    """Last layer `[256]` and logits `[50]`.

    Args:
        mels: `[187, 96]`, not standardised.
        arrays: Of a published network, by `layer/part`.
    """
    arrays = {name: a.astype(np.float64) for name, a in arrays.items()}

    def norm(x, name):
        return slow_musicnn.normalised(x, arrays, name)

    x = norm(mels[..., np.newaxis], "input")
    for number, pool in enumerate(POOLS, start=1):
        kernel = arrays[f"conv_{number}/kernel"]
        frames, bands, _ = x.shape
        ahead = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        total = arrays[f"conv_{number}/bias"] + sum(
            ahead[down : down + frames, along : along + bands]
            @ kernel[down, along]
            for down, along in itertools.product(range(3), range(3))
        )
        x = largest(norm(np.maximum(total, 0), f"conv_{number}"), *pool)
    last = x.ravel()
    return last, last @ arrays["tag_logits/kernel"] + arrays["tag_logits/bias"]


def largest(x, high, wide, step):
    """The largest of every window that lies inside, `[frames, bands, dim]`."""
    frames, bands, _ = x.shape
    return np.array(
        [
            [
                x[down : down + high, along : along + wide].max(axis=(0, 1))
                for along in range(0, bands - wide + 1, step)
            ]
            for down in range(0, frames - high + 1, step)
        ]
    )
