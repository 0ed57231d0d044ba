"""Which tags a model never learns, and what it may learn from.

Two protocols, to be named in every table:

- `hidden-labels`: all training recordings are kept, and the labels of the
  unseen tags are never read. A recording that carries an unseen tag may be
  trained on, as one without it.
- `strict`: only recordings that carry no unseen tag are trained on, after
  Choi et al., Zero-shot learning for audio-based music classification and
  tagging, 2019, https://arxiv.org/abs/1907.02670.

Under both, the recordings and artists of the test are in no training: see
`leaks`.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag import tags

_Floats = npt.NDArray[np.floating[Any]]

HIDDEN_LABELS = "hidden-labels"
STRICT = "strict"


@dataclasses.dataclass(frozen=True)
class TagSplit:
    """Tags that are trained on, and tags that are not.

    Attributes:
        seen: in the order of the vocabulary.
        unseen: the same; shares no tag with `seen`.

    Raises:
        ValueError: a side is empty, or a tag stands twice.

    Example:
        >>> split = TagSplit(seen=("rock", "jazz"), unseen=("folk",))
        >>> [side.tolist() for side in split.places(["folk", "jazz", "rock"])]
        [[2, 1], [0]]
    """

    seen: tuple[str, ...]
    unseen: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuses an empty side and tags that stand twice."""
        for side in ("seen", "unseen"):
            names = tuple(getattr(self, side))
            object.__setattr__(self, side, names)
            if not names:
                raise ValueError(f"`{side}` needs at least one tag.")
        names = self.seen + self.unseen
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                "A tag is either seen or unseen, and stands once. "
                f"Received twice: {twice}."
            )

    def places(
        self, names: Sequence[str]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Columns of the seen and of the unseen tags.

        Args:
            names: the tags of a matrix `[recordings, tags]`, in its order:
                those of the split, and no other.

        Returns:
            int64 `[seen]` and `[unseen]`, in the order of the split.

        Raises:
            ValueError: `names` holds other tags than the split.
        """
        place = {name: at for at, name in enumerate(names)}
        wanted = set(self.seen + self.unseen)
        if set(place) != wanted or len(names) != len(wanted):
            raise ValueError(
                "`names` must hold the tags of the split, each once. "
                f"Received: {len(names)} names, lacking "
                f"{sorted(wanted - set(place))}, with others "
                f"{sorted(set(place) - wanted)}."
            )
        seen = np.array([place[name] for name in self.seen], np.int64)
        unseen = np.array([place[name] for name in self.unseen], np.int64)
        return seen, unseen


@dataclasses.dataclass(frozen=True, eq=False)
class TrainingPart:
    """What a protocol lets a model learn from.

    Attributes:
        protocol: `HIDDEN_LABELS` or `STRICT`.
        rows: int64 `[left]`, the training recordings that are left.
        labels: float32 `[left, seen]`, in the order of `TagSplit.seen`.
        seen_without_positive: seen tags that no recording left carries: in
            effect unseen too, so a table should count them.
    """

    protocol: str
    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.float32]
    seen_without_positive: tuple[str, ...]


def draw(
    names: Sequence[str],
    train_labels: _Floats,
    test_labels: _Floats,
    unseen_count: int,
    *,
    min_positives: int = 5,
    seed: int = 0,
) -> TagSplit:
    """Draws the unseen tags, from frequent to rare ones alike.

    Tags sorted by frequency are cut into `unseen_count` strata of equal size,
    and each gives one. A tag that no training recording carries can only be
    unseen, and is so in every draw.

    Args:
        names: of the vocabulary, `[tags]`; their order changes nothing.
        train_labels: 0 or 1, `[training recordings, tags]`.
        test_labels: 0 or 1, `[test recordings, tags]`.
        unseen_count: how many tags to keep from training.
        min_positives: test recordings that an unseen tag needs.
        seed: another seed gives another split.

    Returns:
        The split, each side in the order of `names`.

    Raises:
        ValueError: so many tags cannot be kept, or a tag can be neither.
    """
    names = tags.TagVocabulary(tuple(names)).names
    train_count, test_count = (
        _binary(labels, len(names), label).sum(axis=0)
        for labels, label in (
            (train_labels, "train_labels"),
            (test_labels, "test_labels"),
        )
    )
    if not 1 <= min_positives:
        raise ValueError(
            f"`min_positives` must be at least 1. Received: {min_positives}."
        )
    testable = test_count >= min_positives
    neither = [
        name
        for name, seen, unseen in zip(
            names, train_count > 0, testable, strict=True
        )
        if not (seen or unseen)
    ]
    if neither:
        raise ValueError(
            "A tag needs a training recording to be seen, or "
            f"`min_positives`={min_positives} test recordings to be unseen; "
            f"leave out those with neither. Received: {neither}."
        )
    forced = np.flatnonzero(train_count == 0)
    free = np.flatnonzero(testable & (train_count > 0))
    most = min(len(forced) + len(free), len(names) - 1)
    if not max(1, len(forced)) <= unseen_count <= most:
        raise ValueError(
            f"`unseen_count` must be from {max(1, len(forced))} to {most}: "
            f"{len(forced)} tags without a training recording are always "
            f"unseen, {len(free)} others have the `min_positives`="
            f"{min_positives} test recordings. Received: {unseen_count}."
        )
    ranked = sorted(
        free, key=lambda tag: (-train_count[tag] - test_count[tag], names[tag])
    )
    rng = np.random.default_rng(seed)
    drawn = set(forced.tolist())
    if strata := unseen_count - len(forced):
        for stratum in np.array_split(ranked, strata):
            drawn.add(int(rng.choice(stratum)))
    return TagSplit(
        seen=tuple(n for at, n in enumerate(names) if at not in drawn),
        unseen=tuple(n for at, n in enumerate(names) if at in drawn),
    )


def hidden_labels(
    labels: _Floats, names: Sequence[str], split: TagSplit
) -> TrainingPart:
    """All recordings with the seen tags' labels; the others are not read.

    Args:
        labels: 0 or 1, `[training recordings, tags]`; the columns of unseen
            tags may hold anything.
        names: of the tags, `[tags]`.
        split: which of them are seen.

    Returns:
        What to train on.

    Raises:
        ValueError: shapes or names do not fit, or labels are not 0 and 1.
    """
    labels = _matrix(labels, len(names), "labels")
    seen, _ = split.places(names)
    part = _binary(labels[:, seen], len(seen), "labels")
    return _part(HIDDEN_LABELS, np.arange(len(labels)), part, split)


def strict(
    labels: _Floats, names: Sequence[str], split: TagSplit
) -> TrainingPart:
    """Only the recordings that carry no unseen tag.

    Args:
        labels: 0 or 1, `[training recordings, tags]`.
        names: of the tags, `[tags]`.
        split: which of them are seen.

    Returns:
        What to train on; the length of `rows` belongs into the table.

    Raises:
        ValueError: shapes or names do not fit, labels are not 0 and 1, or no
            recording is left.
    """
    labels = _binary(labels, len(names), "labels")
    seen, unseen = split.places(names)
    rows = np.flatnonzero(~labels[:, unseen].any(axis=1))
    if not rows.size:
        raise ValueError(
            "Every training recording carries an unseen tag: draw fewer "
            f"unseen tags, or use the protocol {HIDDEN_LABELS!r}. "
            f"Received: {len(labels)} recordings, {len(unseen)} unseen tags."
        )
    return _part(STRICT, rows, labels[np.ix_(rows, seen)], split)


def _part(
    protocol: str, rows: Any, labels: _Floats, split: Any
) -> TrainingPart:
    lacking = np.flatnonzero(~labels.any(axis=0))
    return TrainingPart(
        protocol,
        rows,
        labels.astype(np.float32),
        tuple(split.seen[tag] for tag in lacking),
    )


def _matrix(labels: _Floats, tag_count: int, label: str) -> Any:
    labels = np.asarray(labels)
    if labels.ndim != 2 or labels.shape[1] != tag_count:
        raise ValueError(
            f"`{label}` must be [recordings, tags] with {tag_count} tags. "
            f"Received: shape {labels.shape}."
        )
    return labels


def _binary(labels: _Floats, tag_count: int, label: str) -> Any:
    labels = _matrix(labels, tag_count, label)
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(
            f"`{label}` must hold 0 and 1 only. "
            f"Received: {np.unique(labels)[:5].tolist()} ..."
        )
    return labels.astype(bool)
