import collections
import time

import numpy as np
import pytest
from sklearn import model_selection

from pipelines import splits

SIDES = ("train", "validation", "test")


def music(seed, recordings=300, artists=90, tags=25):
    """Artists with a few tags each, that their recordings share in part."""
    rng = np.random.default_rng(seed)
    by = rng.integers(artists, size=recordings)
    taste = rng.random((artists, tags)) < np.geomspace(0.3, 0.03, tags)
    labels = taste[by] & (rng.random((recordings, tags)) < 0.8)
    return [f"artist {i}" for i in by], labels.astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weights", [(250, 50), (8, 1, 1)])
def test_sizes_artists_and_tags(seed, weights):
    artists, labels = music(seed)
    sides = np.array(splits.assign_splits(artists, labels, weights, seed))
    for artist in set(artists):
        rows = [i for i, name in enumerate(artists) if name == artist]
        assert len(set(sides[rows])) == 1
    counts = [int((sides == side).sum()) for side in SIDES[: len(weights)]]
    assert counts == [300 * w // sum(weights) for w in weights]
    for column in labels.T.astype(bool):
        holders = {a for a, has in zip(artists, column, strict=True) if has}
        with_tag = set(sides[column])
        assert len(with_tag) == min(len(holders), len(weights))
        assert not holders or "train" in with_tag


def test_tags_keep_their_share_better_than_by_chance():
    artists, labels = music(1, recordings=600, artists=300)

    def unevenness(sides):
        held = labels[np.array(sides) == "validation"].sum(axis=0)
        return np.abs(held - labels.sum(axis=0) / 6).sum()

    ours = unevenness(splits.assign_splits(artists, labels, (5, 1)))
    rng = np.random.default_rng(0)
    names = sorted(set(artists))
    chance = []
    for _ in range(20):
        chosen = set(rng.permutation(names)[: len(names) // 6])
        chance.append(
            unevenness(
                ["validation" if a in chosen else "train" for a in artists]
            )
        )
    assert ours < 0.5 * min(chance)


def test_equal_seeds_are_equal_and_others_are_not():
    artists, labels = music(2)
    first = splits.assign_splits(artists, labels, seed=3)
    assert splits.assign_splits(artists, labels, seed=3) == first
    assert splits.assign_splits(artists, labels, seed=4) != first


def test_equal_audio_joins_artists():
    artists = ["a", "b", "c", "", "", "d"] * 5
    hashes = [f"own {i}" for i in range(30)]
    artists[0], artists[1], artists[2] = "x", "y", "z"
    hashes[0] = hashes[3] = "same"  # x with somebody unknown
    hashes[1] = hashes[2] = "also"  # y with z
    labels = np.zeros((30, 1))
    for seed in range(10):
        sides = splits.assign_splits(artists, labels, (1, 1), seed, hashes)
        assert sides[0] == sides[3]
        assert sides[1] == sides[2]


def test_spelling_of_an_artist_does_not_divide():
    artists = ["Björk", "bjo\u0308rk", " BJÖ\u200bRK "] + [""] * 9
    for seed in range(5):
        sides = splits.assign_splits(artists, np.zeros((12, 1)), (1, 1), seed)
        assert len(set(sides[:3])) == 1


def test_unknown_artists_are_each_their_own():
    sides = splits.assign_splits([""] * 100, np.zeros((100, 0)), (8, 1, 1))
    assert collections.Counter(sides) == {
        "train": 80,
        "validation": 10,
        "test": 10,
    }


def test_an_artist_larger_than_a_side_trains():
    artists = ["big"] * 60 + [f"small {i}" for i in range(40)]
    sides = splits.assign_splits(artists, np.ones((100, 3)), (8, 2))
    assert set(sides[:60]) == {"train"}
    assert collections.Counter(sides)["validation"] == 20


def test_too_few_artists_leave_a_side_empty_and_say_so(caplog):
    assert (
        splits.assign_splits(["a"] * 4, np.ones((4, 1)), (1, 1))
        == ["train"] * 4
    )
    assert "no recording for validation" in caplog.text
    assert splits.assign_splits([], np.ones((0, 1))) == []


def test_sizes_that_had_to_give_way_are_told(caplog):
    labels = np.eye(8, 16) + np.eye(8, 16, 8)
    sides = splits.assign_splits([f"a{i}" for i in range(8)], labels)
    counts = collections.Counter(sides)
    sizes = "/".join(str(counts[n]) for n in ("train", "validation", "test"))
    told = f"{sizes} recordings in place of 6/1/1"
    assert (told in caplog.text) == (sizes != "6/1/1")
    caplog.clear()
    splits.assign_splits(["big"] * 50 + list("abcdefghij"), np.ones((60, 1)))
    assert "in place of 48/6/6" not in caplog.text
    splits.assign_splits(
        ["big"] * 30 + ["other"] * 30, np.ones((60, 1)), (8, 2)
    )
    assert "30/30 recordings in place of 48/12" in caplog.text


def test_two_artists_train_and_validate():
    sides = splits.assign_splits(["a"] * 5 + ["b"] * 5, np.ones((10, 1)))
    assert set(sides) == {"train", "validation"}


@pytest.mark.parametrize(
    "weights", [(1,), (0, 1), (1, -1), (1, 1, 1, 1), (1, float("nan"))]
)
def test_refused_weights(weights):
    with pytest.raises(
        ValueError, match="parts of a split.*as in 8/1/1.*Received: [-0-9/]"
    ):
        splits.assign_splits(["a", "b"], np.ones((2, 1)), weights)


def test_a_side_of_weight_zero_stays_empty():
    sides = splits.assign_splits([""] * 10, np.ones((10, 1)), (1, 0, 1))
    assert collections.Counter(sides) == {"train": 5, "test": 5}


@pytest.mark.slow
def test_a_hundred_thousand_recordings():
    rng = np.random.default_rng(0)
    artists = [f"{i}" for i in rng.zipf(1.5, 100_000) % 20_000]
    labels = rng.random((100_000, 100)) < np.geomspace(0.1, 1e-4, 100)
    start = time.monotonic()
    sides = splits.assign_splits(artists, labels)
    assert time.monotonic() - start < 120
    assert collections.Counter(sides)["validation"] == 10_000


@pytest.mark.parametrize(
    ("artists", "groups"),
    [
        (list("abcabcd") + ["", ""], list("abcabcd") + ["", ""]),
        # More than a third: no fold holds them all.
        (
            ["a", "b", "", "a", "c", "", "d", ""],
            ["a", "b", "unknown 2", "a", "c", "unknown 5", "d", "unknown 7"],
        ),
    ],
)
def test_folds_are_those_of_scikit_learn(artists, groups):
    expected = model_selection.GroupKFold(3).split(groups, groups=groups)
    hashes = [str(row) for row in range(len(artists))]
    found = splits.folds(artists, hashes, 3)
    for ours, (_, theirs) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert sorted(np.concatenate(found)) == list(range(len(artists)))
    with pytest.raises(ValueError, match="number of artists, .*Received: 10"):
        splits.folds(artists, hashes, 10)


@pytest.mark.parametrize("seed", range(5))
def test_folds_share_neither_an_artist_in_other_letters_nor_audio(seed):
    rng = np.random.default_rng(seed)
    names = ["Some Band", "some  band", "SOME BAND", "One", "Two", "", "Six"]
    artists = [str(name) for name in rng.choice(names, 60)]
    artists += [f"solo {row}" for row in range(40)]
    hashes = [str(code) for code in rng.integers(90, size=100)]
    found = splits.folds(artists, hashes, 5)
    sides = np.empty(100, int)
    for number, rows in enumerate(found):
        sides[rows] = number
    assert len(set(sides)) == 5
    # Those without an artist may all be by one.
    for keys in (hashes, [" ".join(a.casefold().split()) for a in artists]):
        for key in set(keys):
            rows = [row for row, other in enumerate(keys) if other == key]
            assert len(set(sides[rows])) == 1


@pytest.mark.parametrize("names", [["A", ""], ["", "A"], ["A", " "]])
def test_folds_keep_the_nameless_together_whatever_audio_they_share(names):
    artists = [*names, "", *"BCDEF"]
    found = splits.folds(artists, ["x", "x", *"cdefgh"], 2)
    assert any({0, 1, 2} <= set(rows.tolist()) for rows in found)
