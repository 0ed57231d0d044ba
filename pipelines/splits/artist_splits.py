"""Who trains, who validates, who tests: splits without leaks."""

import logging
import math
from collections.abc import Sequence

import numpy as np

from pipelines import manifest
from pipelines.splits import stratify
from tftag.words import artist_names

logger = logging.getLogger(__name__)

# No artist's key.
_NAMELESS = "\0"
# Of the recordings, beyond which it is told that sizes are not as wished.
_MISPLACED_SHARE = 0.1


def assign_splits(
    artists: Sequence[str],
    labels: np.ndarray,
    weights: Sequence[float] = (8, 1, 1),
    seed: int = 0,
    audio_hashes: Sequence[str] | None = None,
) -> list[str]:
    """Splits recordings by artist, balanced over the tags.

    All recordings of an artist, and all with equal audio, share a side.
    Within that, sizes come near to the weights, and each tag gets positives
    on every side where its artists are enough.

    Args:
        artists: Artist of each recording; "" is an artist of its own.
        labels: Multi-hot tags `[samples, tags]`.
        weights: Shares or counts of train, validation and, if given, test.
        seed: Another seed gives another split.
        audio_hashes: Hash of the audio of each recording.

    Returns:
        "train", "validation" or "test" for each recording.

    Raises:
        ValueError: Shapes do not fit, or the weights are no parts of a split.
    """
    labels = np.asarray(labels)
    count = len(artists)
    if labels.ndim != 2 or len(labels) != count:
        raise ValueError(
            f"`labels` must have the shape [{count}, tags]. "
            f"Received: shape {labels.shape}."
        )
    if audio_hashes is not None and len(audio_hashes) != count:
        raise ValueError(
            f"`audio_hashes` must name all {count} recordings. "
            f"Received: {len(audio_hashes)}."
        )
    check_weights(weights)
    names, targets = _targets(count, weights)
    if not count:
        return []
    groups = _join(
        artist_names.artist_keys(artists), audio_hashes or [""] * count
    )
    sides = stratify.assign(groups, labels, targets, seed)
    if empty := set(range(len(names))) - set(sides.tolist()):
        logger.warning(
            "%d groups of artists and equal audio leave no recording for %s",
            len(sides),
            " and ".join(names[side] for side in sorted(empty)),
        )
    _tell_of_sizes(
        names, np.bincount(sides[groups], minlength=len(names)), targets
    )
    return [names[side] for side in sides[groups]]


def _tell_of_sizes(names, sizes, targets):
    """Says where the sizes had to give way to artists or tags."""
    misplaced = np.abs(sizes - targets).sum() // 2
    if misplaced > _MISPLACED_SHARE * sizes.sum():
        logger.warning(
            "The splits have %s recordings in place of %s (%s), so that no "
            "artist is in two of them and each has of every tag. More "
            "recordings, or fewer tags (--min-count, --top), come nearer.",
            "/".join(map(str, sizes)),
            "/".join(map(str, targets)),
            ", ".join(names),
        )


def check_weights(weights: Sequence[float]) -> None:
    """Raises ValueError for weights that `assign_splits` would refuse."""
    if (
        len(weights) not in (2, 3)
        or not all(0 <= weight < math.inf for weight in weights)
        or not weights[0]
    ):
        raise ValueError(
            "The parts of a split must be two or three numbers >= 0 for "
            "train, validation and test, the first > 0, as in 8/1/1. "
            f"Received: {'/'.join(f'{weight:g}' for weight in weights)}."
        )


def folds(
    artists: Sequence[str], audio_hashes: Sequence[str], count: int
) -> list[np.ndarray]:
    """Folds of scikit-learn's `GroupKFold` over the artists.

    Spellings of an artist that differ in case alone are one, and so are artists
    who share equal audio.

    Args:
        artists: Artist of each recording. Recordings with "" may share one
            and stay together; where they are more than a fold holds, each is
            a group of its own, named "unknown <row>".
        audio_hashes: Hash of the audio of each recording.
        count: Number of folds.

    Returns:
        The test rows of each fold.

    Raises:
        ValueError: There are fewer artists than folds, or fewer than 2 folds.
    """
    # Imported here: it takes seconds, and only cross-validation needs it.
    from sklearn import model_selection

    names, keys = list(artists), artist_names.artist_keys(artists)
    if keys.count("") * count > len(keys):
        names = [
            name if key else f"unknown {row}"
            for row, (name, key) in enumerate(zip(names, keys, strict=True))
        ]
        keys = artist_names.artist_keys(names)
    joined = _join([key or _NAMELESS for key in keys], audio_hashes)
    first: dict[int, int] = {}
    groups = [
        names[first.setdefault(group, row)] for row, group in enumerate(joined)
    ]
    found = len(set(groups))
    if not 2 <= count <= found:
        raise ValueError(
            "The number of folds must be between 2 and the number of artists, "
            f"{found}. Received: {count}."
        )
    split = model_selection.GroupKFold(n_splits=count).split(
        groups, groups=groups
    )
    return [test for _, test in split]


def _targets(count, weights):
    """Names of the sides that are wanted, and recordings for each."""
    weights = np.asarray(weights, dtype=np.float64)
    used = np.flatnonzero(weights)
    exact = count * weights[used] / weights.sum()
    targets = np.floor(exact).astype(int)
    by_rest = np.argsort(targets - exact, kind="stable")
    targets[by_rest[: count - targets.sum()]] += 1
    for side in np.flatnonzero(targets == 0):
        targets[targets.argmax()] -= 1
        targets[side] = 1
    return [manifest.SPLITS[side] for side in used], np.maximum(targets, 1)


def _join(artist_keys, audio_hashes):
    """Numbers the groups that share an artist or audio, in order of rows."""
    parents = list(range(len(artist_keys)))

    def root(row):
        while parents[row] != row:
            parents[row] = row = parents[parents[row]]
        return row

    first: dict[tuple[str, str], int] = {}
    keys = [("artist", key) for key in artist_keys]
    hashes = [("audio", name) for name in audio_hashes]
    for row, names in enumerate(zip(keys, hashes, strict=True)):
        for key in names:
            if key[1]:
                a, b = sorted((root(first.setdefault(key, row)), root(row)))
                parents[b] = a
    roots = [root(row) for row in range(len(parents))]
    return np.unique(roots, return_inverse=True)[1]
