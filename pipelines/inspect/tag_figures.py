"""What the tags of a data set are like: counts, risks, company."""

import dataclasses

import numpy as np

from pipelines import manifest
from tftag.words import artist_names

FEW = 10
# Two tags on nearly the same recordings are one tag with two names.
SAME_SHARE = 0.9
_PAIR_MIN_RECORDINGS = 5


@dataclasses.dataclass(frozen=True)
class TagFigures:
    """One tag of the vocabulary.

    Attributes:
        name: The tag.
        recordings: How many carry it.
        by_split: Split -> how many of its recordings carry it.
        artists: How many known artists it has.
        risks: What may make its figures worthless, in words.
    """

    name: str
    recordings: int
    by_split: dict[str, int]
    artists: int
    risks: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class TagPair:
    """Two tags and how they go together.

    Attributes:
        first: The more frequent one.
        second: The other.
        together: Recordings that carry both.
        expected: How many would, if the two were independent.
        correlation: Of the two as zeros and ones, -1 to 1.
        shared: Share of the recordings with either that carry both.
    """

    first: str
    second: str
    together: int
    expected: float
    correlation: float
    shared: float


def describe_tags(prepared: manifest.Manifest) -> list[TagFigures]:
    """Describes each tag of the vocabulary, the most frequent first."""
    labels = prepared.labels() > 0
    splits = np.array(prepared.tracks.texts("split"))
    artists = np.array(
        artist_names.artist_keys(prepared.tracks.texts("artist"))
    )
    sizes = prepared.split_counts
    found = []
    for column, name in enumerate(prepared.vocabulary.names):
        carried = labels[:, column]
        by_split = {s: int(carried[splits == s].sum()) for s in sizes}
        names = set(artists[carried].tolist())
        found.append(
            TagFigures(
                name=name,
                recordings=int(carried.sum()),
                by_split=by_split,
                artists=len(names - {""}),
                risks=tuple(_risks(by_split, sizes, names)),
            )
        )
    return sorted(found, key=lambda tag: (-tag.recordings, tag.name))


def _risks(by_split, sizes, artists):
    positives = sum(by_split.values())
    if positives == 0:
        yield "on no recording"
        return
    if positives < FEW:
        yield f"few recordings: {positives}"
    # A recording without an artist may be by anybody.
    if positives > 1 and len(artists) == 1 and "" not in artists:
        yield "only one artist"
    for split, count in by_split.items():
        where = split or "no split"
        if len(by_split) > 1 and count == 0:
            yield f"none in {where}"
        elif count == sizes[split]:
            yield f"on every recording of {where}"


def count_together(prepared: manifest.Manifest) -> np.ndarray:
    """Recordings that carry both of two tags, int64 `[tags, tags]`.

    In the vocabulary's order; on the diagonal those that carry the one.
    """
    labels = prepared.labels().astype(np.float64)
    return np.rint(labels.T @ labels).astype(np.int64)


def correlation(together: np.ndarray, recordings: int) -> np.ndarray:
    """Correlation of each two tags as zeros and ones (phi), -1 to 1.

    Args:
        together: See `count_together`.
        recordings: Number of all recordings.

    Returns:
        float64 `[tags, tags]`; 0 for tags on no recording, or on all.
    """
    counts = np.diag(together).astype(np.float64)
    shares = counts / max(1, recordings)
    spread = np.sqrt(shares * (1 - shares))
    expected = np.outer(counts, shares)
    scale = recordings * np.outer(spread, spread)
    return np.where(
        scale > 0, (together - expected) / np.where(scale > 0, scale, 1), 0.0
    )


def strongest_pairs(
    names: tuple[str, ...], together: np.ndarray, recordings: int, most: int
) -> list[TagPair]:
    """The pairs of tags that go together most.

    Args:
        names: The tags `[tags]`.
        together: See `count_together`.
        recordings: Number of all recordings.
        most: How many pairs at most.

    Returns:
        Pairs by falling correlation, all above 0; tags on fewer than 5
        recordings, or on all, are in none.
    """
    counts = np.diag(together).astype(np.float64)
    expected = np.outer(counts, counts) / max(1, recordings)
    linked = correlation(together, recordings)
    usable = counts >= _PAIR_MIN_RECORDINGS
    wanted = np.triu(np.outer(usable, usable), 1) & (linked > 0)
    rows, columns = np.nonzero(wanted)
    order = np.argsort(-linked[rows, columns], kind="stable")[:most]
    found = []
    for a, b in zip(rows[order], columns[order], strict=True):
        if counts[b] > counts[a]:
            a, b = b, a
        both = int(together[a, b])
        found.append(
            TagPair(
                first=names[a],
                second=names[b],
                together=both,
                expected=float(expected[a, b]),
                correlation=float(linked[a, b]),
                shared=both / float(counts[a] + counts[b] - both),
            )
        )
    return found


def order_by_company(together: np.ndarray) -> np.ndarray:
    """An order in which tags stand beside those they go together with.

    Groups are joined, the two most alike first (average linkage of the cosine
    similarity), and laid end to end so that neighbours are as alike as can be.

    Args:
        together: See `count_together`.

    Returns:
        Positions of the tags, int `[tags]`.
    """
    # Imported here: it takes a while, and a single tag needs none of it.
    from scipy.cluster import hierarchy
    from scipy.spatial import distance

    if len(together) < 2:
        return np.arange(len(together))
    length = np.sqrt(np.maximum(1, np.diag(together)))
    apart = 1 - together / np.outer(length, length)
    np.fill_diagonal(apart, 0)
    joined = hierarchy.linkage(
        distance.squareform(apart), "average", optimal_ordering=True
    )
    return hierarchy.leaves_list(joined)
