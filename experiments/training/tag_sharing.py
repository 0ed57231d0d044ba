"""Tags that go together lend each other their scores."""

import numpy as np

from tftag import layers


def share(
    layer: layers.MemberLogits,
    logits: np.ndarray,
    labels: np.ndarray,
    part: float,
) -> None:
    """Makes a part of each tag's logits those of the tags it goes with.

    A tag of twelve recordings is known from twelve; the tags that they carry
    beside it are known from many. How far the logits of a recording are from
    their mean over the training recordings is multiplied by `(1 - part) I +
    part C`, with `C` the correlation of the tags, and so are the weights.

    Args:
        layer: is changed.
        logits: of the training recordings, `[recordings, members, tags]`.
        labels: of these, 0 or 1, `[recordings, tags]`.
        part: from 0 to 1.
    """
    mixing = (1 - part) * np.eye(labels.shape[1]) + part * correlation(labels)
    mean = logits.mean(axis=(0, 1), dtype=np.float64)
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel @ mixing, mean + (bias - mean) @ mixing])


def correlation(labels: np.ndarray) -> np.ndarray:
    """How tags go together, float64 `[tags, tags]`.

    Args:
        labels: 0 or 1, `[recordings, tags]`.

    Returns:
        Pearson's correlations; a tag that all or none of the recordings have
        goes with itself alone.
    """
    away = labels - labels.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(away, axis=0)
    away /= np.where(length > 0, length, 1.0)
    found = away.T @ away
    np.fill_diagonal(found, 1.0)
    return found
