import numpy as np
import pytest
from made_manifest import make_manifest, make_track

from pipelines.inspect import tag_figures


def prepared(rows, vocabulary):
    """A manifest without files; rows of split, artist and tags."""
    tracks = [
        make_track(str(i), split=split, artist=artist, tags=names)
        for i, (split, artist, names) in enumerate(rows)
    ]
    return make_manifest(None, tracks, vocabulary)


def described(rows, vocabulary):
    found = tag_figures.describe_tags(prepared(rows, vocabulary))
    return {tag.name: tag for tag in found}


def test_recordings_and_artists_are_counted():
    rows = [
        ("train", "One", ("a", "b")),
        ("train", "one ", ("a",)),
        ("train", "", ("a", "not learned")),
        ("test", "Two", ("b",)),
    ]
    found = described(rows, ("a", "b"))
    assert list(found) == ["a", "b"]
    assert found["a"].by_split == {"train": 3, "test": 0}
    assert (found["a"].recordings, found["a"].artists) == (3, 1)
    assert (found["b"].recordings, found["b"].artists) == (2, 2)


def test_risks_are_told():
    rows = [("train", f"{i}", ("all", "fine")) for i in range(20)]
    rows += [("train", "X", ("all", "mono")) for _ in range(12)]
    rows += [("validation", f"v{i}", ("all", "fine")) for i in range(5)]
    rows += [("validation", "w", ("all", "rare"))]
    found = described(rows, ("all", "fine", "mono", "never", "rare"))
    risks = {name: tag.risks for name, tag in found.items()}
    assert risks["fine"] == ()
    assert risks["mono"] == ("only one artist", "none in validation")
    assert risks["never"] == ("on no recording",)
    assert risks["rare"] == ("few recordings: 1", "none in train")
    assert risks["all"] == (
        "on every recording of train",
        "on every recording of validation",
    )


def test_recordings_without_artist_may_be_by_anybody():
    rows = [("", "", ("a",)) for _ in range(12)] + [("", "", ())]
    assert described(rows, ("a",))["a"].risks == ()


def random_table(seed, tags_count=8, recordings=200):
    generator = np.random.default_rng(seed)
    shares = generator.uniform(0.05, 0.6, tags_count)
    labels = generator.random((recordings, tags_count)) < shares
    labels[:, 1] |= labels[:, 0] & (generator.random(recordings) < 0.9)
    return labels.astype(int)


@pytest.mark.parametrize("seed", range(3))
def test_correlation_is_that_of_the_columns(seed):
    labels = random_table(seed)
    found = tag_figures.correlation(labels.T @ labels, len(labels))
    assert np.allclose(found, np.corrcoef(labels.T))


def test_correlation_of_constant_tags_is_zero():
    labels = np.array([[1, 0, 1], [1, 0, 0], [1, 0, 1]])
    found = tag_figures.correlation(labels.T @ labels, 3)
    assert np.array_equal(found[:2], np.zeros((2, 3)))


def test_strongest_pairs_come_first():
    labels = random_table(0)
    together = labels.T @ labels
    names = tuple("abcdefgh")
    found = tag_figures.strongest_pairs(names, together, len(labels), 5)
    best = found[0]
    assert {best.first, best.second} == {"a", "b"}
    assert best.together == together[0, 1]
    assert best.expected == pytest.approx(
        together[0, 0] * together[1, 1] / len(labels)
    )
    either = (labels[:, 0] | labels[:, 1]).sum()
    assert best.shared == pytest.approx(together[0, 1] / either)
    assert [p.correlation for p in found] == sorted(
        (p.correlation for p in found), reverse=True
    )
    assert all(pair.correlation > 0 for pair in found) and len(found) <= 5


def test_rare_tags_are_in_no_pair():
    labels = np.zeros((50, 2), int)
    labels[:4] = 1
    found = tag_figures.strongest_pairs(("a", "b"), labels.T @ labels, 50, 5)
    assert found == []


def test_groups_of_tags_stand_together():
    generator = np.random.default_rng(0)
    group = generator.permutation(np.repeat([0, 1, 2], 6))
    labels = np.zeros((300, 18), int)
    for row in range(300):
        members = np.flatnonzero(group == row % 3)
        labels[row, generator.choice(members, 4, replace=False)] = 1
        labels[row, generator.integers(18)] = 1
    order = tag_figures.order_by_company(labels.T @ labels)
    assert sorted(order) == list(range(18))
    assert np.count_nonzero(np.diff(group[order])) == 2


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_tags_has_an_order(count):
    order = tag_figures.order_by_company(np.zeros((count, count), int))
    assert sorted(order) == list(range(count))


def test_count_together_takes_the_vocabulary_alone():
    rows = [("", "", ("a", "b", "x")), ("", "", ("b", "x")), ("", "", ())]
    table = tag_figures.count_together(prepared(rows, ("a", "b")))
    assert table.tolist() == [[1, 1], [1, 2]]
