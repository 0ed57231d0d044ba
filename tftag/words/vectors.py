"""Pretrained word vectors: from a phrase to its vector."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag import tags
from tftag.words import text_normalization

# Words of grammar and degree. 59 phrases of the shipped table hold one, as
# "wall of sound" does: the vector of the phrase as read whole has a cosine of
# 0.85 with the mean of its other words, and of 0.71 with the mean of all.
# Negations are none of these: there it is the other way around.
STOP_WORDS = frozenset(
    "a an and any at by for from in of on or the to too very with".split()
)
# A spelling this much longer or shorter is not the nearest one.
_NEAREST_LENGTH = 3
# "a" is no misspelling of "za".
_SHORTEST_SPELLED = 3


def normalize(text: str) -> str:
    """The one spelling of a phrase under which its vector is found.

    A prefix up to `---` goes (`mood/theme---happy`); then
    `text_normalization.folded_letters`: no capitals, no accents, `&` is "and",
    hyphens, slashes and all other punctuation are spaces.

    Args:
        text: A phrase or tag as somebody wrote it.

    Returns:
        Words with single spaces between, "" when nothing is left.
        Normalising again changes nothing.

    Raises:
        TypeError: `text` is not a string.

    Example:
        >>> normalize("genre---Drum & Bass"), normalize("Hip-Hop, café!")
        ('drum and bass', 'hip hop cafe')
    """
    if not isinstance(text, str):
        raise TypeError(f"A phrase must be a string. Received: {text!r}")
    text = text.rpartition(tags.CATEGORY_MARK)[2]
    return " ".join(text.translate(_translation()).split())


@functools.cache
def _translation() -> dict[int, Any]:
    return str.maketrans(text_normalization.folded_letters())


@dataclasses.dataclass(frozen=True)
class Lookup:
    """What was found of a text.

    Attributes:
        vector: float32 `[dim]`, of unit length; 0 when no word was found.
        known_share: Share of the words that were found, 0 to 1; stop words
            that were left out do not count.
        unknown: The words that were not.
    """

    vector: npt.NDArray[np.floating[Any]]
    known_share: float
    unknown: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Coverage:
    """Which tags have a vector: those of which every word was found.

    Attributes:
        tag_share: Share of the tags, 0 to 1.
        annotation_share: Share of the annotations, 0 to 1.
        unknown: Per uncovered tag, its unknown words and for each the
            nearest spelling that has a vector, or None.
    """

    tag_share: float
    annotation_share: float
    unknown: dict[str, dict[str, str | None]]

    def __str__(self) -> str:
        """A sentence, and a line per uncovered tag."""
        lines = [
            f"{self.tag_share:.1%} of the tags and {self.annotation_share:.1%} "
            "of their annotations have a vector for every word."
        ]
        for tag, words in self.unknown.items():
            known = (
                f"{word!r}" + (f" (nearest: {near!r})" if near else "")
                for word, near in words.items()
            )
            lines.append(f"{tag!r}: no vector for {', '.join(known)}")
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True, eq=False)
class WordVectors:
    """Phrases and their vectors.

    A text is normalised and read from left to right; at each place the
    longest known phrase is taken, and a word that begins none is unknown.
    A stop word (`STOP_WORDS`) outside a longer phrase is left out, unless the
    text has nothing else. The vector of the text is the mean of the phrases
    found, scaled to unit length. `layers.word_embedding` does the same in a
    graph.

    Attributes:
        phrases: Unique, as `normalize` spells them.
        vectors: float32 `[phrases, dim]`, rows of unit length; given as int8
            where there are `scales`.
        aliases: Other spelling to phrase, both normalised.
        source: Where the vectors come from, for a model card.
        scales: float32 `[phrases]`, or None: what int8 rows are multiplied by.
        codes: The int8 rows, or None: `vectors` in a quarter of the room.

    Raises:
        ValueError: The parts do not fit together.
    """

    phrases: tuple[str, ...]
    vectors: npt.NDArray[np.floating[Any]]
    aliases: dict[str, str]
    source: str
    scales: npt.NDArray[np.float32] | None = None
    codes: npt.NDArray[np.int8] | None = dataclasses.field(
        init=False, default=None
    )

    def __post_init__(self) -> None:
        """Checks the parts."""
        object.__setattr__(self, "phrases", tuple(self.phrases))
        vectors = np.array(self.vectors)
        if self.scales is not None:
            scales = np.array(self.scales, np.float32)
            if vectors.dtype != np.int8 or scales.shape != vectors.shape[:1]:
                raise ValueError(
                    "`scales` must be one per row of int8 `vectors`. Received: "
                    f"{scales.shape} for {vectors.dtype} {vectors.shape}"
                )
            object.__setattr__(self, "scales", scales)
            object.__setattr__(self, "codes", vectors)
            vectors = vectors * scales[:, np.newaxis]
        vectors = vectors.astype(np.float32, copy=False)
        vectors.flags.writeable = False
        object.__setattr__(self, "vectors", vectors)
        if vectors.ndim != 2 or len(vectors) != len(self.phrases):
            raise ValueError(
                "`vectors` must have a row per phrase, "
                f"({len(self.phrases)}, dim). Received: {vectors.shape}"
            )
        if not vectors.size:
            raise ValueError(f"There are no vectors in {self.source}.")
        lengths = np.linalg.norm(vectors, axis=1)
        if not np.allclose(lengths, 1.0, atol=1e-4):
            worst = int(np.argmax(np.abs(np.nan_to_num(lengths) - 1.0)))
            raise ValueError(
                "Every vector must have the length 1. Received: "
                f"{lengths[worst]} for {self.phrases[worst]!r}"
            )
        for phrase in (*self.phrases, *self.aliases):
            if not phrase or normalize(phrase) != phrase:
                raise ValueError(
                    "Phrases and aliases must be as `normalize` spells them. "
                    f"Received: {phrase!r}"
                )
        places = {phrase: place for place, phrase in enumerate(self.phrases)}
        if len(places) < len(self.phrases):
            raise ValueError("Phrases must be unique.")
        for alias, phrase in self.aliases.items():
            if alias in places or phrase not in places:
                raise ValueError(
                    "An alias must stand for a phrase and be none itself. "
                    f"Received: {alias!r} for {phrase!r}"
                )

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        return self.vectors.shape[1]

    @functools.cached_property
    def rows(self) -> dict[str, int]:
        """Row of `vectors` of each phrase and each alias."""
        rows = {phrase: row for row, phrase in enumerate(self.phrases)}
        for alias, phrase in self.aliases.items():
            rows[alias] = rows[phrase]
        return rows

    @functools.cached_property
    def longest(self) -> int:
        """Words of the longest phrase or alias."""
        return max(phrase.count(" ") + 1 for phrase in self.rows)

    @functools.cached_property
    def fingerprint(self) -> str:
        """16 hex digits that change with any phrase, vector or alias."""
        parts = [self.phrases, sorted(self.aliases.items())]
        digest = hashlib.sha256(json.dumps(parts).encode())
        digest.update(np.ascontiguousarray(self.vectors, "<f4").tobytes())
        return digest.hexdigest()[:16]

    def lookup(self, text: str) -> Lookup:
        """Finds the vector of a text.

        Args:
            text: A word, a tag or a phrase, in any spelling.

        Returns:
            The vector and what it rests on.

        Example:
            >>> known = WordVectors(("sad", "piano"), np.eye(2), {}, "mine")
            >>> found = known.lookup("a sad harp piano")
            >>> print(found.vector.round(3), found.unknown)
            [0.707 0.707] ('harp',)
            >>> round(found.known_share, 3)  # "a" does not count
            0.667
        """
        words = normalize(text).split()
        runs, start = [], 0
        while start < len(words):
            runs.append(self._longest_at(words, start))
            start += len(runs[-1].split())
        runs = [run for run in runs if run not in STOP_WORDS] or runs
        rows = [self.rows[run] for run in runs if run in self.rows]
        unknown = tuple(run for run in runs if run not in self.rows)
        mean = np.zeros(self.dim)
        if rows:
            mean = self.vectors[rows].astype(np.float64).sum(axis=0)
            mean /= np.linalg.norm(mean) or 1.0
        count = sum(len(run.split()) for run in runs)
        share = 1.0 - len(unknown) / count if runs else 0.0
        return Lookup(mean.astype(np.float32), share, unknown)

    def _longest_at(self, words: Sequence[str], start: int) -> str:
        """The longest known phrase here, or the word, which is unknown."""
        for length in range(min(self.longest, len(words) - start), 1, -1):
            run = " ".join(words[start : start + length])
            if run in self.rows:
                return run
        return words[start]

    def embed(
        self, texts: Sequence[str]
    ) -> tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.floating[Any]]]:
        """Finds the vectors of many texts.

        Args:
            texts: `[n]` texts.

        Returns:
            float32 `[n, dim]` vectors and float32 `[n]` known shares.
        """
        found = [self.lookup(text) for text in texts]
        vectors = np.array([one.vector for one in found], np.float32)
        shares = np.array([one.known_share for one in found], np.float32)
        return vectors.reshape(len(found), self.dim), shares

    def nearest(self, word: str) -> str | None:
        """Returns the phrase or alias spelled most like a word, or None."""
        word = normalize(word)
        if len(word) < _SHORTEST_SPELLED:
            return None
        candidates = [
            phrase
            for phrase in self.rows
            if abs(len(phrase) - len(word)) <= _NEAREST_LENGTH
        ]
        return tags.nearest_spelling(word, candidates)

    def coverage(
        self, tag_names: Sequence[str], counts: Sequence[float] | None = None
    ) -> Coverage:
        """Measures how many tags have a vector for each of their words.

        Args:
            tag_names: `[tags]`, at least one.
            counts: `[tags]` recordings of each tag; None counts each once.

        Returns:
            The shares, and what is missing.

        Raises:
            ValueError: `counts` does not fit, or nothing is counted.
        """
        weights = np.ones(len(tag_names)) if counts is None else counts
        weights = np.asarray(weights, np.float64)
        if weights.shape != (len(tag_names),) or not weights.sum() > 0:
            raise ValueError(
                "`counts` must hold a number per tag, not all of them 0. "
                f"Received: {weights.shape} for {len(tag_names)} tags"
            )
        found = [self.lookup(name) for name in tag_names]
        covered = np.array([one.known_share == 1.0 for one in found])
        return Coverage(
            float(covered.mean()),
            float(weights[covered].sum() / weights.sum()),
            {
                name: {word: self.nearest(word) for word in one.unknown}
                for name, one in zip(tag_names, found, strict=True)
                if one.known_share < 1.0
            },
        )
