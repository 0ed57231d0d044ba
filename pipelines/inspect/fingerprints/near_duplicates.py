"""Recordings that share audio, found by their fingerprints.

Equal words of two recordings are looked up, and the words around them are
compared bit by bit: where no more than `MAX_ERROR_RATE` of the bits differ over
3.3 seconds, both hold the same audio. Of unrelated audio half of them differ.
"""

import collections
import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np

from pipelines.inspect.fingerprints import fingerprint

# Haitsma and Kalker's block; they decide at 0.35, which is too much for music
# that shares instruments and keys: what was measured is in
# docs/how_to/data/inspect.md.
BLOCK_WORDS = 256
MAX_ERROR_RATE = 0.25
# A recording that is shorter is not compared, 3.7 s.
SHORTEST_SECONDS = (
    BLOCK_WORDS * fingerprint.HOP_SAMPLES + fingerprint.FRAME_SAMPLES
) / fingerprint.RATE_HZ
# A first look at a hit, at 1/8 of the work: 3 of 1,000 unrelated ones pass.
_LOOK_WORDS = 32
_MAX_LOOK_ERROR_RATE = 0.40
# Each word is paired with this many that equal it, not with all: a thousand
# copies of one recording would give half a million pairs per word.
_NEIGHBOURS = 8
WORDS_AT_ONCE = 16_000_000
MAX_LOOKUPS = 12
_HITS_AT_ONCE = 50_000
_SCAN_WORDS = 4_000_000


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two recordings that share audio.

    Attributes:
        first: Row of one, below `second`.
        second: Row of the other.
        offset_seconds: Time in `second` less the time in `first` of the same
            sound.
        shared_seconds: How much they share at that offset.
        overlap_seconds: How much both last at that offset.
        error_rate: Share of bits in which the shared part differs.
    """

    first: int
    second: int
    offset_seconds: float
    shared_seconds: float
    overlap_seconds: float
    error_rate: float

    def between(self, first: int, second: int) -> "Pair":
        """The pair of these rows instead, the lower one first."""
        offset = self.offset_seconds if first < second else -self.offset_seconds
        return dataclasses.replace(
            self,
            first=min(first, second),
            second=max(first, second),
            offset_seconds=offset,
        )


def find(
    fingerprints: Sequence[np.ndarray],
    max_error_rate: float = MAX_ERROR_RATE,
) -> list[Pair]:
    """Finds all pairs; see `find_in_table`.

    Args:
        fingerprints: uint32 `[words]` of each recording.
        max_error_rate: Share of different bits that makes a block unequal.

    Returns:
        The pairs, those that share most first.
    """
    words = np.concatenate([np.zeros(0, np.uint32), *fingerprints])
    starts = np.cumsum([0, *map(len, fingerprints)])
    return find_in_table(words, starts, max_error_rate)


def find_in_table(
    words: np.ndarray,
    starts: np.ndarray,
    max_error_rate: float = MAX_ERROR_RATE,
) -> list[Pair]:
    """Finds pairs among fingerprints that lie one behind the other.

    Memory does not grow with `words`, which may be mapped from a file: they
    are looked up `WORDS_AT_ONCE` at a time, chosen by their value, so that
    both copies choose the same. Past `MAX_LOOKUPS` of these the other words
    are not looked up (but still compared): copies have many equal words.

    Args:
        words: uint32 `[words]`.
        starts: Where each recording starts, and the end `[recordings + 1]`.
        max_error_rate: Share of different bits that makes a block unequal.

    Returns:
        The pairs, those that share most first; two recordings once, at the
        offset that explains most of their bits.
    """
    if not 0 < max_error_rate < 0.5:
        raise ValueError(
            "`max_error_rate` must lie in 0 < rate < 0.5: unrelated audio has "
            f"0.5. Received: {max_error_rate}."
        )
    starts = np.asarray(starts, np.int64)
    offsets = collections.defaultdict(set)
    for hits in _hits(words, starts):
        rates = _error_rates(words, starts, hits, _LOOK_WORDS)
        hits = hits[rates <= _MAX_LOOK_ERROR_RATE]
        rates = _error_rates(words, starts, hits, BLOCK_WORDS)
        hits = hits[rates <= max_error_rate]
        rows = np.searchsorted(starts, hits, "right") - 1
        times = hits - starts[rows]
        for pair, moved in zip(rows, times[:, 1] - times[:, 0], strict=True):
            offsets[tuple(pair.tolist())].add(int(moved))
    found = []
    for (first, second), moves in sorted(offsets.items()):
        one = words[starts[first] : starts[first + 1]]
        other = words[starts[second] : starts[second + 1]]
        pairs = [
            Pair(first, second, *_compare(one, other, moved, max_error_rate))
            for moved in sorted(moves)
        ]
        found.append(max(pairs, key=_bits_explained))
    return sorted(found, key=_most_shared)


def _bits_explained(pair):
    """Neighbouring offsets share about as much: the exact one fits best."""
    return pair.shared_seconds * (0.5 - pair.error_rate)


def _most_shared(pair):
    return -pair.shared_seconds, pair.error_rate


def _hits(words, starts) -> Iterator[np.ndarray]:
    """Places of equal words in two recordings, int64 `[hits, 2]`."""
    lookups = max(1, math.ceil(len(words) / WORDS_AT_ONCE))
    for lookup in range(min(lookups, MAX_LOOKUPS)):
        places = _places(words, starts, lookup, lookups)
        chosen = words[places]
        order = np.argsort(chosen, kind="stable")
        places, chosen = places[order], chosen[order]
        owners = np.searchsorted(starts, places, "right") - 1
        for step in range(1, min(_NEIGHBOURS, len(places) - 1) + 1):
            equal = chosen[step:] == chosen[:-step]
            equal &= owners[step:] != owners[:-step]
            rows = np.flatnonzero(equal)
            if not len(rows):
                continue
            # The sort is stable, so the first place is the lower one.
            hits = np.stack([places[rows], places[rows + step]], axis=1)
            # One hit per offset and half a block stands for all in it.
            key = np.stack([hits[:, 1] - hits[:, 0], hits[:, 0] // 128], axis=1)
            kept = np.unique(key, axis=0, return_index=True)[1]
            for start in range(0, len(kept), _HITS_AT_ONCE):
                yield hits[kept[start : start + _HITS_AT_ONCE]]


def _places(words, starts, lookup, lookups):
    """Where the words are that one lookup is about, int64 `[places]`."""
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(words), _SCAN_WORDS):
        part = words[start : start + _SCAN_WORDS]
        # Values that are common are neighbours: a product spreads them.
        share = (part * np.uint32(2_654_435_761)) >> np.uint32(16)
        wanted = share.astype(np.int64) * lookups >> 16 == lookup
        wanted &= part != fingerprint.SILENT
        wanted[1:] &= part[1:] != part[:-1]  # a held word counts once
        found.append(np.flatnonzero(wanted) + start)
    return np.concatenate(found)


def _error_rates(words, starts, hits, block):
    """Share of different bits around each hit, float64 `[hits]`.

    1.0 where both together do not last a block, or are mostly silent.
    """
    rows = np.searchsorted(starts, hits, "right") - 1
    earliest = (starts[rows] - hits).max(axis=1)
    latest = (starts[rows + 1] - hits).min(axis=1) - block
    moves = np.clip(-block // 2, earliest, np.maximum(earliest, latest))
    lasting = latest >= earliest
    rates = np.ones(len(hits))
    around = moves[lasting, np.newaxis] + np.arange(block)
    one, other = (words[hits[lasting, i, np.newaxis] + around] for i in (0, 1))
    errors, audible = _count_errors(one, other)
    errors, audible = errors.sum(axis=1), audible.sum(axis=1)
    rates[lasting] = np.where(
        audible >= block // 2, errors / np.maximum(audible, 1) / 32, 1.0
    )
    return rates


def _count_errors(one, other):
    """Bits that differ, and whether both words have sound; same shapes."""
    audible = (one != fingerprint.SILENT) & (other != fingerprint.SILENT)
    return fingerprint.count_ones(one ^ other) * audible, audible


def _compare(one, other, moved, max_error_rate):
    """What of two recordings is equal, if one is `moved` words later.

    Returns:
        The last four values of a `Pair`.
    """
    first = max(0, -moved)
    length = min(len(one) - first, len(other) - first - moved)
    one = one[first : first + length]
    other = other[first + moved : first + moved + length]
    errors, audible = (
        np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        for values in _count_errors(one, other)
    )
    audible_in = audible[BLOCK_WORDS:] - audible[:-BLOCK_WORDS]
    errors_in = errors[BLOCK_WORDS:] - errors[:-BLOCK_WORDS]
    equal = errors_in <= max_error_rate * fingerprint.BITS * audible_in
    equal &= audible_in >= BLOCK_WORDS // 2
    # A word is shared if any block that holds it is equal.
    begins = np.zeros(length + 1, np.int64)
    begins[: len(equal)] += equal
    begins[BLOCK_WORDS:] -= equal
    shared = np.cumsum(begins)[:-1] > 0
    bits = fingerprint.BITS * max(1, np.diff(audible)[shared].sum())
    return (
        moved * fingerprint.SECONDS_PER_WORD,
        float(shared.sum()) * fingerprint.SECONDS_PER_WORD,
        length * fingerprint.SECONDS_PER_WORD,
        float(np.diff(errors)[shared].sum() / bits),
    )
