import pathlib

import drawn_index
import numpy as np
import pytest

from tftag.search.index import opened_parts, writer
from tftag.search.index.segments import segment

ROWS = drawn_index.vectors(500)


def test_a_root_around_its_index_moves_with_it(tmp_path):
    around = tmp_path / "music"
    index = around / ".tftag-index"
    index.mkdir(parents=True)
    stored = opened_parts.stored_root(index, around)
    assert stored == ".."
    assert opened_parts.stored_root(index, tmp_path / "b") == str(
        tmp_path / "b"
    )
    moved = around.rename(tmp_path / "moved") / ".tftag-index"
    roots = opened_parts.absolute_roots(moved, (stored, None, "/x"))
    assert roots == (tmp_path / "moved", None, pathlib.Path("/x"))


def test_the_sample_is_all_there_is_or_spread_over_it(tmp_path, monkeypatch):
    drawn_index.write(tmp_path / "i", range(500), ROWS, at_once=90)
    gone = {drawn_index.recording(at).key for at in range(0, 500, 50)}
    with writer.opened(tmp_path / "i", drawn_index.begun()) as index:
        index.change([], gone)
    parts = opened_parts.OpenedParts.open(tmp_path / "i")
    kept = np.array([at for at in range(500) if at % 50])
    whole = np.concatenate(list(parts.vectors()))
    np.testing.assert_array_equal(parts.sample, whole)
    assert sorted(map(tuple, whole.tolist())) == sorted(
        map(tuple, ROWS[kept].tolist())
    )
    monkeypatch.setattr(segment, "SAMPLE_ROWS", 100)
    drawn_index.write(tmp_path / "j", range(500), ROWS, at_once=90)
    with writer.opened(tmp_path / "j", drawn_index.begun()) as index:
        index.change([], gone)
    some = opened_parts.OpenedParts.open(tmp_path / "j").sample
    known = {tuple(row): at for at, row in enumerate(ROWS.tolist())}
    rows = sorted(known[tuple(row)] for row in some.tolist())
    assert 90 <= len(rows) <= 110 and not {0, 50} & set(rows)
    thirds = np.histogram(rows, [0, 170, 340, 500])[0]
    assert thirds.min() > 25


def test_the_sample_is_all_there_is_where_most_of_a_segment_is_gone(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(segment, "SAMPLE_ROWS", 100)
    drawn_index.write(tmp_path / "i", range(500), ROWS)
    kept = [at for at in range(500) if at not in segment.sample_rows(500)][:9]
    keys = {at: drawn_index.recording(at).key for at in range(500)}
    with writer.opened(tmp_path / "i", drawn_index.begun()) as index:
        index.change([], [keys[at] for at in keys if at not in kept])
    parts = opened_parts.OpenedParts.open(tmp_path / "i")
    np.testing.assert_array_equal(parts.sample, ROWS[kept])


def test_the_moments_are_those_of_what_is_there(tmp_path):
    drawn_index.write(tmp_path / "i", range(100), ROWS)
    with writer.opened(tmp_path / "i", drawn_index.begun()) as index:
        index.change([], {drawn_index.recording(at).key for at in range(15)})
        found = index.parts.moments()
    rows = ROWS[15:100].astype(np.float64)
    assert found.count == 85
    np.testing.assert_allclose(found.total, rows.sum(axis=0))
    np.testing.assert_allclose(found.outer, rows.T @ rows, atol=1e-9)


def test_a_segment_that_is_missing_is_damage(tmp_path):
    drawn_index.write(tmp_path / "i", range(9), ROWS)
    (path,) = (tmp_path / "i").glob(f"*{segment.SUFFIX}")
    path.unlink()
    with pytest.raises(ValueError, match="The index is damaged; make it"):
        opened_parts.OpenedParts.open(tmp_path / "i")
