"""How the tags of a query become one ranking of the recordings.

Two ways. `query_vector` is one point in the space, and one search of the
index. `combined_scores` ranks by every tag and adds up: it costs a search per
tag, and lets no tag outvote the others because its cosines happen to spread
wide (they do: a common tag is near to or far from recordings, a rare one about
as far from all). A negative tag is safer there too: less a vector can point
anywhere, less a score is at least away from that tag.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search import query, top_scores
from tftag.words import unit_vectors

_NO_DIRECTION = 1e-6


def query_vector(
    terms: Sequence[query.Term], vectors: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.floating[Any]]:
    """Weighted sum of the tags' unit vectors, negative tags taken away.

    Args:
        terms: of the query.
        vectors: of the terms in the space of the index, `[terms, dim]`, of
            any length.

    Returns:
        float32 `[dim]`, of length 1.

    Raises:
        ValueError: shapes do not fit, a vector has no direction, or the terms
            cancel out.
    """
    weights = _weights(terms, vectors, "vectors")
    total = weights @ unit_vectors.unit(vectors, "vectors")
    length = np.linalg.norm(total)
    if length < _NO_DIRECTION * np.abs(weights).sum():
        raise ValueError(
            "The tags of a query must not cancel out; leave out some. "
            f"Received: {', '.join(f'{t.phrase}^{t.weight:g}' for t in terms)}."
        )
    return (total / length).astype(np.float32)


def combined_scores(
    terms: Sequence[query.Term], scores: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.floating[Any]]:
    """Weighted mean of the tags' scores, each in standard deviations.

    Args:
        terms: of the query.
        scores: of each term, `[terms, recordings]`, such as cosines with all
            recordings of the library.

    Returns:
        float64 `[recordings]`: how far above the library's mean a recording
        lies, averaged by weight. A term by which all recordings are equal
        counts 0.

    Raises:
        ValueError: shapes do not fit, or scores are not finite.
    """
    weights = _weights(terms, scores, "scores")
    scores = np.asarray(scores, np.float64)
    if not np.isfinite(scores).all():
        raise ValueError(
            "`scores` must be finite. "
            f"Received: {(~np.isfinite(scores)).sum()} that are not."
        )
    standard = np.array([top_scores.standardized(row) for row in scores])
    return weights @ standard / np.abs(weights).sum()


def _weights(
    terms: Sequence[Any], rows: Any, name: str
) -> npt.NDArray[np.floating[Any]]:
    rows = np.asarray(rows)
    if not terms or rows.ndim != 2 or len(rows) != len(terms) or not rows.size:
        raise ValueError(
            f"`{name}` must hold a row for each of the {len(terms)} terms, "
            f"and there must be a term. Received: shape {rows.shape}."
        )
    return np.array([term.weight for term in terms], np.float64)
