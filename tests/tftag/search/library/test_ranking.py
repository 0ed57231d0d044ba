"""What is ranked how is compared in test_library_index."""

import drawn_index
import numpy as np
import pytest

from tftag.search.library import filters, opened_parts, ranking, segment

ROWS = drawn_index.vectors(300)
DIRECTION = np.random.default_rng(2).normal(size=drawn_index.DIM)


def wish(top, **changes):
    fields = {
        "where": filters.Filter(),
        "most_per_artist": None,
        "collapse_copies": False,
        "leave_out": frozenset(),
    }
    return ranking.Wish(top, **{**fields, **changes})


def found(parts, top, **changes):
    chosen = ranking.best(parts, DIRECTION, wish(top, **changes))
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
    for top in (1, 7, 150, 300, 999):
        assert found(parts, top) == order[:top]
    artist = len({drawn_index.recording(at).artist for at in range(300)})
    nameless = sum(not drawn_index.recording(at).artist for at in range(300))
    most = found(parts, 300, most_per_artist=1)
    assert len(most) == artist - 1 + nameless


def test_a_vector_of_another_length_is_damage(tmp_path, monkeypatch):
    for wrong in (2.0, np.nan):
        folder = tmp_path / str(wrong)
        rows = ROWS.copy()
        rows[7] *= wrong
        monkeypatch.setattr(segment, "opened", segment.opened)
        with np.errstate(invalid="ignore"):
            try:
                drawn_index.write(folder, range(300), rows)
                parts = opened_parts.OpenedParts.open(folder)
                with pytest.raises(ValueError, match="damaged"):
                    found(parts, 300)
            except ValueError as error:
                assert "finite" in str(error)


@pytest.mark.parametrize("change", [{"top": 0}, {"most_per_artist": 0}])
def test_numbers_below_1_are_refused(change):
    with pytest.raises(ValueError, match="must be at least 1"):
        wish(**{"top": 1, **change})
