"""Tag strings and the order in which a model puts them out."""

import collections
import dataclasses
import difflib
import functools
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

CATEGORY_MARK = "---"
# What Unicode has no picture for, by its Default_Ignorable_Code_Point: zero
# width spaces and joiners, soft hyphen, byte order mark, marks of direction,
# variation selectors, fillers. But for the letters of flags (E0020 to E007F),
# without which England's would be Scotland's.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f"
    "\U000e0080-\U000e0fff]"
)
# As a NUL behind a name; str.split() knows those that are white space.
_CONTROLS = re.compile("[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")


def visible(text: str) -> str:
    """The text in Unicode NFC, without what nobody can see in it.

    Args:
        text: As somebody wrote it, or copied it from a page.

    Returns:
        The same without invisible letters, white space collapsed.
    """
    seen = _CONTROLS.sub(" ", INVISIBLE.sub("", text))
    return " ".join(unicodedata.normalize("NFC", seen).split())


def clean_tag(text: str) -> str:
    """The one spelling of a tag under which it is compared and stored.

    Unicode NFC without invisible letters, case folded, white space collapsed;
    only `category---tag` loses its prefix. Punctuation inside a tag stays:
    `pop/rock`, `r&b`.

    Args:
        text: A tag as somebody wrote it.

    Returns:
        The clean tag, "" when nothing is left. Cleaning it again changes
        nothing.

    Raises:
        TypeError: `text` is not a string.
        ValueError: It holds half a character, which no file can hold.
    """
    if not isinstance(text, str):
        raise TypeError(f"A tag must be a string. Received: {text!r}")
    if re.search("[\ud800-\udfff]", text):
        raise ValueError(f"A tag must be valid Unicode. Received: {text!r}")
    # Case folding can leave a letter apart from its accent.
    cleaned = visible(visible(text).casefold())
    category, _, name = cleaned.rpartition(CATEGORY_MARK)
    return name.strip() if category.strip() else cleaned


@dataclasses.dataclass(frozen=True)
class TagVocabulary:
    """The tags of a model, in the order of its outputs.

    Attributes:
        names: Unique, non-empty tags.
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Checks the names."""
        if isinstance(self.names, str) or not all(
            isinstance(name, str) for name in self.names
        ):
            raise TypeError(
                f"`names` must hold strings. Received: {self.names!r:.200}"
            )
        object.__setattr__(self, "names", tuple(self.names))
        if not self.names:
            raise ValueError("A vocabulary needs at least one tag.")
        if not all(name.strip() for name in self.names):
            at = [not name.strip() for name in self.names].index(True)
            raise ValueError(f"Tag {at} of the vocabulary is empty.")
        if len(self._places) < len(self.names):
            counts = collections.Counter(self.names)
            twice = [name for name, count in counts.items() if count > 1]
            raise ValueError(
                f"Tags of a vocabulary must be unique. Received twice: {twice}"
            )

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def __len__(self) -> int:
        """Number of tags."""
        return len(self.names)

    def __contains__(self, name: str) -> bool:
        """Whether `name`, as `clean_tag` spells it, is one of the tags."""
        return name in self._places

    def index(self, name: str) -> int:
        """Place of a tag among the outputs.

        Args:
            name: A tag, spelled as in `names`.

        Returns:
            Its place, from 0.

        Raises:
            ValueError: There is no such tag; names the nearest spelling.
        """
        place = self._places.get(name)
        if place is None:
            near = nearest_spelling(str(name), self.names)
            hint = f" The nearest is {near!r}." if near else ""
            raise ValueError(
                f"A tag must be one of the {len(self)} of the vocabulary. "
                f"Received: {name!r}.{hint}"
            )
        return place

    def encode(self, tags: Iterable[str]) -> npt.NDArray[np.floating[Any]]:
        """Multi-hot row of a set of tags.

        Args:
            tags: Tags of the vocabulary, in any order.

        Returns:
            float32 `[tags]`, 1 where the tag was given.

        Raises:
            ValueError: A tag is not in the vocabulary.
        """
        row = np.zeros(len(self), np.float32)
        row[[self.index(name) for name in tags]] = 1.0
        return row

    def decode(self, row: npt.NDArray[np.floating[Any]]) -> tuple[str, ...]:
        """Tags of a multi-hot row, in the order of the vocabulary.

        Args:
            row: bool or number `[tags]`; a tag counts from 0.5 on.

        Returns:
            The tags.

        Raises:
            ValueError: `row` has another shape.
        """
        row = np.asarray(row)
        if row.shape != (len(self),):
            raise ValueError(
                f"`row` must have the shape ({len(self)},). "
                f"Received: {row.shape}"
            )
        return tuple(self.names[place] for place in np.flatnonzero(row >= 0.5))

    @functools.cached_property
    def fingerprint(self) -> str:
        """16 hex digits that change with any tag and with their order."""
        text = json.dumps(self.names)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def build_vocabulary(
    tag_lists: Iterable[Iterable[str]],
    *,
    min_count: int = 1,
    top: int | None = None,
    names: Sequence[str] | None = None,
) -> TagVocabulary:
    """Vocabulary of a data set.

    Args:
        tag_lists: The clean tags of each recording.
        min_count: Recordings that a tag needs to be kept.
        top: Keep only so many tags, the most frequent; None keeps all.
        names: The tags, where the data set fixes them: cleaned and kept in
            this order, whatever the recordings have.

    Returns:
        The vocabulary, sorted by name unless `names` is given.

    Raises:
        ValueError: No tag is left, a count is below 1, or `names` comes with
            a rule that chooses among tags.
    """
    for label, value in (("min_count", min_count), ("top", top)):
        if value is not None and value < 1:
            raise ValueError(f"`{label}` must be at least 1. Received: {value}")
    if names is not None:
        if min_count > 1 or top is not None:
            raise ValueError(
                "The data set fixes its tags: leave out `min_count` and `top`. "
                f"Received: min_count={min_count}, top={top}"
            )
        return TagVocabulary(tuple(clean_tag(name) for name in names))
    counts: collections.Counter[str] = collections.Counter()
    for recording_tags in tag_lists:
        counts.update(set(recording_tags))
    kept = [name for name, count in counts.items() if count >= min_count]
    kept.sort(key=lambda name: (-counts[name], name))
    kept = kept[:top]
    if not kept:
        raise ValueError(
            f"No tag is carried by {min_count} or more recordings; there are "
            f"{len(counts)} tags. Lower `min_count` or list more tags."
        )
    return TagVocabulary(tuple(sorted(kept)))


def nearest_spelling(name: str, names: Iterable[str]) -> str | None:
    """Finds the name that another one was probably meant to be.

    Args:
        name: What was written.
        names: What there is.

    Returns:
        The nearest of `names`, where so few letters must be put in or taken
        out to get it that it may be meant: 2, which change one letter, or
        half as many as the name has.
    """
    for near in difflib.get_close_matches(name, names, n=1):
        blocks = difflib.SequenceMatcher(None, name, near).get_matching_blocks()
        shared = sum(block.size for block in blocks)
        if len(name) + len(near) - 2 * shared <= max(2, len(name) // 2):
            return near
    return None
