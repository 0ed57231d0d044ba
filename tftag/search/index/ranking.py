"""The best rows of an index: all compared, or those that lists suggest."""

import collections
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search.index import contents, filters, opened_parts
from tftag.search.index.segments import moments, segment

# Up to so many recordings that come into question, each one is compared.
EXACT_ROWS = 50_000
# What lists suggest is compared again, so many for each that is wanted.
_SUGGESTED = 10
_LEAST_SUGGESTED = 100
_MOST_SUGGESTED = 5_000
# A float32 product of unit vectors is off by less.
_ROUNDING = 1e-5
_BLOCK_ROWS = 16_384
# Copies of one recording, as other formats and bit rates make them, are apart
# by at most this share of what two recordings are on average (squared). Of 636
# recordings of other music the nearest two had ten times it (musicnn_words).
COPY_SHARE = 0.001
_LEAST_APART = 1e-6  # rounding
COPY_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class SearchOptions:
    """What is wanted besides a high score.

    Attributes:
        top: How many, at least 1.
        where: What they must be.
        most_per_artist: At most so many of one artist.
        copy_cosine: Recordings that are as near count once; None: all count.
        leave_out: Keys of recordings that are not wanted.
    """

    top: int
    where: filters.Filter
    most_per_artist: int | None
    copy_cosine: float | None
    leave_out: frozenset[int]

    def __post_init__(self) -> None:
        """Refuses numbers below 1."""
        for name in ("top", "most_per_artist"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ValueError(
                    f"`{name}` must be at least 1. Received: {number}."
                )


@dataclasses.dataclass(eq=False)
class Chosen:
    """A row that was found.

    Attributes:
        part: Its segment.
        row: Its number there.
        score: Product of its vector with the direction.
        vector: float64 `[dim]`.
        copies: Segment and row of what sounds the same and scores lower.
    """

    part: opened_parts.OpenedPart
    row: int
    score: float
    vector: npt.NDArray[np.floating[Any]]
    copies: list[tuple[opened_parts.OpenedPart, int]] = dataclasses.field(
        default_factory=list
    )


def best(
    parts: opened_parts.OpenedParts,
    direction: npt.NDArray[np.floating[Any]],
    options: SearchOptions,
) -> list[Chosen]:
    """Finds the rows with the highest products.

    Args:
        parts: Of an index.
        direction: float64 `[dim]`.
        options: What is wanted.

    Returns:
        From the best down, equal ones by name; fewer than wanted only where
        there are no more.

    Raises:
        ValueError: A row is damaged.
    """
    masks = [_mask(part, parts, options) for part in parts.parts]
    survivors = sum(
        len(part.segment) if mask is None else int(mask.sum())
        for part, mask in zip(parts.parts, masks, strict=True)
    )
    is_exact = survivors <= EXACT_ROWS
    count = max(_LEAST_SUGGESTED, _SUGGESTED * options.top)
    while True:
        is_exact = is_exact or count > _MOST_SUGGESTED
        rows = _candidates(parts, masks, direction, count, survivors, is_exact)
        chosen, is_enough = _pick(rows, options, [])
        if is_enough or (is_exact and count >= survivors):
            return chosen
        if count > _MOST_SUGGESTED:
            break
        count *= 4
    # As rows and not as a whole, which a large library has no memory for.
    while rows and not is_enough:
        masks = _rest(parts, masks, rows, _full_artists(chosen, options))
        rows = _candidates(parts, masks, direction, count, survivors, True)
        chosen, is_enough = _pick(rows, options, chosen)
    return chosen


def copy_cosine(library: moments.Moments) -> float:
    """From which cosine on two recordings of a library are copies.

    Args:
        library: Of all its vectors, of unit length: half the mean squared
            distance of two is the trace of their covariance.
    """
    apart = COPY_SHARE * float(np.trace(library.covariance))
    return 1.0 - max(apart, _LEAST_APART)


def _mask(
    part: opened_parts.OpenedPart,
    parts: opened_parts.OpenedParts,
    options: SearchOptions,
) -> npt.NDArray[Any] | None:
    """Which rows of a segment come into question; None where all do."""
    found = part.is_there
    arrays = part.segment.arrays
    if not options.where.is_open:
        found = found & options.where.mask(arrays, parts.contents.tag_names)
    if options.leave_out:
        keys = np.array(sorted(options.leave_out), "<u8")
        found = found & np.isin(arrays["key"], keys, invert=True)
    return None if found.all() else found


def _rest(
    parts: opened_parts.OpenedParts,
    masks: list[npt.NDArray[Any] | None],
    seen: list[Chosen],
    full_artists: list[int],
) -> list[npt.NDArray[Any] | None]:
    """Which rows still come into question."""
    found: list[npt.NDArray[Any] | None] = []
    for part, mask in zip(parts.parts, masks, strict=True):
        artists = part.segment.arrays["artist"]
        full = np.array(full_artists, artists.dtype)
        rest = np.isin(artists, full, invert=True)
        rest[[one.row for one in seen if one.part is part]] = False
        found.append(rest if mask is None else rest & mask)
    return found


def _full_artists(chosen: list[Chosen], options: SearchOptions) -> list[int]:
    if options.most_per_artist is None:
        return []
    count = collections.Counter(map(_artist, chosen))
    most = options.most_per_artist
    return [artist for artist in count if artist and count[artist] >= most]


def _artist(one: Chosen) -> int:
    return int(one.part.segment.arrays["artist"][one.row])


def _candidates(
    parts: opened_parts.OpenedParts,
    masks: list[npt.NDArray[Any] | None],
    direction: npt.NDArray[np.floating[Any]],
    count: int,
    survivors: int,
    is_exact: bool,
) -> list[Chosen]:
    """The best rows of each segment, compared in float64, the best first."""
    share = survivors / max(sum(len(part.segment) for part in parts.parts), 1)
    found: list[Chosen] = []
    for part, mask in zip(parts.parts, masks, strict=True):
        lists = part.segment.lists
        if is_exact or lists is None:
            rows = _best_rows(part, mask, direction, count)
        else:
            rows = lists.search(direction, count, mask, share)
        found += _compared(part, rows, direction)
    found.sort(key=lambda one: -one.score)
    _order_ties(found)
    return found if is_exact and count >= survivors else found[:count]


def _best_rows(
    part: opened_parts.OpenedPart,
    mask: npt.NDArray[Any] | None,
    direction: npt.NDArray[np.floating[Any]],
    count: int,
) -> npt.NDArray[Any]:
    """The best rows of a segment, and those that rounding may have hidden."""
    vectors = part.segment.arrays["vectors"]
    query = direction.astype(np.float32)
    rows = np.arange(len(vectors)) if mask is None else np.flatnonzero(mask)
    scores = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        # A slice of the map is not copied.
        at = block if mask is None else rows[block]
        np.matmul(vectors[at], query, out=scores[block])
    if count < len(rows):
        lowest = np.partition(scores, -count)[-count]
        margin = _ROUNDING * float(np.linalg.norm(direction))
        # Not `>=`, so that what is no number is looked at and named.
        rows = rows[~(scores < lowest - margin)]
    return rows


def _compared(
    part: opened_parts.OpenedPart,
    rows: npt.NDArray[Any],
    direction: npt.NDArray[np.floating[Any]],
) -> Iterator[Chosen]:
    vectors = part.segment.vectors_at(rows).astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    if not (np.abs(lengths - 1) < segment.UNIT_TOLERANCE).all():
        raise contents.DamagedIndex(
            f"The index is damaged; make it anew. Received: {part.segment.name}"
            ", with vectors that are not of length 1."
        )
    # Not the matrix product: its rounding depends on a row's place, and ties
    # between copies of a recording would fall at random.
    scores = np.einsum("nd,d->n", vectors, direction, optimize=False)
    for row, score, vector in zip(
        rows.tolist(), scores.tolist(), vectors, strict=True
    ):
        yield Chosen(part, row, score, vector)


def _pick(
    found: list[Chosen], options: SearchOptions, before: list[Chosen]
) -> tuple[list[Chosen], bool]:
    """Takes the best that may stand side by side, and whether they suffice.

    Args:
        found: From the best down.
        options: What is wanted.
        before: What was taken of better ones.
    """
    chosen = list(before)
    of_artist = collections.Counter(map(_artist, before))
    # A person may ask for any number.
    most = min(options.top, len(before) + len(found))
    vectors = np.zeros((most, found[0].vector.size if found else 0))
    if found and before:
        vectors[: len(before)] = [one.vector for one in before]
    for place, one in enumerate(found):
        if len(chosen) == options.top:
            if options.copy_cosine is not None:
                _add_copies(chosen, vectors, found[place:], options.copy_cosine)
            break
        if options.copy_cosine is not None and _add_copies(
            chosen, vectors[: len(chosen)], [one], options.copy_cosine
        ):
            continue
        artist = _artist(one)
        if options.most_per_artist is not None and artist:
            if of_artist[artist] == options.most_per_artist:
                continue
        of_artist[artist] += 1
        vectors[len(chosen)] = one.vector
        one.vector = vectors[len(chosen)]  # not all that it was compared with
        chosen.append(one)
    return chosen, len(chosen) == options.top


def _add_copies(
    chosen: list[Chosen],
    vectors: npt.NDArray[np.floating[Any]],
    others: list[Chosen],
    copy_cosine: float,
) -> bool:
    """Adds each to the first that it is a copy of; whether one was added."""
    if not chosen:
        return False
    cosines = np.stack([one.vector for one in others]) @ vectors.T
    is_added, before = False, -1
    for at, original in np.argwhere(cosines >= copy_cosine).tolist():
        one = others[at]
        if at != before and _are_as_long(chosen[original], one):
            chosen[original].copies.append((one.part, one.row))
            is_added, before = True, at
    return is_added


def _are_as_long(one: Chosen, other: Chosen) -> bool:
    lengths = [
        float(it.part.segment.arrays["seconds"][it.row]) for it in (one, other)
    ]
    return not abs(lengths[0] - lengths[1]) > COPY_SECONDS  # or not known


def _order_ties(found: list[Chosen]) -> None:
    """Grown or made anew: the rows are in other orders, the names are not."""
    start = 0
    for stop in range(1, len(found) + 1):
        if stop < len(found) and found[stop].score == found[start].score:
            continue
        if stop - start > 1:
            found[start:stop] = sorted(found[start:stop], key=_name)
        start = stop


def _name(one: Chosen) -> tuple[bytes, int]:
    arrays = one.part.segment.arrays
    start, stop = arrays["text_start"][one.row : one.row + 2]
    name: bytes = arrays["texts"][start:stop].tobytes()
    return name, int(arrays["root"][one.row])
