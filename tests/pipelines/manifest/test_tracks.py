import dataclasses

import numpy as np
import pytest
from made_manifest import make_track

from pipelines import manifest
from pipelines.manifest import tracks

MADE = [
    make_track(
        f"{row}",
        split=("train", "test")[row % 2],
        artist="x" * (row % 3),
        tags=("rock", "loud")[: row % 3],
        samples=row + 1,
        peak=row / 7,
        file_bytes=46 + 2 * row,
        audio_hash=f"{row:04x}",
    )
    for row in range(10)
]


def test_columns_are_as_good_as_a_tuple():
    held = manifest.Tracks.of(MADE)
    assert list(held) == MADE and held == MADE and held == tuple(MADE)
    assert [held[row] for row in range(10)] == MADE
    assert held[-1] == MADE[-1] and held[2:9:3] == MADE[2:9:3]
    assert held != MADE[:9] and held != MADE[::-1]
    assert MADE[3] in held and held.index(MADE[3]) == 3
    assert manifest.Tracks.of(held) is held
    with pytest.raises(IndexError):
        held[10]


def test_values_are_pythons_own():
    for track in (manifest.Tracks.of(MADE)[3], *manifest.Tracks.of(MADE)):
        for field in dataclasses.fields(track):
            assert type(getattr(track, field.name)) is (
                tuple if field.name == "tags" else field.type
            )


def test_a_part_of_a_part_has_its_own_columns():
    rows = [7, 1, 1, 4]
    held = manifest.Tracks.of(MADE)[1:].take([6, 0, 0, 3])
    expected = [MADE[row] for row in rows]
    assert held == expected
    assert held.texts("path") == [track.path for track in expected]
    assert held.numbers("samples").tolist() == [8, 2, 2, 5]
    assert held.tags.of_rows(np.arange(4)) == [t.tags for t in expected]
    for side in ("train", "test", ""):
        where = [track.split == side for track in expected]
        assert held.where("split", side).tolist() == where
    sides = ["a", "b", "c", "d"]
    moved = held.with_texts("split", sides)
    assert moved == [
        dataclasses.replace(track, split=side)
        for track, side in zip(expected, sides, strict=True)
    ]
    assert held == expected
    for wrong in (sides[:3], [*sides, "e"]):
        with pytest.raises(ValueError, match=f"'split': {len(wrong)}"):
            held.with_texts("split", wrong)


def test_more_rows_than_a_block_stay_in_order():
    count = 2 * tracks._BLOCK_ROWS + 3
    many = manifest.Tracks.of(MADE).take(np.arange(count) % 10)
    assert [t.samples for t in many] == [row % 10 + 1 for row in range(count)]
    assert manifest.Tracks.of(iter(many)) == many


def test_what_is_not_whole_is_not_rounded():
    with pytest.raises(TypeError):
        manifest.Tracks.of([dataclasses.replace(MADE[0], samples=1.5)])
