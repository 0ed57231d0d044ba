"""What is ranked how is compared in test_library_index."""

import drawn_index
import numpy as np
import pytest

from tftag.search.index import contents, filters, opened_parts, ranking
from tftag.search.index.segments import moments, segment

ROWS = drawn_index.vectors(300)
DIRECTION = np.random.default_rng(2).normal(size=drawn_index.DIM)


def options(top, **changes):
    fields = {
        "where": filters.Filter(),
        "most_per_artist": None,
        "copy_cosine": None,
        "leave_out": frozenset(),
    }
    return ranking.SearchOptions(top, **{**fields, **changes})


def found(parts, top, **changes):
    chosen = ranking.best(parts, DIRECTION, options(top, **changes))
    return [
        int(one.part.segment.arrays["modified_ns"][one.row]) for one in chosen
    ]


def test_all_are_found_even_if_few_are_suggested(tmp_path, monkeypatch):
    monkeypatch.setattr(ranking, "_LEAST_SUGGESTED", 5)
    monkeypatch.setattr(ranking, "_SUGGESTED", 1)
    rows = ROWS.copy()
    rows[10:200] = rows[10]  # all at one place, whatever is asked
    drawn_index.write(tmp_path / "i", range(300), rows, at_once=90)
    parts = opened_parts.OpenedParts.open(tmp_path / "i")
    scores = rows.astype(np.float64) @ DIRECTION
    order = sorted(
        range(300),
        key=lambda at: (
            *(-scores[at].round(12), drawn_index.recording(at).name),
        ),
    )
    for top in (1, 7, 150, 300, 999, 10**30):
        assert found(parts, top) == order[:top]
    artist = len({drawn_index.recording(at).artist for at in range(300)})
    nameless = sum(not drawn_index.recording(at).artist for at in range(300))
    most = found(parts, 300, most_per_artist=1)
    assert len(most) == artist - 1 + nameless


def test_few_rows_are_held_at_a_time_however_many_are_looked_at(
    tmp_path, monkeypatch
):
    """An artist that is full, and copies, are passed over, not kept."""
    rows = ROWS.copy()
    rows[30:60] = rows[30]
    drawn_index.write(tmp_path / "i", range(300), rows, at_once=90)
    parts = opened_parts.OpenedParts.open(tmp_path / "i")
    wanted = [
        {"most_per_artist": 1},
        {"most_per_artist": 2, "copy_cosine": 0.999},
        {"copy_cosine": 0.999},
    ]
    expected = [found(parts, 300, **one) for one in wanted]
    for name, value in {
        "EXACT_ROWS": 10,
        "_LEAST_SUGGESTED": 10,
        "_MOST_SUGGESTED": 20,
        "_SUGGESTED": 0,
    }.items():
        monkeypatch.setattr(ranking, name, value)
    held, candidates = [], ranking._candidates

    def count(*arguments):
        rows = candidates(*arguments)
        held.append(len(rows))
        return rows

    monkeypatch.setattr(ranking, "_candidates", count)
    assert [found(parts, 300, **one) for one in wanted] == expected
    assert max(held) == 40  # and not all 300
    assert all(len(one) < 300 for one in expected)


@pytest.mark.parametrize("wrong", [2.0, np.nan])
def test_a_vector_of_another_length_is_damage(tmp_path, monkeypatch, wrong):
    drawn_index.write(tmp_path / "i", range(300), ROWS)
    (path,) = (tmp_path / "i").glob(f"*{segment.SUFFIX}")
    content = path.read_bytes()
    row = ROWS[7].tobytes()
    assert row in content
    path.write_bytes(content.replace(row, (ROWS[7] * wrong).tobytes(), 1))
    # Of a large segment nobody looks at the sum.
    monkeypatch.setattr(segment, "_CHECKED_BYTES", 0)
    parts = opened_parts.OpenedParts.open(tmp_path / "i")
    with pytest.raises(contents.DamagedIndex, match="not of length 1"):
        found(parts, 300)


@pytest.mark.parametrize("change", [{"top": 0}, {"most_per_artist": 0}])
def test_numbers_below_1_are_refused(change):
    with pytest.raises(ValueError, match="must be at least 1"):
        options(**{"top": 1, **change})


def test_copies_are_nearer_than_recordings_are_on_average():
    spread = ranking.copy_cosine(moments.of(ROWS))
    pairs = ROWS[:, None].astype(np.float64) - ROWS[None]
    apart = (pairs**2).sum(axis=-1).mean() / 2
    assert 1 - spread == pytest.approx(0.001 * apart, rel=1e-4)
    # A model that tells little apart has its recordings close together.
    narrow = ROWS + np.float32(5)
    narrow /= np.linalg.norm(narrow, axis=1, keepdims=True)
    assert 1 - ranking.copy_cosine(moments.of(narrow)) < (1 - spread) / 10
    assert ranking.copy_cosine(moments.of(ROWS[:1])) == 1 - 1e-6
