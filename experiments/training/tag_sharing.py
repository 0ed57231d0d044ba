"""Mixes each tag's logits with those of correlated tags."""

import numpy as np

from tftag import layers


def share(
    layer: layers.MemberLogits,
    logits: np.ndarray,
    labels: np.ndarray,
    part: float,
) -> None:
    """Takes a share of each tag's logits from the tags it is correlated with.

    A tag with twelve recordings is learned from twelve; the tags that occur
    with it are learned from many. The deviations of the logits from their mean
    over the training recordings are multiplied by `(1 - part) I + part C`,
    where `C` is the correlation of the tags. This is folded into the layer's
    weights.

    Args:
        layer: is changed.
        logits: of the training recordings, `[recordings, members, tags]`.
        labels: of these recordings, 0 or 1, `[recordings, tags]`.
        part: the share, from 0 to 1.
    """
    mixing = (1 - part) * np.eye(labels.shape[1]) + part * correlation(labels)
    mean = logits.mean(axis=(0, 1), dtype=np.float64)
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel @ mixing, mean + (bias - mean) @ mixing])


def correlation(labels: np.ndarray) -> np.ndarray:
    """Computes the correlation of tags, float64 `[tags, tags]`.

    Args:
        labels: 0 or 1, `[recordings, tags]`.

    Returns:
        Pearson's correlations; a tag that all or no recordings have is
        correlated with itself only.
    """
    away = labels - labels.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(away, axis=0)
    away /= np.where(length > 0, length, 1.0)
    found = away.T @ away
    np.fill_diagonal(found, 1.0)
    return found
