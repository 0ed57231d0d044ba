import itertools

import numpy as np
import pytest

from pipelines.splits import stratify


@pytest.mark.parametrize("seed", range(5))
def test_sizes_are_the_best_that_groups_allow(seed):
    rng = np.random.default_rng(seed)
    for _ in range(10):
        sizes = rng.integers(1, 9, size=rng.integers(2, 9))
        total = int(sizes.sum())
        wanted = int(rng.integers(1, total))
        groups = np.repeat(np.arange(len(sizes)), sizes)
        sides = stratify.assign(
            groups, np.zeros((total, 0)), [total - wanted, wanted], seed
        )
        best = min(
            abs(sum(chosen) - wanted)
            for count in range(1, len(sizes))
            for chosen in itertools.combinations(sizes, count)
        )
        assert abs(sizes[sides == 1].sum() - wanted) == best


def test_a_rare_tag_reaches_every_side_and_one_of_a_single_group_trains():
    groups = np.arange(60)
    labels = np.zeros((60, 3))
    labels[[3, 30, 50], 0] = 1  # three groups, three sides
    labels[[7, 8], 1] = 1  # two groups: train and one other
    labels[59, 2] = 1  # one group: train
    for seed in range(10):
        sides = stratify.assign(groups, labels, [40, 10, 10], seed)
        assert np.bincount(sides).tolist() == [40, 10, 10]
        assert sorted(sides[[3, 30, 50]]) == [0, 1, 2]
        assert len(set(sides[[7, 8]])) == 2
        assert 0 in sides[[7, 8]]
        assert sides[59] == 0


def test_the_descent_counts_right():
    rng = np.random.default_rng(0)
    groups = rng.integers(20, size=80)
    groups[:20] = np.arange(20)
    labels = rng.random((80, 6)) < 0.2
    sides = stratify.assign(groups, labels, [60, 20], seed=0)
    # No single move may be better, by a cost written out the slow way.
    share = np.array([60, 20]) / 80

    def cost(sides):
        of_rows = sides[groups]
        total = 0.0
        for side in (0, 1):
            rows = of_rows == side
            total += 2 * abs(rows.sum() - 80 * share[side])
            if not rows.any():
                total += (3, 2)[side] * 4 * 80
            for column in labels.T:
                held = (column & rows).sum()
                target = column.sum() * share[side]
                total += 0.01 * (held - target) ** 2 / (target + 1)
                total += (3, 2)[side] * 2.5 * (held == 0)
        return total

    found = cost(sides)
    for group in range(20):
        moved = sides.copy()
        moved[group] = 1 - moved[group]
        assert cost(moved) > found - 0.011
    for a, b in itertools.combinations(range(20), 2):
        moved = sides.copy()
        moved[[a, b]] = moved[[b, a]]
        assert cost(moved) > found - 0.011
