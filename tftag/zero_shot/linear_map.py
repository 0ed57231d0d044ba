"""Unseen tags by a linear map: what a text tower has to be better than.

    score = (embedding - mean) @ matrix @ unit word vector

After ESZSL (Romera-Paredes & Torr, An embarrassingly simple approach to
zero-shot learning, 2015): ridge on both sides, in closed form. Labels are
standardised per tag, so that a rare tag counts as much as a frequent one.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag import metrics
from tftag.words import artist_names, unit_vectors

_Floats = npt.NDArray[np.floating[Any]]

# Relative to the mean variance of embeddings, and of word vectors.
RIDGES = tuple(10.0**power for power in range(-3, 4))
# The stronger first, so that the first of the best is the strongest of them.
_PAIRS = [(one, other) for one in RIDGES[::-1] for other in RIDGES[::-1]]
_FOLDS = 5


@dataclasses.dataclass(frozen=True, eq=False)
class LinearMap:
    """From audio embeddings to word vectors.

    Attributes:
        mean: float64 `[audio dim]`, of the training embeddings.
        matrix: float64 `[audio dim, word dim]`.
        embedding_ridge: of `RIDGES`.
        word_ridge: of `RIDGES`.
    """

    mean: _Floats
    matrix: _Floats
    embedding_ridge: float
    word_ridge: float

    def score(
        self,
        embeddings: _Floats,
        vectors: _Floats,
    ) -> _Floats:
        """Scores any tags, trained on or not.

        Args:
            embeddings: `[recordings, audio dim]`.
            vectors: word vectors, `[tags, word dim]`.

        Returns:
            float64 `[recordings, tags]`.

        Raises:
            ValueError: shapes do not fit, or a word vector is 0 or not finite.
        """
        embeddings = np.asarray(embeddings, np.float64)
        vectors = unit_vectors.unit(vectors, "vectors")
        audio_dim, word_dim = self.matrix.shape
        if (
            embeddings.ndim != 2
            or embeddings.shape[1] != audio_dim
            or vectors.shape[1] != word_dim
        ):
            raise ValueError(
                f"`embeddings` must be [recordings, {audio_dim}], `vectors` "
                f"[tags, {word_dim}]. Received: shapes {embeddings.shape} and "
                f"{vectors.shape}."
            )
        return (embeddings - self.mean) @ self.matrix @ vectors.T


def linear_map(
    embeddings: _Floats,
    labels: _Floats,
    seen_vectors: _Floats,
    *,
    artists: Sequence[str] | None = None,
    seed: int = 0,
) -> LinearMap:
    """Fits the map on training recordings and seen tags.

    Both ridges are chosen among `RIDGES` by what they are for: every fold
    leaves out a fifth of the seen tags and a fifth of the recordings, fits on
    the rest and scores the tags on the recordings left out. The pair with the
    best mean ROC-AUC wins, the stronger one among equals. Nothing of a test is
    read.

    Args:
        embeddings: of the training recordings, `[recordings, audio dim]`.
        labels: 0 or 1, of the seen tags, `[recordings, seen]`.
        seen_vectors: word vectors, `[seen, word dim]`.
        artists: of the recordings; those of one artist, in whatever case,
            share a fold. "" is an artist of its own.
        seed: of the folds.

    Returns:
        The map, fitted on all of it.

    Raises:
        ValueError: shapes do not fit, values are not finite, or there are too
            few tags and recordings to leave any out.
    """
    embeddings = np.asarray(embeddings, np.float64)
    labels = np.asarray(labels, np.float64)
    vectors = unit_vectors.unit(seen_vectors, "seen_vectors")
    if (
        embeddings.ndim != 2
        or labels.shape != (len(embeddings), len(vectors))
        or (artists is not None and len(artists) != len(embeddings))
    ):
        raise ValueError(
            "`embeddings` must be [recordings, audio dim], `labels` "
            "[recordings, seen], `seen_vectors` [seen, word dim], `artists` "
            f"[recordings]. Received: shapes {embeddings.shape}, "
            f"{labels.shape}, {vectors.shape}, "
            f"{'no' if artists is None else len(artists)} artists."
        )
    if not (np.isfinite(embeddings).all() and np.isin(labels, (0, 1)).all()):
        raise ValueError(
            "`embeddings` must be finite, and `labels` 0 or 1. Received: "
            f"{(~np.isfinite(embeddings)).sum()} that are not finite, labels "
            f"{np.unique(labels)[:5].tolist()}."
        )
    best = _best_ridges(embeddings, labels, vectors, artists, seed)
    return _Parts(embeddings, labels, vectors).fit(*best)


def _best_ridges(
    embeddings: _Floats,
    labels: _Floats,
    vectors: _Floats,
    artists: Sequence[str] | None,
    seed: int,
) -> tuple[float, float]:
    """The pair that is best on tags and recordings that were left out."""
    rng = np.random.default_rng(seed)
    tag_fold = rng.permutation(len(vectors)) % _FOLDS
    row_fold = _recording_folds(artists, len(embeddings), rng)
    areas = []
    for fold in range(_FOLDS):
        out, tags_out = row_fold == fold, tag_fold == fold
        if not (labels[np.ix_(out, tags_out)].any() and not out.all()):
            continue
        parts = _Parts(
            embeddings[~out],
            labels[np.ix_(~out, ~tags_out)],
            vectors[~tags_out],
        )
        areas.append(
            [
                metrics.roc_auc(
                    labels[np.ix_(out, tags_out)],
                    parts.fit(*pair).score(embeddings[out], vectors[tags_out]),
                )
                for pair in _PAIRS
            ]
        )
    # [pairs, all tags that were left out]
    every = np.concatenate(areas, axis=1) if areas else np.empty((0, 0))
    every = every[:, np.isfinite(every).all(axis=0)]
    if not every.size:
        raise ValueError(
            "The ridges are chosen on seen tags that are left out, so some of "
            "them need positives and negatives in a fifth of the recordings. "
            f"Received: {len(vectors)} tags on {len(embeddings)} recordings."
        )
    return _PAIRS[int(np.argmax(every.mean(axis=1).round(9)))]


class _Parts:
    """What all ridges share: eigenvectors of both sides, and their product."""

    def __init__(
        self,
        embeddings: _Floats,
        labels: _Floats,
        vectors: _Floats,
    ) -> None:
        self.mean = embeddings.mean(axis=0)
        centred = embeddings - self.mean
        spread = labels.std(axis=0)
        # A tag that all or none carry teaches nothing.
        targets = (labels - labels.mean(axis=0)) / np.where(spread, spread, 1)
        self.audio = _Side(centred.T @ centred)
        self.words = _Side(vectors.T @ vectors)
        self.between = (
            self.audio.axes.T @ centred.T @ targets @ vectors @ self.words.axes
        )

    def fit(self, embedding_ridge: float, word_ridge: float) -> LinearMap:
        shrunk = (
            self.between
            * self.audio.inverse(embedding_ridge)[:, None]
            * self.words.inverse(word_ridge)
        )
        return LinearMap(
            self.mean,
            self.audio.axes @ shrunk @ self.words.axes.T,
            embedding_ridge,
            word_ridge,
        )


class _Side:
    def __init__(self, gram: _Floats) -> None:
        self.values, self.axes = np.linalg.eigh(gram)
        # Rounding leaves some just below 0.
        self.values = np.maximum(self.values, 0.0)

    def inverse(self, ridge: float) -> Any:
        mean = self.values.mean()
        if not mean:
            raise ValueError(
                "All embeddings are equal: there is nothing to learn from."
            )
        return 1 / (self.values + ridge * mean)


def _recording_folds(
    artists: Sequence[str] | None, recordings: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    names = [""] * recordings if artists is None else artists
    group_of: dict[str | int, int] = {}
    group = [
        group_of.setdefault(artist_names.artist_key(name) or row, len(group_of))
        for row, name in enumerate(names)
    ]
    return (rng.permutation(len(group_of)) % _FOLDS)[group]
