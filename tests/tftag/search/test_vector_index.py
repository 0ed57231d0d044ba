"""The index against slow references, and what it refuses."""

import numpy as np
import pytest

from tftag.search import top_scores, vector_index


def _index(seed=0, recordings=50, dim=6, model="model a"):
    rng = np.random.default_rng(seed)
    ids = [f"{at:03d}.wav" for at in range(recordings)]
    return vector_index.build(ids, rng.normal(size=(recordings, dim)), model)


def _query(seed=9, dim=6):
    return np.random.default_rng(seed).normal(size=dim)


def test_rows_have_length_1_and_cannot_be_written():
    index = _index()
    assert len(index) == 50
    assert index.embeddings.dtype == np.float32
    np.testing.assert_allclose(
        np.linalg.norm(index.embeddings, axis=1), 1, rtol=1e-6
    )
    with pytest.raises(ValueError, match="read-only"):
        index.embeddings[0, 0] = 1


@pytest.mark.parametrize("seed", range(3))
def test_search_equals_a_sort_of_all_cosines(seed):
    index, vector = _index(seed, 9000), 7 * _query(seed)
    cosines = [
        float(row @ vector / np.linalg.norm(vector))
        for row in index.embeddings.astype(np.float64)
    ]
    expected = sorted(range(9000), key=lambda row: -cosines[row])[:20]
    hits = index.search(vector, 20)
    assert [hit.id for hit in hits] == [index.ids[row] for row in expected]
    spread = np.std(cosines)
    for hit, row in zip(hits, expected, strict=True):
        assert hit.score == pytest.approx(cosines[row], abs=1e-6)
        assert hit.z_score == pytest.approx(
            (cosines[row] - np.mean(cosines)) / spread, abs=1e-4
        )


def test_copies_of_a_recording_tie_exactly_and_go_by_place():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(10_001, 67))
    copies = [1, 4095, 4096, 5003, 10_000]
    rows[copies] = rows[77]
    index = vector_index.build([str(at) for at in range(10_001)], rows, "m")
    hits = index.search(rows[77], 6)
    assert [int(hit.id) for hit in hits] == sorted([*copies, 77])
    assert len({hit.score for hit in hits}) == 1


def test_a_recording_finds_itself_unless_it_is_left_out():
    index = _index()
    for row in (0, 20, 49):
        vector, own = index.embeddings[row], index.ids[row]
        assert index.search(vector, 1)[0].id == own
        others = index.search(vector, 60, leave_out=[own])
        assert len(others) == 49
        assert own not in {hit.id for hit in others}
        assert index.search(vector, 60)[1:] == others


def test_ranks_by_scores_made_elsewhere():
    index = _index()
    scores = np.arange(50.0)
    hits = index.best(scores, 2)
    assert [hit.id for hit in hits] == ["049.wav", "048.wav"]
    assert [hit.score for hit in hits] == [49, 48]
    assert hits[0].z_score == pytest.approx(top_scores.standardized(scores)[49])
    assert [hit.z_score for hit in index.best(np.ones(50), 2)] == [0, 0]


def test_chance_has_the_z_score_that_the_page_says():
    best = [
        _index(seed, 1000, 128).search(_query(100 + seed, 128), 1)[0].z_score
        for seed in range(20)
    ]
    assert 2.7 < np.mean(best) < 3.7


def test_order_of_the_recordings_changes_nothing():
    index, order = _index(), np.random.default_rng(1).permutation(50)
    moved = vector_index.build(
        [index.ids[row] for row in order], index.embeddings[order], "model a"
    )
    ids = [hit.id for hit in index.search(_query(), 50)]
    assert [hit.id for hit in moved.search(_query(), 50)] == ids


def test_add_replaces_in_place_and_appends():
    index, other = _index(), _index(1)
    ids = ["new.wav", "007.wav", "newer.wav"]
    more = index.add(ids, 3 * other.embeddings[:3], "model a")
    assert more.ids == (*index.ids, "new.wav", "newer.wav")
    np.testing.assert_allclose(
        more.embeddings[[50, 7, 51]], other.embeddings[:3], rtol=1e-5
    )
    rest = np.arange(50) != 7
    np.testing.assert_array_equal(
        more.embeddings[:50][rest], index.embeddings[rest]
    )
    assert len(index) == 50
    assert index.add([], np.empty((0, 6)), "model a").ids == index.ids


def test_remove_takes_out_and_leaves_the_others():
    index = _index()
    less = index.remove(["003.wav", "049.wav"])
    assert less.ids == tuple(
        name for name in index.ids if name not in ("003.wav", "049.wav")
    )
    np.testing.assert_array_equal(less.embeddings[3], index.embeddings[4])
    nothing = index.remove(index.ids)
    assert nothing.search(_query()) == []
    full = nothing.add(index.ids, index.embeddings, "model a")
    assert full.search(_query())[0].id == index.search(_query())[0].id


def test_refuses_what_is_not_of_this_index():
    index = _index()
    with pytest.raises(ValueError, match="'model a'.*Received.*'model b'"):
        index.add(["x"], np.ones((1, 6)), "model b")
    with pytest.raises(ValueError, match=r"\[recordings, 6\]"):
        index.add(["x"], np.ones((1, 5)), "model a")
    with pytest.raises(ValueError, match="1 that it does not hold, as 'x'"):
        index.remove(["x", "001.wav"])
    with pytest.raises(ValueError, match="'x'"):
        index.search(_query(), leave_out=["x"])
    with pytest.raises(TypeError, match="several"):
        index.remove("001.wav")
    with pytest.raises(ValueError, match=r"`vector` must be \[6\]"):
        index.search(np.ones(5))
    with pytest.raises(ValueError, match="`vector` must be finite"):
        index.search(np.zeros(6))
    with pytest.raises(ValueError, match="`top`"):
        index.search(_query(), 0)
    with pytest.raises(ValueError, match=r"`scores` must be \[50\]"):
        index.best(np.ones(49))
    with pytest.raises(ValueError, match="1 not finite"):
        index.best(np.r_[np.ones(49), np.nan])


def test_refuses_what_makes_no_index():
    rows = np.eye(2)
    with pytest.raises(ValueError, match="Received twice: 'a'"):
        vector_index.build(["a", "a"], rows, "m")
    with pytest.raises(TypeError, match="strings"):
        vector_index.build(["a", 1], rows, "m")
    with pytest.raises(TypeError, match="strings"):
        vector_index.Index("ab", rows, "m")
    with pytest.raises(ValueError, match=r"\[1 recordings, dim\]"):
        vector_index.build(["a"], rows, "m")
    with pytest.raises(ValueError, match=r"rows \[1\]"):
        vector_index.build(["a", "b"], rows * [[1], [0]], "m")
    with pytest.raises(ValueError, match="`model`"):
        vector_index.build(["a", "b"], rows, "")
    with pytest.raises(ValueError, match="length 1.*'b'"):
        vector_index.Index(("a", "b"), rows * [[1], [2]], "m")
