"""Draws of unseen tags and the two protocols, by what they promise."""

import numpy as np
import pytest

from tftag.zero_shot import tag_split

NAMES = tuple(f"tag {letter}" for letter in "abcdefghijkl")


def _labels(seed, recordings=80):
    """Tags from frequent to rare."""
    rng = np.random.default_rng(seed)
    rates = np.linspace(0.6, 0.1, len(NAMES))
    return (rng.random((recordings, len(NAMES))) < rates).astype(np.float32)


def _draw(seed, unseen_count=4, min_positives=5):
    return tag_split.draw(
        NAMES,
        _labels(1),
        _labels(2),
        unseen_count,
        min_positives=min_positives,
        seed=seed,
    )


@pytest.mark.parametrize("seed", range(10))
def test_a_draw_keeps_its_promises(seed):
    split = _draw(seed)
    assert sorted(split.seen + split.unseen) == sorted(NAMES)
    assert len(split.unseen) == 4
    seen, unseen = split.places(NAMES)
    assert (_labels(1)[:, seen].sum(axis=0) > 0).all()
    assert (_labels(2)[:, unseen].sum(axis=0) >= 5).all()
    # One of every third of the tags by frequency.
    count = (_labels(1) + _labels(2)).sum(axis=0)
    ranked = sorted(range(12), key=lambda tag: (-count[tag], NAMES[tag]))
    assert sorted(ranked.index(tag) // 3 for tag in unseen) == [0, 1, 2, 3]
    assert _draw(seed) == split


def test_seeds_differ_and_reach_every_tag():
    draws = [_draw(seed) for seed in range(60)]
    assert len(set(draws)) > 20
    assert {name for draw in draws for name in draw.unseen} == set(NAMES)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_tags_and_recordings_changes_nothing(seed):
    order = np.random.default_rng(seed).permutation(12)
    rows = np.random.default_rng(seed).permutation(80)
    moved = tag_split.draw(
        [NAMES[tag] for tag in order],
        _labels(1)[rows][:, order],
        _labels(2)[rows][:, order],
        4,
        seed=seed,
    )
    assert set(moved.unseen) == set(_draw(seed).unseen)


def test_a_tag_without_training_recording_is_always_unseen():
    train = _labels(1)
    train[:, 2] = 0
    for seed in range(10):
        for count in (1, 3):
            split = tag_split.draw(NAMES, train, _labels(2), count, seed=seed)
            assert NAMES[2] in split.unseen
            assert len(split.unseen) == count


def test_refuses_what_cannot_be_drawn():
    train, test = _labels(1), _labels(2)
    with pytest.raises(ValueError, match="`unseen_count` must be from 1 to 11"):
        tag_split.draw(NAMES, train, test, 12)
    with pytest.raises(ValueError, match="Received: 0"):
        tag_split.draw(NAMES, train, test, 0)
    test[:, 4:] = 0
    with pytest.raises(ValueError, match="from 1 to 4"):
        tag_split.draw(NAMES, train, test, 5)
    train[:, 7] = 0
    with pytest.raises(ValueError, match=r"neither.*\['tag h'\]"):
        tag_split.draw(NAMES, train, test, 2)
    with pytest.raises(ValueError, match="`min_positives`"):
        tag_split.draw(NAMES, train, test, 2, min_positives=0)
    with pytest.raises(ValueError, match="`test_labels` must be"):
        tag_split.draw(NAMES, _labels(1), test[:, :3], 2)
    with pytest.raises(ValueError, match="`train_labels` must hold 0 and 1"):
        tag_split.draw(NAMES, train * 0.5, test, 2)


def test_hidden_labels_never_reads_unseen_labels():
    split, labels = _draw(0), _labels(1)
    _, unseen = split.places(NAMES)
    clean = tag_split.hidden_labels(labels, NAMES, split)
    for poison in (np.nan, np.inf, -7.0):
        poisoned = labels.copy()
        poisoned[:, unseen] = poison
        part = tag_split.hidden_labels(poisoned, NAMES, split)
        np.testing.assert_array_equal(part.labels, clean.labels)
        np.testing.assert_array_equal(part.rows, clean.rows)
        assert part.seen_without_positive == clean.seen_without_positive
    np.testing.assert_array_equal(clean.rows, np.arange(80))
    for column, name in enumerate(split.seen):
        np.testing.assert_array_equal(
            clean.labels[:, column], labels[:, NAMES.index(name)]
        )
    assert clean.protocol == "hidden-labels"


def test_strict_leaves_exactly_the_recordings_without_unseen_tags():
    split, labels = _draw(0, unseen_count=2), _labels(1)
    part = tag_split.strict(labels, NAMES, split)
    expected = [
        row
        for row in range(80)
        if not any(labels[row, NAMES.index(name)] for name in split.unseen)
    ]
    assert part.rows.tolist() == expected
    assert 0 < len(expected) < 80
    assert part.protocol == "strict"
    hidden = tag_split.hidden_labels(labels, NAMES, split)
    np.testing.assert_array_equal(part.labels, hidden.labels[expected])


def test_strict_names_seen_tags_that_it_took_everything_from():
    split = tag_split.TagSplit(("a", "b"), ("c",))
    labels = np.array([[1, 0, 0], [1, 1, 1], [0, 1, 1]])
    part = tag_split.strict(labels, ["a", "b", "c"], split)
    assert part.rows.tolist() == [0]
    assert part.seen_without_positive == ("b",)
    with pytest.raises(ValueError, match="Every training recording"):
        tag_split.strict(labels[1:], ["a", "b", "c"], split)
    with pytest.raises(ValueError, match="0 and 1"):
        tag_split.strict(labels * np.nan, ["a", "b", "c"], split)


def test_a_split_knows_its_tags():
    split = tag_split.TagSplit(["a", "b"], ["c"])
    assert split == tag_split.TagSplit(("a", "b"), ("c",))
    seen, unseen = split.places(["c", "b", "a"])
    assert (seen.tolist(), unseen.tolist()) == ([2, 1], [0])
    for names in (["a", "b"], ["a", "b", "c", "d"], ["a", "b", "c", "c"]):
        with pytest.raises(ValueError, match="`names` must hold the tags"):
            split.places(names)
    with pytest.raises(ValueError, match=r"Received twice: \['b'\]"):
        tag_split.TagSplit(("a", "b"), ("b",))
    with pytest.raises(ValueError, match="`unseen` needs"):
        tag_split.TagSplit(("a", "b"), ())
