import itertools

import numpy as np
import pytest

from pipelines.splits import stratify


@pytest.mark.parametrize("seed", range(3))
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


def test_no_way_with_these_sizes_has_tags_on_more_sides():
    """Of few groups every way can be looked at."""
    ways = np.array(list(itertools.product((0, 1), repeat=12)))
    for seed in range(10):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, 6, size=12)
        groups = np.repeat(np.arange(12), sizes)
        labels = rng.random((len(groups), 4)) < 0.3
        counts = np.zeros((12, 4))
        np.add.at(counts, groups, labels)
        wanted = len(groups) // 4
        sides = stratify.assign(
            groups, labels, [len(groups) - wanted, wanted], seed
        )

        def missing(way):
            return sum((side @ counts == 0).sum() for side in (way, 1 - way))  # noqa: B023

        found = missing(sides)
        equal = ways[ways @ sizes == sides @ sizes]
        assert found == min(map(missing, equal))


@pytest.mark.parametrize("seed", range(3))
def test_tags_are_nearer_to_their_proportion_than_by_chance(seed):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(150), rng.integers(1, 5, size=150))
    labels = rng.random((len(groups), 20)) < rng.uniform(0.02, 0.3, size=20)
    wanted = len(groups) // 4
    sides = stratify.assign(
        groups, labels, [len(groups) - wanted, wanted], seed
    )

    def unevenness(sides):
        held = sides[groups] == 1
        proportion = labels.sum(axis=0) * held.mean()
        return np.abs(labels[held].sum(axis=0) - proportion).mean()

    drawn = [unevenness(rng.permutation(sides)) for _ in range(200)]
    assert unevenness(sides) < min(drawn)


def test_of_many_tags_a_swap_costs_what_it_costs_with_all(monkeypatch):
    rng = np.random.default_rng(0)
    labels = rng.random((80, 600)) < 0.01
    swap_changes, seen = stratify._swap_changes, []

    def compare(*swaps):
        changes = swap_changes(*swaps)
        with monkeypatch.context() as context:
            context.setattr(stratify, "_MANY_TAGS", labels.shape[1])
            seen.append((changes, swap_changes(*swaps)))
        return changes

    monkeypatch.setattr(stratify, "_swap_changes", compare)
    stratify.assign(np.arange(80), labels, [60, 10, 10], seed=0)
    assert seen
    for changes, expected in seen:
        np.testing.assert_allclose(changes, expected, rtol=0, atol=1e-9)
