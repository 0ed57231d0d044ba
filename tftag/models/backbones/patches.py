"""A clip in patches, each seen alone, whose vectors are averaged."""

import keras
from keras import ops

# In units of the log spectrogram. The frames of a silence differ in their last
# bits, by their place in a batch; what can be heard changes by more.
LEAST_CHANGE = 1e-4


def cut(
    x: keras.KerasTensor, patch_frames: int
) -> tuple[keras.KerasTensor, int]:
    """Cuts spectrograms into patches that are evenly spaced over the clip.

    Args:
        x: `[batch, frames, mels]`, of a fixed number of frames.
        patch_frames: Length of a patch.

    Returns:
        `[batch * count, patch_frames, mels]`, and the count of a clip.

    Raises:
        ValueError: A patch is longer than the clip.
    """
    _, frames, mels = x.shape
    spare = frames - patch_frames
    if spare < 0:
        raise ValueError(
            f"`patch_frames` must be <= {frames}, the frames of a clip. "
            f"Received: {patch_frames}."
        )
    count = round(frames / patch_frames)
    patches = []
    for number in range(count):
        start = round(spare * number / max(count - 1, 1))
        # In float32: descriptors are differences of near-equal numbers. A
        # layer that learns casts to its own precision.
        cropped = keras.layers.Cropping1D(
            (start, spare - start), name=f"patch_{number + 1}", dtype="float32"
        )
        patches.append(cropped(x))
    return ops.reshape(ops.stack(patches, 1), (-1, patch_frames, mels)), count


def mean(
    vectors: keras.KerasTensor, patches: keras.KerasTensor, count: int
) -> keras.KerasTensor:
    """Averages the vectors of each clip's patches.

    A patch in which nothing changes is the silence behind a short recording;
    where there is nothing else, all patches count.

    Args:
        vectors: Of the patches, `[batch * count, dim]`.
        patches: What `cut` returned.
        count: Of a clip.

    Returns:
        `[batch, dim]`.
    """
    changes = ops.abs(patches[:, 1:] - patches[:, :-1]) > LEAST_CHANGE
    shares = ops.cast(ops.any(changes, axis=(1, 2)), vectors.dtype)
    shares = ops.reshape(shares, (-1, count, 1))
    sounding = ops.sum(shares, axis=1, keepdims=True)
    shares = ops.where(
        sounding > 0, shares / ops.maximum(sounding, 1), 1 / count
    )
    vectors = ops.reshape(vectors, (-1, count, vectors.shape[-1]))
    return ops.sum(shares * vectors, axis=1)
