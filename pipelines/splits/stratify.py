"""Puts groups of recordings on sides so that sizes and tags balance."""

import dataclasses

import numpy as np

# What a side without recordings costs against the others: train first.
_SIDE_WEIGHTS = np.array([3.0, 2.0, 1.0])
_BALANCE_WEIGHT = 0.01  # of a recording too many
_CANDIDATES = 64
_LEAST_GAIN = 0.01
_ATTEMPTS = 6
# Of more tags, those count alone that a swap moves. Of fewer, all, as ever:
# rounding decides between swaps that are as good, and a seed keeps its split.
_MANY_TAGS = 500
_WORK = 200_000_000  # entries that a descent may look at


@dataclasses.dataclass
class _State:
    """Where each group is, and what that gives.

    Attributes:
        sizes: Recordings of each group.
        entry_groups, entry_tags, entry_counts: Recordings of a group with a
            tag, sorted by group; tags that a group lacks have no entry.
        target_sizes: Wanted recordings of each side.
        target_counts: Wanted positives `[sides, tags]`.
        sides: Side of each group, -1 where it has none yet.
        side_sizes: Recordings of each side.
        counts: Positives `[sides, tags]`.
    """

    sizes: np.ndarray
    entry_groups: np.ndarray
    entry_tags: np.ndarray
    entry_counts: np.ndarray
    target_sizes: np.ndarray
    target_counts: np.ndarray
    sides: np.ndarray
    side_sizes: np.ndarray
    counts: np.ndarray

    def entries(self, group: int) -> slice:
        """Returns where the entries of a group are."""
        return slice(*np.searchsorted(self.entry_groups, [group, group + 1]))

    def put(self, group: int, side: int):
        """Moves a group to a side."""
        entries = self.entries(group)
        at, counts = self.entry_tags[entries], self.entry_counts[entries]
        if (old := self.sides[group]) >= 0:
            self.counts[old, at] -= counts
            self.side_sizes[old] -= self.sizes[group]
        self.counts[side, at] += counts
        self.side_sizes[side] += self.sizes[group]
        self.sides[group] = side


def assign(
    groups: np.ndarray, labels: np.ndarray, target_sizes: list[int], seed: int
) -> np.ndarray:
    """Assigns groups to sides.

    First the iterative stratification of Sechidis, Tsoumakas and Vlahavas
    (2011), on groups: the rarest tag first, each of its groups to the side
    that lacks it most. Then moves and swaps as long as they help: no side
    empty, sizes as wanted, each tag on every side, tags in proportion.

    Args:
        groups: Group of each recording, int `[samples]`, from 0 on.
        labels: Multi-hot tags of the recordings `[samples, tags]`.
        target_sizes: Recordings wanted on each side, each at least 1.
        seed: Decides among groups that are as good as each other.

    Returns:
        Side of each group.
    """
    rows, at = np.nonzero(labels)
    tags = labels.shape[1]
    keys, entry_counts = np.unique(groups[rows] * tags + at, return_counts=True)
    targets = np.asarray(target_sizes, dtype=np.float64)
    sizes = np.bincount(groups)
    rng = np.random.default_rng(seed)
    best: _State | None = None
    for attempt in range(_ATTEMPTS):
        state = _State(
            sizes=sizes,
            entry_groups=keys // max(tags, 1),
            entry_tags=keys % max(tags, 1),
            entry_counts=entry_counts,
            target_sizes=targets,
            target_counts=np.outer(
                targets / targets.sum(), np.bincount(at, minlength=tags)
            ),
            sides=np.full(len(sizes), -1),
            side_sizes=np.zeros(len(targets), np.int64),
            counts=np.zeros((len(targets), tags), np.int64),
        )
        # Large groups first, equal ones by chance: they fit only while there
        # is room. Where that ends beside the wanted sizes, all by chance.
        order_keys = [rng.permutation(len(sizes)), -sizes]
        _fill(state, np.lexsort(order_keys[: 1 if attempt else 2]))
        _descend(state)
        if best is None or _off(state) < _off(best):
            best = state
        if not _off(best):
            break
    return best.sides  # type: ignore[union-attr]  # an attempt was made


def _off(state):
    """The cost of the sizes."""
    return _size_cost(state, state.side_sizes)


def _fill(state, order):
    """Iterative stratification; leaves no group without a side."""
    place = np.argsort(order)
    by_tag = np.argsort(state.entry_tags, kind="stable")
    bounds = np.searchsorted(
        state.entry_tags[by_tag], np.arange(state.counts.shape[1] + 1)
    )
    waiting = np.diff(bounds)
    while waiting.any():
        tag = np.where(waiting > 0, waiting, waiting.max() + 1).argmin()
        carriers = state.entry_groups[by_tag[bounds[tag] : bounds[tag + 1]]]
        carriers = carriers[state.sides[carriers] < 0]
        for group in carriers[np.argsort(place[carriers])]:
            lacking = state.counts[:, tag] == 0
            wanted = state.target_counts[:, tag] - state.counts[:, tag]
            must = lacking & (waiting[tag] <= lacking.sum())
            state.put(group, _choose(state, group, wanted, must))
            waiting[state.entry_tags[state.entries(group)]] -= 1
    for group in order[state.sides[order] < 0]:
        room = 1 - state.side_sizes / state.target_sizes
        state.put(group, _choose(state, group, room, room < 0))


def _choose(state, group, wanted, preferred):
    """The side that wants a group most, of those with room for it."""
    room = state.target_sizes - state.side_sizes
    fits = room >= state.sizes[group]
    if not fits.any():
        return room.argmax()
    allowed = fits & preferred if (fits & preferred).any() else fits
    return np.where(allowed, wanted, -np.inf).argmax()


def _descend(state):
    """Takes the best move, or else the best swap, until none helps."""
    work = len(state.target_sizes) * (len(state.entry_tags) + len(state.sizes))
    everyone = np.arange(len(state.sizes))
    for _ in range(_WORK // work):
        tag_change = _tag_changes(state)
        change = tag_change.copy()
        for side in range(len(state.target_sizes)):
            here = state.sides == side
            change[here] += _size_changes(state, side, state.sizes[here])
        change[everyone, state.sides] = 0.0
        group, side = np.unravel_index(change.argmin(), change.shape)
        if change[group, side] < -_LEAST_GAIN:
            state.put(group, side)
            continue
        best, pair = _best_swap(state, tag_change)
        if best >= -_LEAST_GAIN:
            return
        first, second = pair
        sides = state.sides[[first, second]]
        state.put(first, sides[1])
        state.put(second, sides[0])


def _missing_cost(state):
    """What a tag without positives costs on each side, in recordings."""
    cost = 1.5 + 0.05 * state.target_sizes.min()
    return cost * np.maximum(_SIDE_WEIGHTS[: len(state.target_sizes)], 2.0)


def _size_cost(state, sizes):
    """Recordings too many or too few, and the sides without any."""
    empty = _SIDE_WEIGHTS[: sizes.shape[-1]] * 4 * state.sizes.sum()
    return (2 * np.abs(sizes - state.target_sizes) + empty * (sizes == 0)).sum(
        axis=-1
    )


def _size_changes(state, side, sizes):
    """Change of the size cost when `sizes` leave `side` `[groups, sides]`."""
    moved = (
        np.eye(len(state.target_sizes)) - np.eye(len(state.target_sizes))[side]
    )
    after = state.side_sizes + sizes[:, None, None] * moved
    return _size_cost(state, after) - _off(state)


def _tag_changes(state):
    """Change of the tag cost when a group moves `[groups, sides]`."""
    groups, at, n = state.entry_groups, state.entry_tags, state.entry_counts
    over = state.counts - state.target_counts
    scale = _BALANCE_WEIGHT / (state.target_counts + 1)
    missing = _missing_cost(state)
    here = state.sides[groups]
    leave = scale[here, at] * n * (n - 2 * over[here, at])
    leave = leave + missing[here] * (state.counts[here, at] == n)
    columns = []
    for side in range(len(state.target_sizes)):
        join = scale[side, at] * n * (n + 2 * over[side, at])
        join = join - missing[side] * (state.counts[side, at] == 0)
        columns.append(
            np.bincount(groups, leave + join, minlength=len(state.sizes))
        )
    return np.stack(columns, axis=1).astype(np.float64)


def _best_swap(state, tag_change):
    """The best exchange of two promising groups of different sides."""
    best, pair = 0.0, None
    sides = len(state.target_sizes)
    for a in range(sides):
        for b in range(a + 1, sides):
            first = _promising(state, a, tag_change[:, b])
            second = _promising(state, b, tag_change[:, a])
            if not len(first) or not len(second):
                continue
            change = _swap_changes(state, a, b, first, second)
            i, j = np.unravel_index(change.argmin(), change.shape)
            if change[i, j] < best:
                best, pair = change[i, j], (first[i], second[j])
    return best, pair


def _promising(state, side, change):
    """Groups of a side that are cheapest to move, some of each size."""
    groups = np.flatnonzero(state.sides == side)
    groups = groups[np.lexsort([change[groups], state.sizes[groups]])]
    sizes = state.sizes[groups]
    rank = np.arange(len(groups)) - np.searchsorted(sizes, sizes)
    return groups[np.lexsort([change[groups], rank])][:_CANDIDATES]


def _swap_changes(state, a, b, first, second):
    """Change of the whole cost per exchange `[first, second]`."""
    tags = _tags_moved(state, np.concatenate([first, second]))
    place = np.zeros(state.counts.shape[1], np.int64)
    place[tags] = np.arange(len(tags))
    dense = np.zeros((2, _CANDIDATES, len(tags)))
    for row, groups in enumerate((first, second)):
        for i, group in enumerate(groups):
            entries = state.entries(group)
            at = place[state.entry_tags[entries]]
            dense[row, i, at] = state.entry_counts[entries]
    change = np.empty((len(first), len(second)))
    before = _pair_cost(state, tags, a, b, np.zeros((1, len(tags))))
    for i in range(len(first)):
        gained = dense[1, : len(second)] - dense[0, i]
        change[i] = _pair_cost(state, tags, a, b, gained) - before
    gained = state.sizes[second][None, :] - state.sizes[first][:, None]
    direction = np.eye(len(state.target_sizes))
    after = state.side_sizes + gained[..., None] * (direction[a] - direction[b])
    return change + _size_cost(state, after) - _off(state)


def _tags_moved(state, groups):
    """The tags whose positives may change when groups change sides."""
    count = state.counts.shape[1]
    if count <= _MANY_TAGS:
        return np.arange(count)
    entries = [state.entry_tags[state.entries(group)] for group in groups]
    return np.unique(np.concatenate(entries))


def _pair_cost(state, tags, a, b, gained):
    """Cost of tags on the sides `a` and `b` after `a` gained from `b`."""
    cost = 0.0
    for side, sign in ((a, 1), (b, -1)):
        counts = state.counts[side, tags] + sign * gained
        target = state.target_counts[side, tags]
        uneven = _BALANCE_WEIGHT * (counts - target) ** 2 / (target + 1)
        missing = _missing_cost(state)[side] * (counts == 0)
        cost = cost + (uneven + missing).sum(axis=1)
    return cost
